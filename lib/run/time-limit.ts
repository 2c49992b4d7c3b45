import type { Step } from '../modules/module.ts';
import type { Command, Query, Result } from '../shell/host-shell.ts';
import { sh } from '../shell/sh.ts';

/** How long what a task tells its host may take (`timeout`), all of it together. */
export interface TimeLimit {
  readonly seconds: number;
  query(query: Query): Query;
  step<Kind extends Step>(step: Kind): Kind;
  /** Whether it was the limit that ended this. */
  isOver(result: Result): boolean;
}

/**
 * The host itself ends what takes too long: to hang up on it would leave it running. Its shell runs under `timeout`,
 * which ends what was started by it, too; after five more seconds with SIGKILL.
 */
export function timeLimit(milliseconds: number | undefined, now: () => number): TimeLimit {
  if (milliseconds === undefined) {
    return { seconds: 0, query: (query) => query, step: (step) => step, isOver: () => false };
  }
  const end = now() + milliseconds;
  const left = (): number => Math.max(1, end - now());
  const within = (command: Command): Command => sh`timeout -k 5 ${Math.ceil(left()) / 1000} /bin/sh -c ${command.text}`;
  return {
    seconds: milliseconds / 1000,
    query: (query) => ({ ...query, command: within(query.command) }),
    step: (step) => {
      switch (step.kind) {
        case 'change':
        case 'job':
        case 'ask':
          return { ...step, command: within(step.command) };
        case 'wait':
        case 'http':
        case 'tcp':
          return { ...step, deadline: Math.min(step.deadline, left()) };
        default:
          return step;
      }
    },
    isOver: ({ ending }) => now() >= end && ending.kind === 'exited' && ending.code !== 0,
  };
}
