import type { HostStatus, OutcomeKind } from '../events.ts';
import type { Value } from '../inventory/inventory.ts';
import { render } from '../playbook/expressions.ts';
import type { PlannedPlay } from '../playbook/plan.ts';
import { failuresAllowed, hostBatches } from './batches.ts';
import type { DeploymentState, Engine } from './deployment-state.ts';
import { factsTask } from './gather-facts.ts';
import { runBatch } from './generic-play.ts';
import { hostScope } from './host-scope.ts';
import type { TaskFailure } from './play.ts';
import { wentWell, type Ended } from './went-well.ts';

/** What the command line says of how hosts follow one another in a generic playbook. */
export interface Rolling {
  /** `--serial`, in the place of what plays say; empty: not given. */
  readonly serial: readonly string[];
  /** `--max-failures`: beyond it no further host is begun. Undefined: as Ansible does it, batch by batch. */
  readonly maxFailures: string | undefined;
}

/**
 * A generic playbook as Ansible runs it: play after play, batch after batch, each host with its own fate. It ends where
 * a whole batch has failed, where a play says so, and where more hosts failed than were allowed.
 */
export async function runGeneric(engine: Engine, state: DeploymentState, rolling: Rolling): Promise<Ended> {
  const out = new Set<string>();
  const failures: TaskFailure[] = [];
  for (const planned of state.planned.plays) {
    if (engine.stop.aborted) break;
    engine.events.emit('play:start', { deployment: state.planned.name, play: planned.name, undo: false });
    let over = false;
    for (const batch of hostBatches(planned.hosts, sizesOf(planned, { engine, state, rolling }))) {
      const before = batch.filter((host) => out.has(host)).length;
      const end = await runBatch({ engine, state, planned, batch, out });
      failures.push(...end.failures);
      const failed = batch.filter((host) => out.has(host)).length - before;
      over = end.fatal || failed === batch.length || isSpent(rolling, out, state) || engine.stop.aborted;
      if (over) break;
    }
    if (over) break;
  }
  return endOf({ engine, state, out, failures });
}

function isSpent({ maxFailures }: Rolling, out: ReadonlySet<string>, { planned }: DeploymentState): boolean {
  return maxFailures !== undefined && out.size > failuresAllowed(maxFailures, planned.hosts.length);
}

interface Sizing {
  readonly engine: Engine;
  readonly state: DeploymentState;
  readonly rolling: Rolling;
}

function sizesOf({ play, hosts }: PlannedPlay, { engine, state, rolling }: Sizing): readonly Value[] {
  const [host] = hosts;
  if (rolling.serial.length > 0 || host === undefined) return rolling.serial;
  const scope = hostScope({ engine, state, host, task: factsTask(play), extra: new Map() });
  return play.keywords.serial.flatMap((each) => {
    const value = render(each, scope);
    return Array.isArray(value) ? (value as readonly Value[]) : [value];
  });
}

interface End {
  readonly engine: Engine;
  readonly state: DeploymentState;
  readonly out: ReadonlySet<string>;
  readonly failures: readonly TaskFailure[];
}

function endOf(end: End): Ended {
  const { engine, state, out, failures } = end;
  if (engine.stop.aborted) {
    return { outcome: 'interrupted', summary: 'interrupted: no further task was started' };
  }
  if (out.size === 0) return wentWell(engine, state);
  const outcome = worst(failures);
  const { length } = state.planned.hosts;
  const summary = `${out.size} of ${length} host${length === 1 ? '' : 's'} ${outcome === 'failed' ? 'failed' : `failed or ${outcome === 'unknown' ? 'lost the line' : 'could not be reached'}`}`;
  writeFailure(end, failures[0], summary);
  return { outcome, summary };
}

/** As exit codes go: what is unknown or was not reached before what failed. */
function worst(failures: readonly TaskFailure[]): Extract<OutcomeKind, 'failed' | 'unreachable' | 'unknown'> {
  const seen = new Set<HostStatus>(failures.flatMap(({ failed }) => failed.map((each) => each.outcome.status)));
  return seen.has('unknown') ? 'unknown' : seen.has('unreachable') ? 'unreachable' : 'failed';
}

/** What failed where, each task once; what stands; and the command for those that are left. */
function writeFailure(end: End, first: TaskFailure | undefined, summary: string): void {
  const { engine, state, out, failures } = end;
  const lines = failures.flatMap(({ name, failed }) =>
    failed.map(({ host, outcome }) => `${host}: "${name}": ${outcome.error?.message ?? outcome.says}`),
  );
  const rest = state.planned.hosts.filter((host) => !out.has(host));
  const next = failures.flatMap(({ error }) => (error.next === undefined ? [] : [error.next]));
  engine.events.emit('letter', {
    deployment: state.planned.name,
    code: first?.error.code ?? 'task-failed',
    host: [...out][0],
    happened: [summary, ...lines].join('\n'),
    stands: [
      rest.length > 0 ? `done on ${rest.join(', ')}` : 'done to its end on no host',
      'what was changed before is not taken back: a generic playbook has no undo',
    ],
    next: [
      ...new Set(next),
      `when the cause is gone, for these hosts: the same command with --limit ${[...out].join(',')}`,
    ],
  });
}
