import { z } from 'zod';
import { parseControlData } from '../../postgresql/control-data.ts';
import type { Cluster, NewCluster } from '../../postgresql/cluster.ts';
import { HOLD_POSTGRESQL, STATE } from '../../postgresql/host-paths.ts';
import { awaitService, SERVICE_ENDED, settledService } from '../../postgresql/server-address.ts';
import { setStart } from '../../postgresql/start-conf.ts';
import { controlData, isRunning } from '../../postgresql/transient-server.ts';
import { answers, outputAnswer, testAnswer } from '../../shell/answers.ts';
import type { Command, Result } from '../../shell/host-shell.ts';
import { raw, sh } from '../../shell/sh.ts';
import type { Decision, Step, Verdict } from '../module.ts';
import { databaseModule } from './database-module.ts';
import { complaint, exitCode, judgeExit, reading, text } from './reading.ts';

const schema = z.strictObject({
  cluster: z.enum(['old', 'new']).describe('Which of the two clusters.'),
  state: z
    .enum(['stopped', 'started'])
    .describe('`started` is the old one’s way back: the new one has modules of its own.'),
});

/** The units' own limit is an hour. */
const STOP_DEADLINE = 3_900_000;
const START_DEADLINE = 600_000;

/** Stops a cluster cleanly, or starts the old one where and as it was. */
export const postgresqlServiceModule = databaseModule<z.infer<typeof schema>>({
  name: 'postgresql_service',
  summary: 'Stops a cluster through its unit and proves the clean shutdown, or starts the old one as it was.',
  schema,
  read: (upgrade, { arguments: { cluster } }) =>
    reading(
      testAnswer('running', isRunning(upgrade[cluster])),
      outputAnswer('control', controlData(upgrade[cluster])),
      testAnswer('held', sh`[ -e ${HOLD_POSTGRESQL} ]`),
      testAnswer('there', sh`[ -e ${`${upgrade[cluster].dataDirectory}/PG_VERSION`} ]`),
    ),
  decide: (upgrade, { arguments: { cluster, state } }, facts) => {
    const is = facts
      ? answers(facts)
      : new Map([
          ['running', 'yes'],
          ['there', 'yes'],
        ]);
    if (state === 'stopped') {
      const shutDown = parseControlData(is.get('control') ?? '')?.state === 'shut down';
      return stop(upgrade[cluster], {
        running: is.has('running'),
        there: is.has('there'),
        shutDown,
        held: is.has('held'),
      });
    }
    return start(upgrade.old, { running: is.has('running'), held: is.has('held') });
  },
});

function stop(
  cluster: Cluster | NewCluster,
  {
    running,
    there,
    shutDown,
    held,
  }: { readonly running: boolean; readonly there: boolean; readonly shutDown: boolean; readonly held: boolean },
): Decision {
  const { unit, version, name, dataDirectory } = cluster;
  if (!there) return { kind: 'nothing', reason: `there is no cluster ${version}/${name}` };
  if (!running && ((shutDown && held) || cluster.kind === 'new-cluster'))
    return { kind: 'nothing', reason: `${version}/${name} is shut down` };
  const step: Step = {
    kind: 'change',
    says: `stop ${unit} and see that ${version}/${name} is shut down`,
    // A server that was started past systemd is stopped all the same.
    command: sh`${cluster.kind === 'new-cluster' ? raw(':') : holdOld(cluster)}
${settledService(unit)}
systemctl stop -- ${unit}
if ${isRunning(cluster)}; then pg_ctlcluster --skip-systemctl-redirect -m fast ${version} ${name} stop; fi
if ${isRunning(cluster)}; then echo "a server still runs on "${dataDirectory}; exit 1; fi
${controlData(cluster)}`,
    deadline: STOP_DEADLINE,
    // How the new one went down matters to nobody: it is stopped to be dropped.
    judge: (result) =>
      cluster.kind === 'new-cluster'
        ? judgeExit(result, `${version}/${name} stopped`, `${version}/${name} could not be stopped`)
        : judgeStopped(result, `${version}/${name}`),
  };
  return { kind: 'steps', steps: [step] };
}

/** From here on a reboot does not bring the old cluster up. The flag comes last: where it lies, all of it is done. */
function holdOld({ configDirectory }: Cluster): Command {
  return sh`( set -e; ${setStart(configDirectory, 'manual')}; sync ${configDirectory}
install -d -m 0700 ${`${STATE}/hold`}; touch ${HOLD_POSTGRESQL}; sync ${[HOLD_POSTGRESQL, `${STATE}/hold`]} ) || exit`;
}

function judgeStopped(result: Result, name: string): Verdict {
  const control = parseControlData(text(result));
  if (control?.state === 'shut down') return { ok: true, says: `${name} shut down cleanly` };
  if (control) return { ok: false, says: `${name} is down, but not cleanly: pg_controldata says "${control.state}"` };
  return { ok: false, says: `${name} could not be stopped: ${complaint(result)}` };
}

function start(old: Cluster, { running, held }: { running: boolean; held: boolean }): Decision {
  if (running && !held) return { kind: 'nothing', reason: `${old.version}/${old.name} runs` };
  return { kind: 'steps', steps: startOld(old, { running: false }) };
}

/** The old server on its port, as it was before; where it runs, it is only waited for. */
export function startOld(old: Cluster, { running }: { readonly running: boolean }): readonly Step[] {
  const { unit, version, configDirectory, logFile } = old;
  const begin: Step = {
    kind: 'change',
    says: `start ${unit}`,
    command: sh`rm -f ${HOLD_POSTGRESQL}; ${setStart(configDirectory, old.start)}; sync /var/lib/pgup ${configDirectory}
systemctl reset-failed -- ${unit} 2>/dev/null; systemctl --no-block start -- ${unit}`,
  };
  return [
    ...(running ? [] : [begin]),
    {
      kind: 'wait',
      says: `wait until PostgreSQL ${version} takes connections on port ${old.port}`,
      command: awaitService(old, { unit, running: isRunning(old), log: logFile }),
      every: 100,
      deadline: START_DEADLINE,
      judge: (result) =>
        result.ending.kind === 'exited' && result.ending.code === 0
          ? { ok: true, says: `PostgreSQL ${version} runs on port ${old.port} again` }
          : {
              ok: false,
              says: `PostgreSQL ${version} does not take connections: ${complaint(result)}`,
              next: `see ${logFile}`,
              final: exitCode(result) === SERVICE_ENDED,
            },
    },
  ];
}
