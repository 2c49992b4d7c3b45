import type { DeploymentState } from './deployment-state.ts';
import type { StampedEntry } from './journal.ts';

/**
 * Brings a deployment's state back from the journal of a run that ended in the middle: what was done is not done again,
 * what was begun is known to have been begun, and a job that was left running is known by its id.
 */
export function recall(state: DeploymentState, entries: readonly StampedEntry[]): void {
  const mine = entries
    .filter((entry) => 'deployment' in entry && entry.deployment === state.planned.name)
    .sort((one, other) => one.n - other.n);
  state.knowledge.recall(mine);
  for (const entry of mine) recallEntry(state, entry);
}

function recallEntry(state: DeploymentState, entry: StampedEntry): void {
  switch (entry.kind) {
    case 'step-intent': {
      const { task, host, step, says, job: id } = entry;
      if (entry.changes && !isUndo(task)) state.touch(task, host);
      if (id !== undefined) {
        state.openJobs.set(`${task} ${host}`, { id, step, says, waits: entry.waits === true });
        state.jobs.add(id);
      }
      break;
    }
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
      state.noReturnHost = entry.host;
      break;
    case 'window':
      if (entry.state === 'open') state.windowOpened = entry.at;
      else if (state.windowOpened !== undefined) state.downtime = entry.at - state.windowOpened;
      break;
    case 'undo':
      state.undoing = entry.why;
      break;
    case 'outcome':
      state.ended = entry;
      break;
    case 'claim':
      state.lastToken = Math.max(state.lastToken, entry.token);
      state.held = true;
      state.ended = undefined;
      break;
    case 'released':
      state.held = entry.left.length > 0;
      break;
    case 'deployment':
    case 'task-intent':
    case 'learned':
    case 'run':
    case 'end':
      break;
  }
}

/** Taking back is not taken back. */
function isUndo(task: string): boolean {
  return task.includes('.undo.');
}

const WELL: ReadonlySet<string> = new Set(['ok', 'changed', 'skipped', 'ignored']);
