import { z } from 'zod';
import { STATE, workPaths } from '../../postgresql/host-paths.ts';
import { awaitService, openServer, SERVICE_ENDED, settledService } from '../../postgresql/server-address.ts';
import { setStart, startMode } from '../../postgresql/start-conf.ts';
import { isRunning } from '../../postgresql/transient-server.ts';
import { answers, fileAnswer, outputAnswer, testAnswer } from '../../shell/answers.ts';
import { sh } from '../../shell/sh.ts';
import type { Step, Verdict } from '../module.ts';
import type { Upgrade } from '../upgrade.ts';
import { databaseModule } from './database-module.ts';
import { complaint, exitCode, reading, text } from './reading.ts';

const nothing = z.strictObject({});
const START_DEADLINE = 600_000;

/** The point of no return: from here on applications may write to the new cluster. */
export const openDoorsModule = databaseModule({
  name: 'open_doors',
  summary:
    'Passes the point of no return, puts the carried access rules and port into force, and lets applications in.',
  schema: nothing,
  read: ({ new: fresh }) =>
    reading(
      testAnswer('running', isRunning(fresh)),
      outputAnswer('port', sh`sed -n 4p ${fresh.dataDirectory}/postmaster.pid`),
      testAnswer('marked', sh`[ -e ${`${STATE}/marker`} ]`),
    ),
  decide: (upgrade, context, facts) => {
    const { new: fresh } = upgrade;
    const is = facts ? answers(facts) : new Map<string, string>();
    const open = is.has('running') && is.get('port')?.trim() === String(fresh.port);
    if (open && is.has('marked')) {
      return { kind: 'nothing', reason: `PostgreSQL ${fresh.version} serves on port ${fresh.port}` };
    }
    const learnedIdentifier = context.learned(context.host)['newSystemIdentifier'];
    const identifier = typeof learnedIdentifier === 'string' ? learnedIdentifier : undefined;
    return {
      kind: 'steps',
      steps: [
        { kind: 'point-of-no-return', says: 'pass the point of no return: the marker is written to disk' },
        ...openSteps(upgrade, identifier),
      ],
    };
  },
});

function openSteps({ old, new: fresh }: Upgrade, identifier: string | undefined): readonly Step[] {
  const work = workPaths(fresh);
  const auto = `${fresh.dataDirectory}/postgresql.auto.conf`;
  const log = `/var/log/postgresql/postgresql-${fresh.version}-${fresh.name}.log`;
  const server = openServer(old, fresh);
  return [
    {
      kind: 'change',
      says: `put the carried settings into force and start ${fresh.unit} on port ${fresh.port}`,
      // start.conf now: after a reboot the server that holds the data must come up, and the old one must not.
      command: sh`set -e
cp -a ${work.carriedAutoConf} ${auto}.pgup; sync ${auto}.pgup; mv -f ${auto}.pgup ${auto}; sync ${fresh.dataDirectory}
${setStart(fresh.configDirectory, old.start)}; sync ${fresh.configDirectory}
${settledService(fresh.unit)}
systemctl --no-block restart -- ${fresh.unit}`,
    },
    {
      kind: 'wait',
      says: `wait until PostgreSQL ${fresh.version} takes connections on port ${fresh.port}`,
      command: sh`( ${awaitService(server, { unit: fresh.unit, running: isRunning(fresh), log })} ) || exit "$?"
[ "$(sed -n 4p ${fresh.dataDirectory}/postmaster.pid)" -eq ${fresh.port} ] || { echo "it still runs closed"; exit 1; }
LC_ALL=C ${fresh.binDirectory}/pg_controldata ${fresh.dataDirectory} | sed -n 's/^Database system identifier: *//p'`,
      every: 50,
      deadline: START_DEADLINE,
      judge: (result): Verdict => {
        const found = text(result).trim();
        if (exitCode(result) !== 0 || found === '') {
          return {
            ok: false,
            says: `PostgreSQL ${fresh.version} does not take connections: ${complaint(result)}`,
            next: `see ${log}`,
            final: exitCode(result) === SERVICE_ENDED,
          };
        }
        if (identifier !== undefined && !found.endsWith(identifier)) {
          return { ok: false, says: `port ${fresh.port} is served by cluster ${found}, not by ${identifier}` };
        }
        return { ok: true, says: `PostgreSQL ${fresh.version} serves on port ${fresh.port}` };
      },
    },
  ];
}

/** The end: the old cluster stays where it is, stopped and disabled, until somebody finalizes. */
export const keepOldClusterModule = databaseModule({
  name: 'keep_old_cluster',
  summary: 'Disables the stopped old cluster, writes down where it and its backup are, and takes the marker away.',
  schema: nothing,
  read: ({ old, new: fresh }) =>
    reading(
      fileAnswer('start', `${old.configDirectory}/start.conf`),
      testAnswer('marked', sh`[ -e ${`${STATE}/marker`} ]`),
      testAnswer('work', sh`[ -d ${workPaths(fresh).directory} ]`),
    ),
  decide: (upgrade, context, facts) => {
    const { old, new: fresh } = upgrade;
    const is = facts ? answers(facts) : new Map([['marked', 'yes']]);
    const kept = [
      `old cluster ${old.version}/${old.name}: ${old.dataDirectory} on ${context.host}, stopped and disabled`,
      `backup: ${upgrade.backup.directory} on ${context.host}`,
    ];
    const learned = { shared: { kept } };
    const done = startMode(is.get('start')) === 'disabled' && !is.has('marked') && !is.has('work');
    if (done) return { kind: 'nothing', reason: `${old.version}/${old.name} is kept, stopped and disabled`, learned };
    const record = JSON.stringify({
      run: context.run,
      finished: new Date(context.now).toISOString(),
      old: {
        version: old.version,
        name: old.name,
        dataDirectory: old.dataDirectory,
        configDirectory: old.configDirectory,
      },
      new: { version: fresh.version, name: fresh.name, dataDirectory: fresh.dataDirectory },
      backup: upgrade.backup.directory,
    });
    const path = `${STATE}/kept/${context.run}.json`;
    return {
      kind: 'steps',
      steps: [
        {
          kind: 'change',
          says: `keep ${old.version}/${old.name} in ${old.dataDirectory}, stopped and disabled, and forget the marker`,
          command: sh`set -e; umask 077
${setStart(old.configDirectory, 'disabled')}
install -d -m 0711 ${STATE}; install -d -m 0700 ${`${STATE}/kept`}
printf '%s\n' ${record} > ${path}; sync ${path}
rm -rf ${[workPaths(fresh).directory, fresh.closedSocketDirectory, workPaths(fresh).applicationSockets]}
rm -f ${[`${STATE}/marker`, `${STATE}/new-cluster`, `${STATE}/new-cluster.intent`]}; sync ${STATE}
systemctl daemon-reload`,
          judge: (result) =>
            exitCode(result) === 0
              ? { ok: true, says: kept.join('; '), learned }
              : { ok: false, says: `the old cluster could not be put away: ${complaint(result)}` },
        },
      ],
    };
  },
});
