import { finding, type Finding } from '../../finding.ts';
import type { SettingsFacts } from '../../nautobot/survey/server.ts';
import { plainAddress } from '../../postgresql/survey/system.ts';
import {
  allClusters,
  settingsOf,
  type DeploymentFacts,
  type PlacedCluster,
  type SurveyedHost,
} from './deployment-facts.ts';

/** Which cluster Nautobot works on, or why that cannot be told. */
export type Serving =
  | ({ readonly kind: 'serving'; readonly database: string; readonly findings: readonly Finding[] } & PlacedCluster)
  | { readonly kind: 'unknown'; readonly findings: readonly Finding[] };

/**
 * The cluster that Nautobot is connected to: the system identifier that its own connection tells is the proof; where
 * Nautobot does not get through, the address and port of its settings must do. `pgup_old_cluster` has the last word,
 * but not against the proof.
 */
export function servingCluster(facts: DeploymentFacts): Serving {
  const views = facts.applications.flatMap((host) => {
    const settings = settingsOf(host);
    return settings?.database.engine.includes('postgresql') ? [{ host, settings }] : [];
  });
  const found = views.map(({ host, settings }) => ({ host, settings, at: locate(facts, host, settings) }));
  const placed = found.flatMap(({ host, settings, at }) => (at ? [{ host, settings, at }] : []));
  const elsewhere = found.filter(({ at }) => !at).map(({ host, settings }) => notHere(facts, host, settings));
  const [first] = placed;
  const named = namedCluster(facts);
  const chosen = named ?? first?.at;
  if (!chosen || elsewhere.length > 0) {
    const nothing = views.length === 0 && !named ? noView(facts) : [];
    return { kind: 'unknown', findings: [...elsewhere, ...nothing, ...wrongName(facts)] };
  }
  return {
    kind: 'serving',
    ...chosen,
    database: first?.settings.database.name ?? 'nautobot',
    findings: [
      ...wrongName(facts),
      ...placed.flatMap((each) => [...checkAgreement(each, chosen, first), ...checkPath(each, chosen)]),
    ],
  };
}

interface View {
  readonly host: SurveyedHost;
  readonly settings: SettingsFacts;
  readonly at: PlacedCluster;
}

function locate(facts: DeploymentFacts, host: SurveyedHost, settings: SettingsFacts): PlacedCluster | undefined {
  const clusters = allClusters(facts);
  const identifier = settings.server?.identifier;
  if (identifier !== undefined) {
    // a standby has its primary's identifier, and a cluster made by copying files has its model's: among those the
    // port that the server itself tells decides (over a local socket: the port that was asked), then being no standby
    const port = settings.server?.port ?? Number(settings.database.port || 5432);
    const same = clusters.filter(({ cluster }) => cluster.systemIdentifier === identifier);
    const there = same.filter(({ cluster }) => cluster.port === port);
    const candidates = there.length > 0 ? there : same;
    return candidates.find(({ cluster }) => !cluster.status.includes('recovery')) ?? candidates[0];
  }
  const port = Number(settings.database.port || 5432);
  return clusters.find((each) => each.cluster.port === port && reaches(host, settings, each.host));
}

/** Whether the database host's name in Nautobot's settings means that host. */
function reaches(application: SurveyedHost, { database, addresses }: SettingsFacts, target: SurveyedHost): boolean {
  const own = addresses.map(plainAddress);
  if (database.host === '' || database.host.startsWith('/') || own.some(isLoopback))
    return application.name === target.name;
  return own.some((address) => target.survey.host.addresses.includes(address));
}

export function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}

function namedCluster(facts: DeploymentFacts): PlacedCluster | undefined {
  const name = facts.variables?.oldCluster;
  return name === undefined ? undefined : allClusters(facts).find((each) => nameOf(each) === name);
}

function nameOf({ cluster }: PlacedCluster): string {
  return `${cluster.version}/${cluster.name}`;
}

function wrongName(facts: DeploymentFacts): readonly Finding[] {
  const name = facts.variables?.oldCluster;
  const [host] = facts.databases;
  if (name === undefined || !host || namedCluster(facts)) return [];
  const there = allClusters(facts).map(nameOf);
  return [
    finding(
      host.name,
      'old-cluster',
      `pgup_old_cluster is ${name}, and there is no such cluster (there: ${there.join(', ') || 'none'})`,
      'pg_lsclusters',
    ),
  ];
}

function notHere(facts: DeploymentFacts, { name }: SurveyedHost, { database, server }: SettingsFacts): Finding {
  const where = `${database.host || 'the local socket'}:${database.port || '5432'}`;
  const hosts = facts.databases.map((each) => each.name).join(', ') || 'no host';
  return finding(
    name,
    'database-elsewhere',
    server
      ? `Nautobot works on a PostgreSQL ${server.version.split(' ')[0] ?? ''} at ${where} that is no cluster of ${hosts}`
      : `Nautobot's settings say ${where}, and no cluster of ${hosts} is there`,
    "put Nautobot's database host into the group postgresql of this deployment",
  );
}

/** No application host told anything: what is wrong there is told elsewhere; here only that nothing can be chosen. */
function noView(facts: DeploymentFacts): readonly Finding[] {
  const [host] = facts.databases;
  if (!host || facts.applications.length > 0) return [];
  return [
    finding(
      host.name,
      'old-cluster',
      'the deployment has no host in the group nautobot: which cluster serves it cannot be found out',
      'put the application hosts into the group nautobot, or say pgup_old_cluster=VERSION/NAME',
    ),
  ];
}

function checkAgreement(
  { host, settings, at }: View,
  chosen: PlacedCluster,
  first: View | undefined,
): readonly Finding[] {
  const found: Finding[] = [];
  if (at.cluster !== chosen.cluster)
    found.push(
      finding(
        host.name,
        'old-cluster',
        `Nautobot works on ${nameOf(at)} of ${at.host.name} here, not on ${nameOf(chosen)} of ${chosen.host.name}`,
        first?.at.cluster === chosen.cluster
          ? 'all application hosts of a deployment need the same database'
          : `pgup_old_cluster=${nameOf(at)}`,
      ),
    );
  if (first && settings.database.name !== first.settings.database.name)
    found.push(
      finding(
        host.name,
        'database-name',
        `Nautobot's database is ${settings.database.name} here and ${first.settings.database.name} on ${first.host.name}`,
        'all application hosts of a deployment need the same database',
      ),
    );
  if (first && settings.version !== first.settings.version)
    found.push(
      finding(
        host.name,
        'version-differs',
        `Nautobot is ${settings.version ?? '?'} here and ${first.settings.version ?? '?'} on ${first.host.name}: after migrate one of them would not fit the schema`,
        'bring all application hosts to one version first',
      ),
    );
  return found;
}

/** Something between Nautobot and the server keeps sessions open, and hides who asks. */
function checkPath({ host, settings, at }: View, chosen: PlacedCluster): readonly Finding[] {
  const direct = Number(settings.database.port || 5432) === at.cluster.port && reaches(host, settings, at.host);
  if (direct || at.cluster !== chosen.cluster) return [];
  return [
    finding(
      host.name,
      'proxy',
      `Nautobot reaches ${nameOf(at)} of ${at.host.name} through ${settings.database.host}:${settings.database.port || '5432'}, which is not the server itself (PgBouncer, a proxy, a forwarded port)`,
      `let Nautobot connect to ${at.host.name}:${at.cluster.port} for the upgrade`,
    ),
  ];
}
