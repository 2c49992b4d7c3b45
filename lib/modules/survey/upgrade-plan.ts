import { createHash } from 'node:crypto';
import { dirname } from 'node:path/posix';
import { isUp, roleOf } from '../../nautobot/checks.ts';
import { healthFromUrl } from '../../nautobot/survey/health.ts';
import type { Application, Unit } from '../../nautobot/application.ts';
import { formatBytes } from '../../postgresql/size.ts';
import type { Cluster, NewCluster } from '../../postgresql/cluster.ts';
import type { ClusterFacts } from '../../postgresql/survey/cluster.ts';
import type { HostFacts } from '../../postgresql/survey/host.ts';
import type { ServerFacts } from '../../postgresql/survey/server.ts';
import type { Upgrade } from '../upgrade.ts';
import type { PgupVariables } from '../variable-table.ts';
import type { DeploymentFacts, SurveyedHost } from './deployment-facts.ts';
import type { Serving } from './serving.ts';

/** Clone where old and new data are on one file system that can, else copy; the operator's word is taken as it is. */
export function modeOf({ variables }: DeploymentFacts, cluster: ClusterFacts): 'copy' | 'clone' {
  const wanted = variables?.mode ?? 'auto';
  if (wanted !== 'auto') return wanted;
  const [data, fresh] = ['data', 'new'].map((label) => cluster.places.find((each) => each.label === label));
  return data?.clones === true && data.device === fresh?.device ? 'clone' : 'copy';
}

/** The frozen upgrade, once nothing stands in its way. */
export function planUpgrade(
  facts: DeploymentFacts,
  serving: Extract<Serving, { kind: 'serving' }>,
  variables: PgupVariables,
): Upgrade {
  const { host, cluster, database } = serving;
  if (cluster.server.kind === 'refusal') throw new Error(`${cluster.version}/${cluster.name} was not surveyed`);
  const applications = facts.applications.flatMap((each) => toApplication(each));
  const migrator = applications[0]?.host ?? host.name;
  const place = (label: string): string | undefined => cluster.places.find((each) => each.label === label)?.path;
  return Object.freeze({
    kind: 'upgrade',
    databaseHost: host.name,
    old: toCluster(cluster, cluster.server.value),
    new: newCluster(cluster, variables.target, facts, host.survey.host),
    mode: modeOf(facts, cluster),
    backup: {
      kind: variables.backup,
      directory: `${place('backup') ?? `${dirname(dirname(cluster.dataDirectory))}/pgup-backup`}/${cluster.version}-${cluster.name}-${facts.run}`,
    },
    applications,
    migrator,
    otherDatabases: variables.otherDatabases,
    drainTimeout: variables.drainTimeout,
    database,
    addresses: [...new Set(facts.hosts.flatMap(({ survey }) => survey.host.addresses))],
    adminUser: variables.adminUser,
    verify: variables.verify,
    maxDowntime: variables.maxDowntime,
    migratePending: variables.migrate === 'pending',
    packages: [`postgresql-${variables.target}`],
  });
}

/** `15/main on db1 → 17/main, copy, backup in /…, 1.2 GB, 3 units on app1`. */
export function describeUpgrade({ old, new: fresh, databaseHost, mode, backup, applications }: Upgrade): string {
  const units = applications.map(
    ({ units: all, host }) => `${all.length} ${all.length === 1 ? 'unit' : 'units'} on ${host}`,
  );
  return [
    `${old.version}/${old.name} on ${databaseHost} → ${fresh.version}/${fresh.name}`,
    mode,
    `backup in ${backup.directory}`,
    formatBytes(old.size),
    ...units,
  ].join(', ');
}

function toCluster(facts: ClusterFacts, server: ServerFacts): Cluster {
  const template = server.databases.find(({ name }) => name === 'template1') ?? server.databases[0];
  const settings = (name: string): string => server.settings[name] ?? '';
  const provider = { c: 'libc', i: 'icu', b: 'builtin' }[template?.provider ?? 'c'] ?? 'libc';
  return Object.freeze({
    kind: 'cluster',
    version: facts.version,
    minor: server.version.split(' ')[0] ?? server.version,
    name: facts.name,
    port: facts.port,
    owner: facts.owner,
    group: facts.group,
    dataDirectory: facts.dataDirectory,
    configDirectory: facts.configDirectory,
    binDirectory: facts.binDirectory,
    socketDirectory: facts.socketDirectory,
    logFile: facts.logFile,
    hbaFile: settings('hba_file') || `${facts.configDirectory}/pg_hba.conf`,
    identFile: settings('ident_file') || `${facts.configDirectory}/pg_ident.conf`,
    unit: facts.unit,
    start: facts.start || 'auto',
    systemIdentifier: server.systemIdentifier,
    installUser: server.installUser,
    encoding: template?.encoding ?? 'UTF8',
    collate: template?.collate ?? 'C',
    ctype: template?.ctype ?? 'C',
    localeProvider: provider,
    icuLocale: provider === 'libc' ? undefined : (template?.locale ?? undefined),
    icuRules: template?.rules ?? undefined,
    checksums: settings('data_checksums') === 'on',
    walSegmentSize: server.walSegmentSize,
    walDirectory: facts.walDirectory,
    groupAccess: settings('data_directory_mode') === '0750',
    size: facts.size ?? server.databases.reduce((sum, each) => sum + each.size, 0),
    databases: server.databases.map(({ name, owner, size, encoding, template: isTemplate, allowsConnections }) =>
      Object.freeze({ name, owner, size, encoding, template: isTemplate, allowsConnections }),
    ),
  });
}

function newCluster(old: ClusterFacts, target: string, facts: DeploymentFacts, host: HostFacts): NewCluster {
  const dataDirectory =
    old.places.find(({ label }) => label === 'new')?.path ?? `/var/lib/postgresql/${target}/${old.name}`;
  return Object.freeze({
    kind: 'new-cluster',
    version: target,
    name: old.name,
    port: old.port,
    owner: old.owner,
    group: old.group,
    dataDirectory,
    configDirectory: `/etc/postgresql/${target}/${old.name}`,
    binDirectory: `/usr/lib/postgresql/${target}/bin`,
    unit: `postgresql@${target}-${old.name}.service`,
    closedPort: closedPort(`${facts.run} ${facts.name}`, host.listening),
    // short: a socket's path has at most 107 bytes
    closedSocketDirectory: `/run/pgup-${target}-${old.name}`,
  });
}

/** A free port below those that the kernel gives to outgoing connections; another one in each run. */
function closedPort(seed: string, taken: readonly number[]): number {
  const [first, count] = [20_000, 10_000];
  const start = createHash('sha256').update(seed).digest().readUInt32BE(0) % count;
  for (let step = 0; step < count; step++) {
    const port = first + ((start + step) % count);
    if (!taken.includes(port)) return port;
  }
  return first + start;
}

function toApplication({ name, survey, variables }: SurveyedHost): readonly Application[] {
  const { server, units, host, health } = survey;
  const settings = server?.settings.kind === 'answer' ? server.settings.value : undefined;
  if (!server || !settings) return [];
  const web = units.find((unit) => unit.name === server.unit);
  return [
    Object.freeze({
      kind: 'application',
      host: name,
      root: variables.nautobotRoot ?? settings.root ?? server.directory,
      user: server.user,
      group: server.group,
      server: server.server,
      config: server.config,
      environment: web?.environment ?? {},
      environmentFiles: web?.environmentFiles ?? [],
      version: settings.version ?? '',
      units: units.map((unit): Unit => {
        const role = roleOf(unit, host.processes);
        return Object.freeze({
          kind: 'unit',
          name: unit.name,
          // a server command that ends by itself is stopped and held like a worker
          role: role === undefined || role === 'other' ? 'worker' : role,
          enabled: unit.enabled,
          active: isUp(unit),
        });
      }),
      database: { ...settings.database, port: Number(settings.database.port || 5432) },
      pendingMigrations: settings.migrations ?? [],
      health: variables.healthUrl === undefined ? health?.address : healthFromUrl(variables.healthUrl),
      addresses: host.addresses,
    }),
  ];
}
