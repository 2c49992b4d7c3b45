import { z } from 'zod';
import { liveJobs, parseRunningJobs, RUNNING_JOBS, type RunningJob } from '../../nautobot/running-jobs.ts';
import { liveServer, psql } from '../../postgresql/server-address.ts';
import { describeSession, parseSessions, SESSIONS, whose, type Whose } from '../../postgresql/sessions.ts';
import type { Result } from '../../shell/host-shell.ts';
import type { ModuleContext, Step, Verdict } from '../module.ts';
import type { Upgrade } from '../upgrade.ts';
import { databaseModule } from './database-module.ts';
import { complaint, exitCode, text } from './reading.ts';

const nothing = z.strictObject({});
const SESSIONS_DEADLINE = 30_000;
const CHECKPOINT_DEADLINE = 600_000;

/** Waits, with the scheduler stopped, until no job is in the hands of a worker. Nothing is ever killed. */
export const drainJobsModule = databaseModule({
  name: 'drain_jobs',
  summary: 'Waits until no Nautobot job runs (pgup_drain_timeout), then writes a checkpoint so that the stop is short.',
  schema: nothing,
  decide: (upgrade, context) => ({
    kind: 'steps',
    steps: [
      {
        kind: 'wait',
        says: `wait until no Nautobot job runs, at most ${upgrade.drainTimeout} s`,
        command: psql(liveServer(upgrade.old, upgrade.adminUser), upgrade.database, '-F', '\t'),
        as: upgrade.old.owner,
        stdin: RUNNING_JOBS,
        every: 2000,
        deadline: Math.max(1, upgrade.drainTimeout) * 1000,
        judge: (result) => judgeJobs(result, { upgrade, context }),
      },
      checkpoint(upgrade),
    ],
  }),
});

function judgeJobs(result: Result, { upgrade, context }: { upgrade: Upgrade; context: ModuleContext }): Verdict {
  if (exitCode(result) !== 0) return { ok: false, says: `running jobs cannot be counted: ${complaint(result)}` };
  const since = upgrade.applications.flatMap(({ host }) => {
    const value = context.learned(host)['workersSince'];
    return typeof value === 'number' ? [value] : [];
  });
  const jobs = parseRunningJobs(text(result));
  const live = liveJobs(jobs, since.length === 0 ? undefined : Math.min(...since));
  if (live.length === 0) {
    const left = jobs.length === 0 ? '' : `; ${jobs.length} that a worker left behind when it died are ignored`;
    return { ok: true, says: `no job runs${left}` };
  }
  return {
    ok: false,
    says: `${live.length} Nautobot jobs still run: ${live.slice(0, 5).map(describeJob).join(', ')}`,
    next: 'let them finish, or cancel them in Nautobot; pgup never kills a job. A longer pgup_drain_timeout waits longer',
  };
}

function describeJob({ name, since }: RunningJob): string {
  return `${name} (since ${new Date(since * 1000).toISOString()})`;
}

/** A checkpoint now is one that the shutdown need not write: it runs as long as the server serves. */
function checkpoint({ old, adminUser, database }: Upgrade): Step {
  return {
    kind: 'change',
    says: 'write a checkpoint, so that stopping the old server takes moments',
    command: psql(liveServer(old, adminUser), database, '-c', 'checkpoint'),
    as: old.owner,
    deadline: CHECKPOINT_DEADLINE,
    // A checkpoint only shortens what follows; the role that pgup comes in by may not be allowed one.
    judge: () => ({ ok: true }),
  };
}

/** Nobody is connected any more: not Nautobot, and nobody that the inventory does not know. */
export const sessionsGoneModule = databaseModule({
  name: 'sessions_gone',
  summary: "Fails on a stranger's session, waits until the deployment's own have gone. No session is ever killed.",
  schema: nothing,
  decide: (upgrade) => {
    const ask = {
      command: psql(liveServer(upgrade.old, upgrade.adminUser), 'template1', '-F', '\t'),
      as: upgrade.old.owner,
      stdin: SESSIONS,
    };
    return {
      kind: 'steps',
      steps: [
        {
          kind: 'ask',
          says: 'see that no stranger is connected',
          ...ask,
          judge: (result) => judgeSessions(result, upgrade, ['stranger']),
        },
        {
          kind: 'wait',
          says: 'wait until no session of Nautobot is left',
          ...ask,
          every: 100,
          deadline: SESSIONS_DEADLINE,
          judge: (result) => judgeSessions(result, upgrade, ['stranger', 'ours']),
        },
        checkpoint(upgrade),
      ],
    };
  },
});

function judgeSessions(result: Result, upgrade: Upgrade, refused: readonly Whose[]): Verdict {
  if (exitCode(result) !== 0) return { ok: false, says: `sessions cannot be listed: ${complaint(result)}` };
  const user = upgrade.applications[0]?.database.user ?? '';
  const known = { addresses: upgrade.addresses, database: upgrade.database, user };
  const left = parseSessions(text(result)).filter((session) => refused.includes(whose(session, known)));
  if (left.length === 0) return { ok: true };
  const strangers = left.filter((session) => whose(session, known) === 'stranger');
  const named = (strangers.length > 0 ? strangers : left).slice(0, 5).map(describeSession).join('; ');
  return strangers.length > 0
    ? {
        ok: false,
        says: `somebody whom the inventory does not know is connected: ${named}`,
        next: 'end that session where it comes from, or add its host to the inventory; pgup never kills a session',
      }
    : { ok: false, says: `sessions of Nautobot are left although its services have stopped: ${named}` };
}
