import type { DeploymentState } from './deployment-state.ts';
import type { StampedEntry } from './journal.ts';

/**
 * Brings a deployment's state back from the journal of a run that ended in the middle: what was done is not done again,
 * what was begun is known to have been begun, and a job that was left running is known by its id.
 */
export function recall(state: DeploymentState, entries: readonly StampedEntry[]): void {
  const mine = entries.filter((entry) => 'deployment' in entry && entry.deployment === state.planned.name);
  state.knowledge.recall(mine);
  for (const entry of mine) {
    switch (entry.kind) {
      case 'step-intent':
        if (entry.changes) state.touch(entry.task, entry.host);
        if (entry.job !== undefined) {
          state.openJobs.set(`${entry.task} ${entry.host}`, entry.job);
          state.jobs.add(entry.job);
        }
        break;
      case 'step-outcome':
        state.openJobs.delete(`${entry.task} ${entry.host}`);
        break;
      case 'task-outcome':
        if (WELL.has(entry.status)) state.done.add(`${entry.task} ${entry.host}`);
        break;
      case 'no-return-intent':
        state.noReturn = 'maybe';
        state.noReturnHost = entry.host;
        break;
      case 'no-return':
        state.noReturn = 'passed';
        break;
      case 'window':
        if (entry.state === 'open') state.windowOpened = entry.at;
        else if (state.windowOpened !== undefined) state.downtime = entry.at - state.windowOpened;
        break;
      case 'undo':
        state.undoing = entry.why;
        break;
      case 'outcome':
        state.ended = entry.outcome;
        break;
      case 'claim':
      case 'released':
      case 'deployment':
      case 'task-intent':
      case 'learned':
      case 'run':
      case 'end':
        break;
    }
  }
}

const WELL: ReadonlySet<string> = new Set(['ok', 'changed', 'skipped', 'ignored']);
