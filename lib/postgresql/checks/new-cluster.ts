import { finding, type Finding } from '../../finding.ts';
import type { ClusterFacts } from '../survey/cluster.ts';
import type { PackageFacts } from '../survey/package.ts';

interface Neighbours {
  readonly host: string;
  readonly old: ClusterFacts;
  readonly target: string;
  readonly clusters: readonly ClusterFacts[];
  readonly packages: PackageFacts;
  /** The system identifier of a cluster that pgup made on this host and may drop (docs/state.md). */
  readonly receipt: string | undefined;
}

/** What is in the place of the cluster that shall be made, and what wants its port. */
export function checkNewCluster({ host, old, target, clusters, packages, receipt }: Neighbours): readonly Finding[] {
  const name = `${target}/${old.name}`;
  const there = clusters.find((each) => each.version === target && each.name === old.name);
  const ours = there !== undefined && there.systemIdentifier !== '' && there.systemIdentifier === receipt;
  const found: Finding[] = [];
  if (!ours && (there !== undefined || packages.targetClusters.includes(old.name)))
    found.push(
      finding(
        host,
        'new-cluster',
        `a cluster ${name} is there already, and pgup did not make it: ${there ? contents(there) : 'its folders are left'}`,
        `if nothing needs it: pg_dropcluster --stop ${target} ${old.name}`,
      ),
    );
  // a cluster that is kept from an earlier upgrade, stopped and disabled, has the port of its successor
  const rival = clusters.find(
    (each) =>
      each.port === old.port &&
      each !== old &&
      each !== there &&
      (each.status.startsWith('online') || each.start === 'auto'),
  );
  if (rival)
    found.push(
      finding(
        host,
        'port',
        `${rival.version}/${rival.name} has the port ${old.port} too: whichever starts first would get it`,
        `give it another port: pg_conftool ${rival.version} ${rival.name} set port …, or stop it for good: pg_dropcluster`,
      ),
    );
  return found;
}

function contents({ status, server }: ClusterFacts): string {
  if (server.kind === 'refusal') return `it is ${status}, what it holds is not known`;
  const own = server.value.databases.filter(({ template, name }) => !template && name !== 'postgres');
  return own.length === 0 ? `it is ${status} and empty` : `it holds ${own.map(({ name }) => name).join(', ')}`;
}
