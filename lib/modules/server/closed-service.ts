import { z } from 'zod';
import { workPaths } from '../../postgresql/host-paths.ts';
import { awaitService, closedServer, SERVICE_ENDED } from '../../postgresql/server-address.ts';
import { firstStatistics, restOfStatistics, updateExtensions } from '../../postgresql/statistics.ts';
import { isRunning } from '../../postgresql/transient-server.ts';
import { answers, outputAnswer, testAnswer } from '../../shell/answers.ts';
import { sh } from '../../shell/sh.ts';
import { finding, type Step } from '../module.ts';
import type { Upgrade } from '../upgrade.ts';
import { migratorEntries } from './carry-settings.ts';
import { databaseModule } from './database-module.ts';
import { makeDirectories } from './closed-directories.ts';
import { complaint, exitCode, judgeExit, reading } from './reading.ts';

const nothing = z.strictObject({});
const START_DEADLINE = 600_000;
const DEADLINE = 24 * 3_600_000;

/** Documented step 6: the new version's service runs, and nobody gets in yet but pgup and the migrating process. */
export const startClosedModule = databaseModule({
  name: 'start_closed',
  summary: 'Starts the new cluster as its service, on a port and socket of its own that only the migration may use.',
  schema: nothing,
  read: ({ new: fresh }) =>
    reading(
      testAnswer('running', isRunning(fresh)),
      outputAnswer('port', sh`sed -n 4p ${fresh.dataDirectory}/postmaster.pid`),
    ),
  decide: (upgrade, { host }, facts) => {
    const { new: fresh } = upgrade;
    const is = facts ? answers(facts) : new Map<string, string>();
    const port = is.get('port')?.trim();
    if (is.has('running') && port === String(fresh.closedPort)) {
      return { kind: 'nothing', reason: `PostgreSQL ${fresh.version} runs closed on port ${port}` };
    }
    if (is.has('running')) {
      const says = `PostgreSQL ${fresh.version} runs on port ${port ?? '?'} before the doors are open`;
      return {
        kind: 'findings',
        findings: [finding(host, 'new-cluster-running', says, `systemctl stop ${fresh.unit}`)],
      };
    }
    return { kind: 'steps', steps: [makeDirectories(upgrade), ...applicationSockets(upgrade), ...startSteps(upgrade)] };
  },
});

/** A migrating process on the same host that connects through a socket gets a directory that its group may enter. */
function applicationSockets(upgrade: Upgrade): readonly Step[] {
  const { new: fresh, applications, migrator } = upgrade;
  if (!migratorEntries(upgrade).some(({ address }) => address === undefined)) return [];
  const group = applications.find(({ host }) => host === migrator)?.group ?? fresh.group;
  const directory = workPaths(fresh).applicationSockets;
  return [
    {
      kind: 'change',
      says: `make the socket directory ${directory} for the migration`,
      command: sh`install -d -m 0750 -o ${fresh.owner} -g ${group} ${directory}`,
    },
  ];
}

function startSteps({ old, new: fresh }: Upgrade): readonly Step[] {
  const server = closedServer(fresh, old.installUser);
  const log = `/var/log/postgresql/postgresql-${fresh.version}-${fresh.name}.log`;
  const auto = `${fresh.dataDirectory}/postgresql.auto.conf`;
  return [
    {
      kind: 'change',
      says: `start ${fresh.unit}, closed`,
      // pg_ctlcluster looks on for two seconds after the server is up; nobody needs to wait for that.
      command: sh`grep -q ${`^port = '${fresh.closedPort}'`} ${auto} || { echo ${auto}" does not keep the server closed" >&2; exit 78; }
systemctl reset-failed -- ${fresh.unit} 2>/dev/null; systemctl --no-block start -- ${fresh.unit}`,
    },
    {
      kind: 'wait',
      says: `wait until PostgreSQL ${fresh.version} takes connections on its private socket`,
      command: awaitService(server, { unit: fresh.unit, running: isRunning(fresh), log }),
      every: 50,
      deadline: START_DEADLINE,
      judge: (result) =>
        exitCode(result) === 0
          ? { ok: true, says: `PostgreSQL ${fresh.version} runs closed on port ${fresh.closedPort}` }
          : {
              ok: false,
              says: `PostgreSQL ${fresh.version} does not start: ${complaint(result)}`,
              next: `see ${log}`,
              final: exitCode(result) === SERVICE_ENDED,
            },
    },
  ];
}

/** What pg_upgrade leaves to be done before anybody works with the data. */
export const finishDataModule = databaseModule({
  name: 'finish_data',
  summary: 'Updates extensions, looks for broken indexes, and gives the planner its first statistics.',
  schema: nothing,
  decide: ({ old, new: fresh, database }) => {
    const server = closedServer(fresh, old.installUser);
    const work = workPaths(fresh);
    return {
      kind: 'steps',
      steps: [
        {
          kind: 'job',
          says: 'update extensions',
          as: fresh.owner,
          command: updateExtensions(server, `${work.upgrade}/update_extensions.sql`),
          deadline: DEADLINE,
          judge: (result) => judgeExit(result, undefined, 'an extension could not be updated'),
        },
        {
          kind: 'job',
          says: `first statistics of database ${database}`,
          as: fresh.owner,
          command: firstStatistics(server, fresh.version, database),
          deadline: DEADLINE,
        },
      ],
    };
  },
});

const statisticsSchema = z.strictObject({});

/** After the window: the statistics that make plans as good as they were. */
export const statisticsModule = databaseModule({
  name: 'statistics',
  summary: 'Gathers the remaining planner statistics, with Nautobot serving.',
  schema: statisticsSchema,
  decide: ({ old, new: fresh }) => ({
    kind: 'steps',
    steps: [
      {
        kind: 'job',
        says: 'gather the remaining statistics of all databases',
        as: fresh.owner,
        command: restOfStatistics(
          {
            binDirectory: fresh.binDirectory,
            socketDirectory: old.socketDirectory,
            port: fresh.port,
            user: old.installUser,
          },
          fresh.version,
        ),
        deadline: DEADLINE,
        // The data is there and users are served: slow plans are told, and are no reason to hold the deployment.
        judge: (result) =>
          exitCode(result) === 0
            ? { ok: true, says: 'statistics gathered' }
            : {
                ok: true,
                says: `statistics are incomplete, run vacuumdb --all --analyze-in-stages: ${complaint(result)}`,
              },
      },
    ],
  }),
});
