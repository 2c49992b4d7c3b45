import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { runInBuild } from './build-environment.ts';
import { rolesNamedIn } from './dump.ts';
import { LabError } from './errors.ts';
import type { HostFiles } from './host-files.ts';
import { DATABASE_PASSWORD } from './recipe.ts';
import { logFolder } from './state.ts';
import type { ClusterSpec } from './topology.ts';

/** Makes a database host's clusters what its topology says, in its mounted root, before it boots. */
export async function prepareDatabase(root: string, files: HostFiles): Promise<void> {
  const { state } = files;
  const { spec } = files.host;
  const [main, ...others] = spec.clusters;
  if (main === undefined) return;
  const logFile = join(logFolder(state.name), `${files.host.name}-prepare.log`);
  mkdirSync(dirname(logFile), { recursive: true, mode: 0o700 });
  const script = async (name: string, environment: Record<string, string>, dump?: string): Promise<void> => {
    await runInBuild(name, {
      root,
      network: false,
      machine: `${files.host.machine}-prepare`,
      readOnly: dump === undefined ? {} : { '/run/dump.sql': dump },
      writable: {},
      environment,
      logFile,
      onLine: () => undefined,
    });
  };
  if (state.dump !== undefined && main.content === 'nautobot') {
    const roles = rolesNamedIn(readFileSync(state.dump, 'utf8')).filter((role) => role !== 'nautobot');
    await script('restore.sh', { DATABASE_PASSWORD, ROLES: roles.join('\n') }, state.dump);
  }
  for (const cluster of others) await script('second-cluster.sh', secondCluster(cluster));
  for (const cluster of spec.clusters) letIn(root, state.network.prefix, cluster);
}

function secondCluster({ name, port, content, create }: ClusterSpec): Record<string, string> {
  return { CLUSTER: name, PORT: String(port), CONTENT: content, CREATE: create.join('\n') };
}

/** Nautobot's role may come from the lab's network, as an installation on two hosts has it. */
function letIn(root: string, prefix: string, { name, content }: ClusterSpec): void {
  if (content !== 'nautobot') return;
  appendFileSync(
    join(root, `etc/postgresql/15/${name}/pg_hba.conf`),
    `\n# The application hosts.\nhost    nautobot        nautobot        ${prefix}.0/24         scram-sha-256\n`,
  );
}

/** Where a dump is: the path as given, else a file of that name in the folder of dumps that the user named. */
export function findDump(given: string, folder = process.env['NAUTOBOT_DUMPS']): string {
  // npm runs a script in the project's folder and tells in INIT_CWD where its user stood.
  const standing = process.env['INIT_CWD'] ?? process.cwd();
  const candidates = [
    resolve(standing, given),
    resolve(given),
    ...(folder === undefined ? [] : [join(folder, basename(given))]),
  ];
  const found = candidates.find((path) => existsSync(path));
  if (found === undefined) throw new LabError(`there is no dump ${[...new Set(candidates)].join(' or ')}`);
  return found;
}
