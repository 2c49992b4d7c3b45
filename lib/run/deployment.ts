import { asPgupError, PgupError } from '../errors.ts';
import type { OutcomeKind } from '../events.ts';
import type { PlannedDeployment } from '../playbook/plan.ts';
import { DeploymentState, type Engine } from './deployment-state.ts';
import { releaseHosts, tellTheRest } from './claim.ts';
import { runGeneric, type Rolling } from './generic-run.ts';
import type { StampedEntry } from './journal.ts';
import { writeLetter } from './letter.ts';
import { askNoReturn } from './marker.ts';
import { statusOf } from './outcome.ts';
import { recall } from './recall.ts';
import { isFinding, runPlay, type TaskFailure } from './play.ts';
import { takeUp } from './take-up.ts';
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
  const { events } = engine;
  const deployment = planned.name;
  let state = new DeploymentState(planned, engine.journal);
  if (before) {
    recall(state, before);
    const over = endedBefore(state, rollback);
    if (over) return { state, ...over };
    // What was never claimed was never changed: what was learned of it then may not be so any more.
    if (!state.held && state.touched.length === 0) state = new DeploymentState(planned, engine.journal);
  }
  state.write({ kind: 'deployment', deployment });
  events.emit('deployment:start', { deployment, hosts: planned.hosts });
  const refused = before && engine.flavour === 'upgrade' ? await notTakenUp({ engine, state, before }) : undefined;
  const { outcome, summary } =
    refused ??
    (await (engine.flavour === 'generic'
      ? genericOutcome(engine, state, rolling)
      : toOutcome({ engine, state, rollback })));
  state.stopHeartbeat();
  // A run that was not taken over goes on to be what it is: it has not ended here.
  if (!refused) {
    state.write({ kind: 'outcome', deployment, outcome, summary });
    if (outcome !== 'handed-over') await tellTheRest({ engine, state });
  }
  events.emit('deployment:end', { deployment, outcome, summary });
  return { state, outcome, summary };
}

/** A deployment that no host is locked for any more is not gone on with: its journal is no longer what is so. */
function endedBefore({ held, ended, lastToken, noReturn }: DeploymentState, rollback = false): Ended | undefined {
  if (held || !ended) return undefined;
  const { outcome } = ended;
  if (rollback && outcome === 'done' && noReturn === 'ahead') return undefined;
  const again: readonly OutcomeKind[] = ['unreachable', 'unknown', 'interrupted', 'not-started'];
  if (lastToken === 0 && again.includes(outcome)) return undefined;
  if (rollback && outcome === 'done') return undefined;
  return { outcome, summary: `ended before: ${ended.summary}` };
}

async function genericOutcome(engine: Engine, state: DeploymentState, rolling: Rolling): Promise<Ended> {
  try {
    return await runGeneric(engine, state, rolling);
  } catch (thrown) {
    return withoutUndo(engine, state, { task: '', name: 'pgup itself', failed: [], error: asPgupError(thrown) });
  }
}

/** Takes the run over from an earlier controller. Where that fails nothing is done and nothing put back. */
async function notTakenUp(way: Parameters<typeof takeUp>[0]): Promise<Ended | undefined> {
  try {
    await takeUp(way);
    return undefined;
  } catch (thrown) {
    const error = asPgupError(thrown);
    const status = statusOf(error);
    const outcome =
      error.code === 'handed-over'
        ? 'handed-over'
        : status === 'unreachable' || status === 'unknown'
          ? status
          : 'failed';
    const failure: TaskFailure = { task: '', name: 'taking the run over', failed: [], error };
    return writeLetter({ ...way, failure, outcome, takenUp: false });
  }
}

interface Way {
  readonly engine: Engine;
  readonly state: DeploymentState;
  readonly rollback: boolean | undefined;
}

async function toOutcome({ engine, state, rollback = false }: Way): Promise<Ended> {
  try {
    const why = rollback ? 'put back on request' : state.undoing;
    if (why !== undefined) return await goBack(engine, state, { why, rollback });
    const ended = await forwards(engine, state);
    if (ended.kind === 'failure') return await afterFailure(engine, state, ended.failure);
    await releaseHosts({ engine, state });
    return ended;
  } catch (thrown) {
    // A bug of ours in the middle of an upgrade is a failure like any other: what was done must still be put back.
    const error = asPgupError(thrown);
    return afterFailure(engine, state, { task: '', name: 'pgup itself', failed: [], error });
  }
}

/** The claim is there already: an earlier controller that still lives has lost before anything is taken back. */
async function goBack(
  engine: Engine,
  state: DeploymentState,
  { why, rollback }: { why: string; rollback: boolean },
): Promise<Ended> {
  const failure: TaskFailure = { task: '', name: why, failed: [], error: new PgupError('rolled-back', why) };
  if (state.touched.length === 0 && rollback) {
    await releaseHosts({ engine, state });
    return { outcome: 'nothing', summary: 'this run has changed nothing that could be put back' };
  }
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
  const handedOver = handedOverIn(state, failure);
  // The loser takes nothing back and lets go of nothing: whoever has the run now knows more.
  if (handedOver) return writeLetter({ engine, state, failure: handedOver, outcome: 'handed-over' });
  if (engine.park.aborted || failure.failed.some((each) => each.outcome.status === 'unknown')) {
    return writeLetter({ engine, state, failure, outcome: 'unknown' });
  }
  if (!state.claim) return withoutUndo(engine, state, failure);
  const contradiction = state.noReturn === 'ahead' ? undefined : await settleNoReturn(engine, state);
  if (state.noReturn !== 'ahead') return writeLetter({ engine, state, failure, outcome: 'held', contradiction });
  if (state.touched.length === 0) {
    await releaseHosts({ engine, state });
    return withoutUndo(engine, state, failure);
  }
  const undone = await undoDeployment(engine, state, failure);
  switch (undone.kind) {
    case 'failed': {
      const lost = handedOverIn(state, undone.failure);
      if (lost) return writeLetter({ engine, state, failure: lost, outcome: 'handed-over' });
      return writeLetter({ engine, state, failure, outcome: 'undo-failed', undo: undone.failure });
    }
    case 'parked':
      return writeLetter({ engine, state, failure, outcome: 'unknown' });
    case 'undone': {
      // A host that was not reached is not put back, and may hold the database: nobody is told that the old version
      // serves. The others stay locked with it, so that no other run begins on half of a deployment.
      const left = undone.unreachable.length > 0 ? undone.unreachable : await releaseHosts({ engine, state });
      if (left.length > 0) return writeLetter({ engine, state, failure, outcome: 'unknown', unreachable: left });
      const outcome = error.code === 'interrupted' ? 'interrupted' : 'rolled-back';
      return writeLetter({ engine, state, failure, outcome });
    }
  }
}

/** The failure that says that another controller has the run, wherever it was heard of. */
function handedOverIn({ handedOver }: DeploymentState, failure: TaskFailure): TaskFailure | undefined {
  const told = [failure.error, ...failure.failed.map(({ outcome }) => outcome.error)];
  const heard: unknown = handedOver.signal.reason;
  const error = told.find((each) => each?.code === 'handed-over') ?? (heard instanceof PgupError ? heard : undefined);
  return error && { ...failure, error };
}

/** Only the host knows whether a marker whose writing was cut off is there. No answer counts as yes. */
async function settleNoReturn(engine: Engine, state: DeploymentState): Promise<string | undefined> {
  const host = state.noReturnHost;
  if (host === undefined) return undefined;
  try {
    const { noReturn, why } = await askNoReturn(engine, state, host);
    state.noReturn = noReturn;
    return why;
  } catch (thrown) {
    return `${host} cannot be asked for its marker, which counts as passed: ${asPgupError(thrown).message}`;
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
