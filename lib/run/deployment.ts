import { asPgupError, PgupError } from '../errors.ts';
import type { OutcomeKind } from '../events.ts';
import type { PlannedDeployment } from '../playbook/plan.ts';
import { DeploymentState, type Engine } from './deployment-state.ts';
import { claimHosts, releaseHosts } from './deployment-step.ts';
import { runGeneric, type Rolling } from './generic-run.ts';
import type { StampedEntry } from './journal.ts';
import { writeLetter } from './letter.ts';
import { markerIsThere } from './marker.ts';
import { statusOf } from './outcome.ts';
import { recall } from './recall.ts';
import { isFinding, runPlay, type TaskFailure } from './play.ts';
import { undoDeployment } from './undo.ts';
import { wentWell, type Ended } from './went-well.ts';

export interface DeploymentResult {
  readonly state: DeploymentState;
  readonly outcome: OutcomeKind;
  readonly summary: string;
}

export interface RunDeployment {
  readonly engine: Engine;
  readonly planned: PlannedDeployment;
  /** The journal of the same run's earlier controller, where this one goes on. */
  readonly before?: readonly StampedEntry[] | undefined;
  /** Put it back instead of going on. */
  readonly rollback?: boolean | undefined;
  /** For generic playbooks. */
  readonly rolling?: Rolling | undefined;
}

/** Runs one deployment from its first play to its outcome. Never rejects for anything that happens on a host. */
export async function runDeployment(options: RunDeployment): Promise<DeploymentResult> {
  const { engine, planned, before, rollback, rolling = { serial: [], maxFailures: undefined } } = options;
  const { events, journal } = engine;
  const deployment = planned.name;
  const state = new DeploymentState(planned);
  if (before) recall(state, before);
  const ended = state.ended;
  if (ended !== undefined && isOver(ended, rollback)) {
    return { state, outcome: 'nothing', summary: `ended before: ${ended}` };
  }
  journal?.write({ kind: 'deployment', deployment });
  events.emit('deployment:start', { deployment, hosts: planned.hosts });
  const { outcome, summary } = await (engine.flavour === 'generic'
    ? genericOutcome(engine, state, rolling)
    : toOutcome(engine, state, rollback));
  state.stopHeartbeat();
  journal?.write({ kind: 'outcome', deployment, outcome, summary });
  events.emit('deployment:end', { deployment, outcome, summary });
  return { state, outcome, summary };
}

/** A run that ended well, or was put back, is not gone on with: its tasks are no longer what the journal says. */
function isOver(ended: OutcomeKind, rollback = false): boolean {
  const over: readonly OutcomeKind[] = ['nothing', 'blocked', 'failed', 'unreachable', 'rolled-back', 'interrupted'];
  return rollback ? over.slice(0, 4).includes(ended) : [...over, 'done'].includes(ended);
}

async function genericOutcome(engine: Engine, state: DeploymentState, rolling: Rolling): Promise<Ended> {
  try {
    return await runGeneric(engine, state, rolling);
  } catch (thrown) {
    return withoutUndo(engine, state, { task: '', name: 'pgup itself', failed: [], error: asPgupError(thrown) });
  }
}

async function toOutcome(engine: Engine, state: DeploymentState, rollback = false): Promise<Ended> {
  try {
    const why = rollback ? 'put back on request' : state.undoing;
    if (why !== undefined) return await goBack(engine, state, why);
    const ended = await forwards(engine, state);
    return ended.kind === 'failure' ? await afterFailure(engine, state, ended.failure) : ended;
  } catch (thrown) {
    // A bug of ours in the middle of an upgrade is a failure like any other: what was done must still be put back.
    const error = asPgupError(thrown);
    return afterFailure(engine, state, { task: '', name: 'pgup itself', failed: [], error });
  }
}

/** Going back needs the claim first: an earlier controller that still lives must lose before anything is taken back. */
async function goBack(engine: Engine, state: DeploymentState, why: string): Promise<Ended> {
  const failure: TaskFailure = { task: '', name: why, failed: [], error: new PgupError('rolled-back', why) };
  if (state.noReturn === 'passed') return writeLetter({ engine, state, failure, outcome: 'held' });
  await claimHosts({ engine, state });
  return afterFailure(engine, state, failure);
}

type Forwards = (Ended & { readonly kind: 'ended' }) | { readonly kind: 'failure'; readonly failure: TaskFailure };

async function forwards(engine: Engine, state: DeploymentState): Promise<Forwards> {
  let firstFailure: TaskFailure | undefined;
  for (const play of state.planned.plays) {
    if (engine.stop.aborted && state.windowOpened === undefined && !engine.check) {
      const error = new PgupError('interrupted', 'interrupted before anything was stopped');
      return { kind: 'failure', failure: { task: '', name: play.play.name, failed: [], error } };
    }
    const late = windowTooLong(engine, state);
    if (late) return { kind: 'failure', failure: { task: '', name: play.play.name, failed: [], error: late } };
    engine.events.emit('play:start', { deployment: state.planned.name, play: play.play.name, undo: false });
    const ended = await runPlay({ engine, state, planned: play });
    if (ended.kind === 'finished') return { kind: 'ended', outcome: 'nothing', summary: ended.reason };
    if (ended.kind === 'failed') {
      // Check mode shows everything that a run would do and everything in its way, not only the first of them.
      if (!engine.check || !isFinding(ended.failure) || state.knowledge.shared['upgrade'] === undefined) {
        return { kind: 'failure', failure: firstFailure ?? ended.failure };
      }
      firstFailure ??= ended.failure;
    }
  }
  if (firstFailure) return { kind: 'failure', failure: firstFailure };
  return { kind: 'ended', ...wentWell(engine, state) };
}

/**
 * A window that has become longer than is allowed (`windowLimit`, seconds) is given up, as long as there is a way back.
 * Looked at between plays: a step that runs is never cut, because what it leaves would take longer to clean up.
 */
function windowTooLong(engine: Engine, state: DeploymentState): PgupError | undefined {
  const limit = state.knowledge.shared['windowLimit'];
  if (typeof limit !== 'number' || state.windowOpened === undefined || state.noReturn !== 'ahead') return undefined;
  const open = state.windowLength(engine.now()) / 1000;
  if (open <= limit) return undefined;
  return new PgupError('deadline', `the window is open for ${Math.round(open)} s, and ${limit} s were allowed`, {
    next: 'give pgup_max_downtime more, or find out above what took so long',
  });
}

/** What a failure leads to: nothing to take back, put back, or held as it stands. */
async function afterFailure(engine: Engine, state: DeploymentState, failure: TaskFailure): Promise<Ended> {
  const { error } = failure;
  if (engine.check) return withoutUndo(engine, state, failure);
  if (engine.park.aborted || failure.failed.some((each) => each.outcome.status === 'unknown')) {
    return writeLetter({ engine, state, failure, outcome: 'unknown' });
  }
  if (state.noReturn === 'maybe') await settleNoReturn(engine, state);
  if (state.noReturn !== 'ahead') return writeLetter({ engine, state, failure, outcome: 'held' });
  if (state.touched.length === 0) {
    await releaseHosts({ engine, state });
    return withoutUndo(engine, state, failure);
  }
  const undone = await undoDeployment(engine, state, failure);
  if (undone.kind === 'failed') {
    return writeLetter({ engine, state, failure, outcome: 'undo-failed', undo: undone.failure });
  }
  // A host that was not reached is not put back, and may hold the database: nobody is told that the old version serves.
  // The others stay locked with it, so that no other run begins on half of a deployment.
  const left = undone.unreachable.length > 0 ? undone.unreachable : await releaseHosts({ engine, state });
  if (left.length > 0) return writeLetter({ engine, state, failure, outcome: 'unknown', unreachable: left });
  return writeLetter({ engine, state, failure, outcome: error.code === 'interrupted' ? 'interrupted' : 'rolled-back' });
}

/** Only the host knows whether a marker whose writing was cut off is there. No answer counts as yes. */
async function settleNoReturn(engine: Engine, state: DeploymentState): Promise<void> {
  const host = state.noReturnHost;
  if (host === undefined) return;
  try {
    state.noReturn = (await markerIsThere(await engine.openShell(host, 'root'))) ? 'passed' : 'ahead';
  } catch (thrown) {
    const text = `${host} cannot be asked for its marker, which counts as passed: ${asPgupError(thrown).message}`;
    engine.events.emit('note', { level: 'warning', text });
  }
}

function withoutUndo(engine: Engine, state: DeploymentState, failure: TaskFailure): Ended {
  const { error, failed } = failure;
  if (failed.some((each) => each.outcome.findings.length > 0)) {
    return { outcome: 'blocked', summary: 'something is in the way; nothing was changed' };
  }
  const status = failed[0]?.outcome.status ?? statusOf(error);
  const outcome = error.code === 'interrupted' ? 'interrupted' : status;
  switch (outcome) {
    case 'unreachable':
    case 'unknown':
    case 'interrupted':
      return writeLetter({ engine, state, failure, outcome });
    default:
      return writeLetter({ engine, state, failure, outcome: 'failed' });
  }
}
