import type { Inventory } from '../inventory/inventory.ts';
import { learnedBy } from './check-names.ts';
import { namesUsed } from './expressions.ts';
import { LEARNED_NAMES } from './magic-names.ts';
import { allTasks, type Expression, type Play, type Task, type TaskOrBlock, type Template } from './playbook.ts';

/** One task as `pgup plan` shows it. */
export interface PlannedTask {
  readonly kind: 'planned-task';
  readonly id: string;
  /** As written; expressions in it are not rendered. */
  readonly name: string;
  readonly module: string;
  /** The task as read. */
  readonly task: Task;
  readonly hosts: readonly string[];
  /** The names of the blocks that it stands in, the outermost first; `rescue` and `always` say which part. */
  readonly within: readonly string[];
  /** Of play, blocks and task together. */
  readonly tags: readonly string[];
  /** Conditions of the blocks and of the task. */
  readonly when: readonly Expression[];
  /** What its arguments, conditions and loop need that only the run can tell: facts and registered results. */
  readonly learned: readonly string[];
  readonly pointOfNoReturn: boolean;
  readonly undo: readonly PlannedTask[];
}

interface TaskPlanning {
  readonly play: Play;
  readonly hosts: readonly string[];
  readonly inventory: Inventory;
}

interface Around {
  readonly within: readonly string[];
  readonly tags: readonly string[];
  readonly when: readonly Expression[];
}

const NONE: readonly never[] = Object.freeze([]);

/** Every task of a play in order, with its hosts and what is not known of it yet. */
export function planTasks({ play, hosts, inventory }: TaskPlanning): {
  readonly tasks: readonly PlannedTask[];
  readonly handlers: readonly PlannedTask[];
} {
  const learned = learnedNames(play);
  const first = Object.freeze(hosts.slice(0, 1));
  const plan = (task: Task, { within, tags, when }: Around): PlannedTask => {
    const conditions = [...when, ...task.when];
    const parts = [task.arguments, task.loop, task.delegateTo, ...task.keywords.vars.values(), ...conditions];
    return Object.freeze({
      kind: 'planned-task',
      id: task.id,
      name: typeof task.name?.source === 'string' ? task.name.source : task.module,
      module: task.module,
      task,
      hosts: task.runOnce?.source === true ? first : hosts,
      within,
      tags: Object.freeze([...new Set([...tags, ...task.keywords.tags])]),
      when: Object.freeze(conditions),
      learned: neededOf(parts, learned, inventory),
      pointOfNoReturn: task.pointOfNoReturn,
      undo: task.undo ? Object.freeze(task.undo.map((each) => plan(each, { within, tags, when: [] }))) : NONE,
    });
  };
  const walk = (items: readonly TaskOrBlock[], around: Around): readonly PlannedTask[] =>
    items.flatMap((item) => {
      if (item.kind === 'task') return [plan(item, around)];
      const name = item.name ?? 'block';
      const inside = (part: string): Around => ({
        within: [...around.within, part === '' ? name : `${name} (${part})`],
        tags: [...around.tags, ...item.keywords.tags],
        when: [...around.when, ...item.when],
      });
      return [
        ...walk(item.block, inside('')),
        ...walk(item.rescue, inside('rescue')),
        ...walk(item.always, inside('always')),
      ];
    });
  const around: Around = { within: NONE, tags: play.keywords.tags, when: NONE };
  return { tasks: Object.freeze(walk(play.tasks, around)), handlers: Object.freeze(walk(play.handlers, around)) };
}

/** Names that get their value while the play runs, and play variables made of such. */
function learnedNames(play: Play): ReadonlySet<string> {
  const names = new Set([...LEARNED_NAMES, ...[...allTasks(play.tasks), ...play.handlers].flatMap(learnedBy)]);
  for (let before = -1; before !== names.size;) {
    before = names.size;
    for (const [name, template] of play.keywords.vars) {
      if (namesUsed(template).some((use) => names.has(use.name))) names.add(name);
    }
  }
  return names;
}

function neededOf(
  parts: readonly (Template | Expression | undefined)[],
  learned: ReadonlySet<string>,
  inventory: Inventory,
): readonly string[] {
  const found = new Set<string>();
  for (const part of parts) {
    for (const { name } of part ? namesUsed(part) : NONE)
      if (learned.has(name) && !inventory.extra.has(name)) found.add(name);
  }
  return found.size === 0 ? NONE : Object.freeze([...found]);
}
