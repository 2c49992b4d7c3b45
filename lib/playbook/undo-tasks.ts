import type { Play, Task } from './playbook.ts';

/**
 * The tasks that take a task back, as they are carried out: as the user, with the environment and the variables that it
 * had, hidden by `no_log` where it was, unless they say otherwise themselves. Its conditions, and that its failure may be
 * ignored, are not theirs: what was done is taken back, and a failure of that must be seen.
 *
 * @param forward with everything that it inherits from its play and blocks
 */
export function undoTasksOf(forward: Task, plays: readonly Play[]): readonly Task[] {
  const { keywords: outer } = forward;
  const ofPlays = plays.flatMap((play) => [...play.keywords.vars]);
  return (forward.undo ?? []).map((undo) => {
    const { keywords: own } = undo;
    const keywords = {
      ...own,
      vars: new Map([...ofPlays, ...outer.vars, ...own.vars]),
      become: own.become ?? outer.become,
      becomeUser: own.becomeUser ?? outer.becomeUser,
      becomeMethod: own.becomeMethod ?? outer.becomeMethod,
      remoteUser: own.remoteUser ?? outer.remoteUser,
      environment: [...outer.environment, ...own.environment],
      noLog: own.noLog ?? outer.noLog,
    };
    return { ...undo, keywords };
  });
}
