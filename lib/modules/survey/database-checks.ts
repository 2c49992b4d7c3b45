import { finding, type Finding } from '../../finding.ts';
import { checkCarried } from '../../postgresql/checks/carried.ts';
import { checkContents } from '../../postgresql/checks/contents.ts';
import { checkDatabases } from '../../postgresql/checks/databases.ts';
import { checkLibraries } from '../../postgresql/checks/libraries.ts';
import { checkNewCluster } from '../../postgresql/checks/new-cluster.ts';
import { checkPackages } from '../../postgresql/checks/packages.ts';
import { checkReplication } from '../../postgresql/checks/replication.ts';
import { checkServer } from '../../postgresql/checks/server.ts';
import { checkSpace } from '../../postgresql/checks/space.ts';
import { clusterName, type Subject, type SurveyedDatabase } from '../../postgresql/checks/subject.ts';
import { compareMajors } from '../../postgresql/versions.ts';
import type { ClusterFacts } from '../../postgresql/survey/cluster.ts';
import type { ServerFacts } from '../../postgresql/survey/server.ts';
import { settingsOf, type DeploymentFacts } from './deployment-facts.ts';
import type { Serving } from './serving.ts';
import { checkSessions } from './sessions.ts';
import { modeOf } from './upgrade-plan.ts';

type Found = Extract<Serving, { kind: 'serving' }>;

/** Everything about the cluster that is to be upgraded, and the host that it is on. */
export function checkCluster(facts: DeploymentFacts, serving: Found): readonly Finding[] {
  const { host, cluster } = serving;
  const target = facts.variables?.target ?? '';
  const { packages } = host.survey;
  const around = packages
    ? [
        ...checkPackages(host.name, target, packages),
        ...checkNewCluster({
          host: host.name,
          old: cluster,
          target,
          clusters: host.survey.clusters,
          packages,
          receipt: host.survey.host.state['new-cluster']?.split('\n')[0],
        }),
      ]
    : [];
  const { server } = cluster;
  if (server.kind === 'refusal') return [...around, noWayIn(host.name, cluster, server.text)];
  const problems = checkServer(host.name, cluster, server.value, target);
  const databases = readDatabases(cluster, server.value);
  const closed = unreadable(host.name, cluster, server.value);
  const subject: Subject = { host: host.name, cluster, server: server.value, databases, target };
  if (compareMajors(cluster.version, target) >= 0) return problems;
  return [
    ...around,
    ...problems,
    ...closed,
    ...checkReplication(subject),
    ...checkContents(subject),
    ...checkCarried(subject),
    ...checkDatabases(subject, { application: serving.database, others: facts.variables?.otherDatabases ?? [] }),
    ...(packages ? checkLibraries(subject, packages) : []),
    ...checkSessions(facts, server.value, { databaseHost: host, roles: rolesOf(facts) }),
    ...checkSpace({
      host: host.name,
      cluster,
      server: server.value,
      mode: modeOf(facts, cluster),
      relations: databases.reduce((sum, each) => sum + each.facts.relations, 0),
      state: host.survey.state,
    }),
  ];
}

function readDatabases(cluster: ClusterFacts, server: ServerFacts): readonly SurveyedDatabase[] {
  return server.databases.flatMap((database) => {
    const answer = cluster.databases[database.oid];
    return answer?.kind === 'answer' ? [{ database, facts: answer.value }] : [];
  });
}

function noWayIn(host: string, cluster: ClusterFacts, said: string): Finding {
  if (cluster.status.includes('binaries_missing'))
    return finding(
      host,
      'binaries-missing',
      `the programs of ${clusterName(cluster)} are not installed: pg_upgrade needs those of both versions`,
      `apt-get install postgresql-${cluster.version}`,
    );
  if (!cluster.status.startsWith('online'))
    return finding(
      host,
      'server-down',
      `${clusterName(cluster)}, which serves Nautobot, is ${cluster.status}`,
      `systemctl start ${cluster.unit}`,
    );
  return finding(
    host,
    'no-way-in',
    `${clusterName(cluster)} does not let its owner in (role ${cluster.role}, local socket ${cluster.socketDirectory || 'none'}): ${said}`,
    `in pg_hba.conf: local all ${cluster.owner} peer; or pgup_admin_user=NAME of a superuser, with its password in ~${cluster.owner}/.pgpass`,
  );
}

/** Databases that take connections and did not answer: what is in them is not known, so nothing is promised. */
function unreadable(host: string, cluster: ClusterFacts, server: ServerFacts): readonly Finding[] {
  return server.databases
    .filter(({ allowsConnections, limit, name }) => allowsConnections && limit !== -2 && name !== 'template0')
    .flatMap(({ oid, name }) => {
      const answer = cluster.databases[oid];
      if (answer?.kind === 'answer') return [];
      const said = answer?.text ?? 'it was not asked';
      return [finding(host, 'database-unreadable', `database ${name} could not be looked into: ${said}`)];
    });
}

/** Roles that Nautobot logs in as. */
function rolesOf({ applications }: DeploymentFacts): readonly string[] {
  return applications.flatMap((host) => {
    const settings = settingsOf(host);
    return settings ? [settings.database.user, settings.server?.user ?? ''].filter(Boolean) : [];
  });
}
