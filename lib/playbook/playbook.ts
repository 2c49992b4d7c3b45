import type { Position } from '../errors.ts';
import type { Value } from '../inventory/inventory.ts';
import type { Places } from '../inventory/places.ts';

/** A playbook as read: typed, with positions, nothing evaluated. */
export interface Playbook {
  readonly kind: 'playbook';
  readonly file: string;
  /** `upgrade`: has `undo` or `point_of_no_return` and runs per deployment under a claim; else `generic`. */
  readonly flavour: 'upgrade' | 'generic';
  readonly plays: readonly Play[];
}

export interface Play {
  readonly kind: 'play';
  readonly name: string;
  readonly hosts: Template;
  readonly tasks: readonly TaskOrBlock[];
  readonly handlers: readonly Task[];
  readonly keywords: PlayKeywords;
  readonly at: Position;
}

/** What tasks inherit from their play and blocks. Undefined: not given. */
export interface SharedKeywords {
  readonly vars: ReadonlyMap<string, Template>;
  readonly become: Template | undefined;
  readonly becomeUser: Template | undefined;
  readonly becomeMethod: Template | undefined;
  readonly remoteUser: Template | undefined;
  readonly environment: readonly Template[];
  readonly tags: readonly string[];
  readonly ignoreErrors: Template | undefined;
  readonly checkMode: Template | undefined;
  readonly noLog: Template | undefined;
  readonly anyErrorsFatal: Template | undefined;
  readonly timeout: Template | undefined;
}

export interface PlayKeywords extends SharedKeywords {
  readonly varsFiles: readonly Template[];
  readonly gatherFacts: Template | undefined;
  readonly serial: readonly Template[];
  readonly maxFailPercentage: Template | undefined;
  readonly runOnce: Template | undefined;
}

export type TaskOrBlock = Task | Block;

export interface Block {
  readonly kind: 'block';
  readonly name: string | undefined;
  readonly when: readonly Expression[];
  readonly block: readonly TaskOrBlock[];
  readonly rescue: readonly TaskOrBlock[];
  readonly always: readonly TaskOrBlock[];
  /** What every task of the block has that does not say otherwise. */
  readonly notify: readonly string[];
  readonly delegateTo: Template | undefined;
  readonly runOnce: Template | undefined;
  readonly keywords: SharedKeywords;
  readonly at: Position;
}

export interface Task {
  readonly kind: 'task';
  /** `<play number>.<task number>`, stable for a given playbook text: the journal's key. Undo tasks: `….undo.<n>`. */
  readonly id: string;
  readonly name: Template | undefined;
  /** The module's own name, without `ansible.builtin.`. */
  readonly module: string;
  /** Arguments as written: a mapping, values templated. A free-form argument stands under the module's `freeForm`. */
  readonly arguments: Template;
  /** Those arguments that are expressions without `{{ }}`, such as what `assert` asserts. */
  readonly argumentExpressions: readonly Expression[];
  readonly when: readonly Expression[];
  readonly register: string | undefined;
  readonly loop: Template | undefined;
  readonly loopVar: string;
  /** The variable that counts the items from 0. */
  readonly indexVar: string | undefined;
  /** What is shown of an item instead of all of it. */
  readonly loopLabel: Template | undefined;
  readonly until: readonly Expression[];
  readonly retries: Template | undefined;
  readonly delay: Template | undefined;
  readonly changedWhen: readonly Expression[] | undefined;
  readonly failedWhen: readonly Expression[] | undefined;
  readonly runOnce: Template | undefined;
  readonly delegateTo: Template | undefined;
  readonly notify: readonly string[];
  /** What takes this task back, run newest first when the deployment is put back. Undefined: nothing to take back. */
  readonly undo: readonly Task[] | undefined;
  /** After this task the deployment is not put back any more. */
  readonly pointOfNoReturn: boolean;
  readonly keywords: SharedKeywords;
  readonly at: Position;
}

/** All tasks of a list, those in blocks, rescue and always among them, in the order they are written. */
export function walkTasks(list: readonly TaskOrBlock[]): readonly Task[] {
  return list.flatMap((each) =>
    each.kind === 'task' ? [each] : [...walkTasks(each.block), ...walkTasks(each.rescue), ...walkTasks(each.always)],
  );
}

/** All tasks of a list as `walkTasks`, and after each the tasks that take it back. */
export function allTasks(list: readonly TaskOrBlock[]): readonly Task[] {
  return walkTasks(list).flatMap((task) => [task, ...(task.undo ?? [])]);
}

/** A YAML value with `{{ }}` in its strings, not yet rendered. */
export interface Template {
  readonly kind: 'template';
  readonly source: Value;
  /** True where rendering needs no variables: `render` gives `source`. */
  readonly constant: boolean;
  readonly at: Position;
  /** Where the parts of `source` stand, where that is known. */
  readonly places?: Places | undefined;
}

/** A parsed Jinja expression with the text and the place it came from. */
export interface Expression {
  readonly kind: 'expression';
  readonly text: string;
  readonly at: Position;
  /** The position of the character at an offset of `text`. */
  readonly locate?: ((offset: number) => Position) | undefined;
}

/** Looks up a name for expressions; `undefined` is Ansible's undefined. */
export interface Scope {
  lookup(name: string): Value | undefined;
  /** All names that could be meant, for "did you mean". */
  names(): Iterable<string>;
}
