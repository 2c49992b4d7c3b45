import type { Block, Play, SharedKeywords, Task, TaskOrBlock } from './playbook.ts';

/** What is handed down to a task: the words of its play and of its blocks. */
type Lineage = Pick<Task, 'when' | 'notify' | 'delegateTo' | 'runOnce' | 'keywords'>;

/** The parts of a play that are run, each task with everything that it inherits written into it. */
export interface InheritedPlay {
  readonly tasks: readonly TaskOrBlock[];
  readonly handlers: readonly Task[];
}

/**
 * Ansible's inheritance: of most words the innermost counts; `when`, `notify`, `tags` and `environment` add up, the
 * outermost first; of `vars` the inner one of a name wins. Conditions of a block are those of each of its tasks.
 */
export function inheritPlay({ tasks, handlers, keywords }: Play): InheritedPlay {
  const top: Lineage = { when: [], notify: [], delegateTo: undefined, runOnce: keywords.runOnce, keywords };
  return {
    tasks: tasks.map((item) => inherit(item, top)),
    handlers: handlers.map((handler) => inheritTask(handler, top)),
  };
}

function inherit(item: TaskOrBlock, outer: Lineage): TaskOrBlock {
  if (item.kind === 'task') return inheritTask(item, outer);
  const own = joined(item, outer);
  const inside = (list: readonly TaskOrBlock[]): readonly TaskOrBlock[] => list.map((each) => inherit(each, own));
  const block: Block = { ...item, block: inside(item.block), rescue: inside(item.rescue), always: inside(item.always) };
  return Object.freeze(block);
}

function inheritTask(task: Task, outer: Lineage): Task {
  return Object.freeze({ ...task, ...joined(task, outer) });
}

function joined(own: Lineage, outer: Lineage): Lineage {
  return {
    when: [...outer.when, ...own.when],
    notify: [...outer.notify, ...own.notify],
    delegateTo: own.delegateTo ?? outer.delegateTo,
    runOnce: own.runOnce ?? outer.runOnce,
    keywords: joinedKeywords(own.keywords, outer.keywords),
  };
}

function joinedKeywords(own: SharedKeywords, outer: SharedKeywords): SharedKeywords {
  return Object.freeze({
    vars: own.vars.size === 0 ? outer.vars : new Map([...outer.vars, ...own.vars]),
    become: own.become ?? outer.become,
    becomeUser: own.becomeUser ?? outer.becomeUser,
    becomeMethod: own.becomeMethod ?? outer.becomeMethod,
    remoteUser: own.remoteUser ?? outer.remoteUser,
    environment: [...outer.environment, ...own.environment],
    tags: [...new Set([...outer.tags, ...own.tags])],
    ignoreErrors: own.ignoreErrors ?? outer.ignoreErrors,
    checkMode: own.checkMode ?? outer.checkMode,
    noLog: own.noLog ?? outer.noLog,
    anyErrorsFatal: own.anyErrorsFatal ?? outer.anyErrorsFatal,
    timeout: own.timeout ?? outer.timeout,
  });
}
