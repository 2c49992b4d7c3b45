import type { StampedEntry } from '../../lib/run/journal.ts';

/** What a task is called, by its number in the frozen plan. */
export type TaskNames = ReadonlyMap<string, string>;

/**
 * One entry of a journal as a line: when (UTC), which deployment, which host, what. `learned` has none of its own: what
 * a task found out stands in the journal file whole, and would bury what was done.
 */
export function journalLine(entry: StampedEntry, tasks: TaskNames): string | undefined {
  const what = words(entry, tasks);
  if (what === undefined) return undefined;
  const deployment = 'deployment' in entry ? ` ${entry.deployment}` : '';
  const host = 'host' in entry && entry.host !== undefined ? ` ${entry.host}` : '';
  const where = deployment === '' ? '' : `${deployment}${host}:`;
  return `${new Date(entry.at).toISOString()}${where} ${what}`;
}

function words(entry: StampedEntry, tasks: TaskNames): string | undefined {
  const named = (task: string): string =>
    `task ${[task, tasks.get(task)].filter((each) => each !== undefined).join(' ')}`;
  switch (entry.kind) {
    case 'run':
      return `run ${entry.run} begins, or is gone on with: ${entry.playbook} on ${entry.sources.join(' ')}`;
    case 'deployment':
      return 'begins';
    case 'claim':
      return `locked for ${entry.owner}, token ${entry.token}`;
    case 'released':
      return entry.left.length === 0 ? 'unlocked' : `unlocked, but for ${entry.left.join(' ')}, not reached`;
    case 'task-intent':
      return named(entry.task);
    case 'step-intent':
      return `  ${entry.changes ? 'will' : 'looks:'} ${entry.says}${entry.job === undefined ? '' : ` (job ${entry.job})`}`;
    case 'step-outcome':
      return `  step ${entry.step}: ${entry.outcome}`;
    case 'learned':
      return undefined;
    case 'task-outcome':
      return `${named(entry.task)}: ${entry.status}`;
    case 'no-return-intent':
      return 'will write the marker: the point of no return is next';
    case 'no-return':
      return 'the point of no return is passed';
    case 'window':
      return entry.state === 'open' ? 'the window opens: Nautobot is down' : 'the window is closed';
    case 'undo':
      return `is put back: ${entry.why}`;
    case 'outcome':
      return `${entry.outcome}: ${entry.summary}`;
    case 'end':
      return `the run ends with exit code ${entry.exitCode}`;
  }
}
