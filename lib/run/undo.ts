import { inheritPlay } from '../playbook/inherit.ts';
import { walkTasks } from '../playbook/playbook.ts';
import { undoTasksOf } from '../playbook/undo-tasks.ts';
import type { DeploymentState, Engine } from './deployment-state.ts';
import { endOpenJobs } from './end-jobs.ts';
import type { TaskFailure } from './play.ts';
import { runTaskOnHosts } from './run-task.ts';
import { isBad } from './outcome.ts';

export type UndoEnd =
  /** A second interrupt, or a line that stays lost: what is under way on the hosts goes on. */
  | { readonly kind: 'parked' }
  | { readonly kind: 'undone'; readonly unreachable: readonly string[] }
  | { readonly kind: 'failed'; readonly failure: TaskFailure };

/**
 * Puts a deployment back: the `undo` of every task that changed something, newest first, on the hosts that it changed.
 * A host that cannot be reached is left and listed, because service on the others is worth more than order; an undo
 * that fails on a host that answers stops everything, because what comes after it was meant to stand on it.
 */
export async function undoDeployment(engine: Engine, state: DeploymentState, failure: TaskFailure): Promise<UndoEnd> {
  const deployment = state.planned.name;
  const { events } = engine;
  state.undoing ??= failure.error.message;
  state.write({ kind: 'undo', deployment, why: state.undoing });
  events.emit('play:start', { deployment, play: `Put back: "${failure.name}" failed`, undo: true });
  const plays = state.planned.plays.map(({ play }) => play);
  const tasks = new Map(plays.flatMap((play) => walkTasks(inheritPlay(play).tasks)).map((task) => [task.id, task]));
  const jobs = await endOpenJobs(engine, state);
  if (jobs.kind === 'failed') {
    return { kind: 'failed', failure: { task: '', name: 'ending what is under way', failed: [], error: jobs.error } };
  }
  const unreachable = new Set(jobs.unreachable);
  for (const { task: id, hosts } of [...state.touched].reverse()) {
    const forward = tasks.get(id);
    for (const task of forward ? undoTasksOf(forward, plays) : []) {
      if (engine.park.aborted) return { kind: 'parked' };
      const meant = [...hosts].filter((host) => !unreachable.has(host));
      const outcomes = await runTaskOnHosts({ engine, state, task, hosts: meant, undo: true });
      const failed = [...outcomes].filter(([, one]) => isBad(one)).map(([host, outcome]) => ({ host, outcome }));
      for (const { host, outcome } of failed) if (outcome.status !== 'failed') unreachable.add(host);
      const broken = failed.find(({ outcome }) => outcome.status === 'failed');
      if (broken?.outcome.error) {
        return { kind: 'failed', failure: { task: task.id, name: id, failed, error: broken.outcome.error } };
      }
    }
  }
  return { kind: 'undone', unreachable: [...unreachable] };
}
