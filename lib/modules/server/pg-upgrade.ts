import { z } from 'zod';
import { parseControlData } from '../../postgresql/control-data.ts';
import { NEW_CLUSTER_RECEIPT, workPaths } from '../../postgresql/host-paths.ts';
import { initialiseAgain } from '../../postgresql/new-cluster.ts';
import { pgUpgrade, upgradeFailure, upgradeProgress } from '../../postgresql/pg-upgrade.ts';
import { closedOptions, controlData, isRunning, stopOrphan, withServer } from '../../postgresql/transient-server.ts';
import { answers, fileAnswer, outputAnswer, testAnswer, type Answers } from '../../shell/answers.ts';
import type { Query, Result } from '../../shell/host-shell.ts';
import { raw, sh } from '../../shell/sh.ts';
import { finding, type ModuleContext, type Step, type Verdict } from '../module.ts';
import type { Upgrade } from '../upgrade.ts';
import { databaseModule } from './database-module.ts';
import { fingerprintBefore, isSettled } from './fingerprint.ts';
import { makeDirectories } from './closed-directories.ts';
import { fetchLogs } from './new-cluster.ts';
import { exitCode, judgeExit, reading, text } from './reading.ts';

const nothing = z.strictObject({});
const DEADLINE = 24 * 3_600_000;
const STOP_DEADLINE = 3_900_000;

function readBoth({ old, new: fresh }: Upgrade): Query {
  const work = workPaths(fresh);
  return reading(
    testAnswer('old-running', isRunning(old)),
    testAnswer('new-running', isRunning(fresh)),
    outputAnswer('old-control', controlData(old)),
    outputAnswer('new-control', controlData(fresh)),
    fileAnswer('receipt', NEW_CLUSTER_RECEIPT),
    fileAnswer('upgraded', work.upgraded),
    testAnswer('begun', sh`[ -e ${work.begun} ]`),
    outputAnswer('binaries', sh`${fresh.binDirectory}/pg_upgrade --version; ${old.binDirectory}/postgres --version`),
  );
}

/** Documented step 4, as far as it is not done before the window: all that step 5 stands on is as it must be. */
export const newVersionReadyModule = databaseModule({
  name: 'new_version_ready',
  summary: 'Asserts that the new version is installed and its empty cluster is pgup’s own and down, as is the old one.',
  schema: nothing,
  read: readBoth,
  decide: (upgrade, context, facts) => {
    const { old, new: fresh } = upgrade;
    const is = facts ? answers(facts) : new Map<string, string>();
    // Before Prepare has run (check mode) none of this is there yet.
    if (context.learned(context.host)['newSystemIdentifier'] === undefined) {
      return { kind: 'nothing', reason: `installed in play Prepare, before anything stops` };
    }
    const wrong = [
      ...(is.has('old-running')
        ? [['old-cluster-running', `a server runs on ${old.dataDirectory}`, `systemctl stop ${old.unit}`]]
        : []),
      ...(is.has('new-running')
        ? [['new-cluster-running', `a server runs on ${fresh.dataDirectory}`, `systemctl stop ${fresh.unit}`]]
        : []),
      ...(isOurs(is)
        ? []
        : [
            [
              'foreign-cluster',
              `${fresh.version}/${fresh.name} is not the cluster that pgup made`,
              'run again: it is made anew',
            ],
          ]),
    ] as const;
    if (wrong.length > 0) {
      return {
        kind: 'findings',
        findings: wrong.map(([check = '', says = '', next]) => finding(context.host, check, says, next)),
      };
    }
    const versions = (is.get('binaries') ?? '').split('\n').map((line) => /\d+\.\d+/.exec(line)?.[0]);
    return {
      kind: 'nothing',
      reason: `PostgreSQL ${versions[0] ?? fresh.version} is installed beside ${versions[1] ?? old.version}, both down`,
    };
  },
});

function isOurs(is: Answers): boolean {
  const identifier = parseControlData(is.get('new-control') ?? '')?.systemIdentifier;
  return identifier !== undefined && identifier === (is.get('receipt') ?? '').split('\n')[0];
}

function isUpgraded(is: Answers): boolean {
  const done = parseControlData(is.get('upgraded') ?? '');
  return isOurs(is) && done?.systemIdentifier === parseControlData(is.get('new-control') ?? '')?.systemIdentifier;
}

/** Documented step 5. */
export const pgUpgradeModule = databaseModule({
  name: 'pg_upgrade',
  summary: 'Runs the new version’s pg_upgrade as a detached job. A half done one is cleaned away and begun again.',
  schema: nothing,
  read: readBoth,
  decide: (upgrade, context, facts) => {
    const { old, new: fresh, mode } = upgrade;
    const work = workPaths(fresh);
    const is = facts ? answers(facts) : new Map<string, string>();
    if (isUpgraded(is)) return { kind: 'nothing', reason: `${fresh.version}/${fresh.name} holds the upgraded data` };
    const orphans = is.has('old-running') || is.has('new-running');
    const control = parseControlData(is.get('old-control') ?? '');
    const before = fingerprintBefore(context);
    const begun = is.has('begun');
    return {
      kind: 'steps',
      steps: [
        makeDirectories(upgrade),
        ...(orphans && before ? [stopOrphans(upgrade)] : []),
        ...(before && control && control.state !== 'shut down' ? [recoverOld(upgrade)] : []),
        ...(begun ? [beginAgain(upgrade, context)] : []),
        assertReady(upgrade, context),
        {
          kind: 'job',
          says: `pg_upgrade ${old.version}/${old.name} to ${fresh.version}/${fresh.name}, mode ${mode}`,
          as: fresh.owner,
          command: pgUpgrade({ old, new: fresh, work, mode, purpose: 'upgrade' }),
          deadline: DEADLINE,
          progress: upgradeProgress,
          judge: (result) => {
            if (exitCode(result) === 0) return { ok: true, says: `upgraded to PostgreSQL ${fresh.version}` };
            const { says, next } = upgradeFailure(text(result));
            return { ok: false, says, ...(next === undefined ? {} : { next }) };
          },
        },
      ],
    };
  },
});

/** What pg_upgrade itself would not notice: a package script or a person has started something since. */
function assertReady({ old, new: fresh }: Upgrade, context: ModuleContext): Step {
  const before = fingerprintBefore(context);
  const work = workPaths(fresh);
  return {
    kind: 'change',
    says: 'see that both servers are down and the old data is what was fingerprinted',
    command: sh`for directory in ${[old.dataDirectory, fresh.dataDirectory]}; do
  if [ -e "$directory/postmaster.pid" ]; then echo "a server runs on $directory" >&2; exit 73; fi
done
rm -f ${work.upgraded}
${controlData(old)}`,
    judge: (result) => judgeReady(result, before && ((control) => isSettled(before, control))),
  };
}

function judgeReady(
  result: Result,
  settled: ((control: NonNullable<ReturnType<typeof parseControlData>>) => boolean) | undefined,
): Verdict {
  const control = exitCode(result) === 0 ? parseControlData(text(result)) : undefined;
  if (!control) return judgeExit(result, undefined, 'pg_upgrade cannot begin');
  if (control.state !== 'shut down')
    return { ok: false, says: `the old cluster is not shut down but ${control.state}` };
  if (settled && !settled(control)) {
    return { ok: false, says: 'the old cluster has run transactions since it was fingerprinted: somebody started it' };
  }
  return { ok: true };
}

function stopOrphans({ old, new: fresh }: Upgrade): Step {
  return {
    kind: 'change',
    says: 'stop servers that an interrupted pg_upgrade left running',
    as: fresh.owner,
    command: sh`set -e; cd /
${stopOrphan(old, fresh.closedSocketDirectory)}
${stopOrphan(fresh, fresh.closedSocketDirectory)}`,
    deadline: STOP_DEADLINE,
  };
}

/** A host that lost its power while pg_upgrade dumped the schema left the old cluster to recover. */
function recoverOld({ old, new: fresh }: Upgrade): Step {
  const work = workPaths(fresh);
  return {
    kind: 'job',
    says: `start PostgreSQL ${old.version} closed once, so that it recovers and shuts down cleanly`,
    as: old.owner,
    command: withServer(
      old,
      {
        port: fresh.closedPort,
        socketDirectory: fresh.closedSocketDirectory,
        log: work.serverLog,
        options: `${closedOptions(work)} -c autovacuum=off`,
      },
      raw(':'),
    ),
    deadline: STOP_DEADLINE,
  };
}

function beginAgain({ old, new: fresh }: Upgrade, { run }: ModuleContext): Step {
  return {
    kind: 'change',
    says: `empty ${fresh.version}/${fresh.name} again: an earlier pg_upgrade did not finish`,
    command: initialiseAgain({ old, new: fresh, work: workPaths(fresh), run }),
    deadline: 300_000,
    judge: (result) => judgeExit(result, undefined, 'the half upgraded cluster could not be made anew'),
  };
}

/** Undo: nothing of a pg_upgrade runs any more, and what it wrote about itself is in the run's folder. */
export const abandonUpgradeModule = databaseModule({
  name: 'abandon_upgrade',
  summary: 'Stops servers that an interrupted pg_upgrade left running and fetches its logs.',
  schema: nothing,
  read: readBoth,
  decide: (upgrade, { run }, facts) => {
    const is = facts ? answers(facts) : new Map<string, string>();
    const orphans = is.has('old-running') || is.has('new-running');
    return {
      kind: 'steps',
      steps: [...(orphans ? [stopOrphans(upgrade)] : []), ...fetchLogs(upgrade, run)],
    };
  },
});
