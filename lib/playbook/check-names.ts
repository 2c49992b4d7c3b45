import { problem, type Problem } from '../errors.ts';
import type { Inventory } from '../inventory/inventory.ts';
import { LOCAL_NAMES } from '../inventory/host-pattern.ts';
import { didYouMean } from '../nearest.ts';
import { namesUsed } from './expressions.ts';
import { FUNCTIONS } from './expressions/functions.ts';
import { MAGIC_NAMES } from './magic-names.ts';
import {
  allTasks,
  type Expression,
  type Play,
  type Playbook,
  type SharedKeywords,
  type Task,
  type TaskOrBlock,
  type Template,
} from './playbook.ts';

export interface NameCheck {
  readonly playbook: Playbook;
  readonly inventory: Inventory;
  /** More names that are there: of `vars_files`, and variables of pgup's own that have a default. */
  readonly known?: Iterable<string>;
}

/** What came of it, and what the look at the inventory's own variables needs (check-inventory-names.ts). */
export interface CheckedNames {
  readonly problems: readonly Problem[];
  readonly known: ReadonlySet<string>;
  /** Whether something can define a name. */
  readonly isKnown: (name: string) => boolean;
  /** What the playbook reads and does not allow to be missing. */
  readonly used: ReadonlySet<string>;
  /** What plays define: it may stand before what the inventory has under the same name. */
  readonly definedByPlays: ReadonlySet<string>;
}

/**
 * Names in expressions that nothing can define: no inventory, `-e`, playbook, `register`, `set_fact` or fact. What
 * `is defined` or `default` stands on may be missing.
 */
export function checkNames({ playbook, inventory, known = [] }: NameCheck): CheckedNames {
  const names = new Set([...Object.keys(MAGIC_NAMES), ...known]);
  for (const name of inventory.extra.keys()) names.add(name);
  for (const { variables } of [...inventory.groups.values(), ...inventory.hosts.values()]) {
    for (const name of variables.keys()) names.add(name);
  }
  const definedByPlays = new Set(playbook.plays.flatMap(definedIn));
  for (const name of definedByPlays) names.add(name);
  const check = new NameChecker(names, [...inventory.hosts.keys(), ...LOCAL_NAMES]);
  for (const play of playbook.plays) {
    check.play(play);
    check.items([...play.tasks, ...play.handlers], []);
  }
  const { problems, used } = check;
  return { problems, known: names, isKnown: (name) => check.isKnown(name), used, definedByPlays };
}

/** The names that a play defines: by `vars` at any level, `register` and `set_fact`. */
export function definedIn(play: Play): readonly string[] {
  const tasks = [...allTasks(play.tasks), ...allTasks(play.handlers)];
  return [
    ...play.keywords.vars.keys(),
    ...varsOfBlocks(play.tasks),
    ...tasks.flatMap((task) => [...task.keywords.vars.keys(), ...learnedBy(task)]),
  ];
}

/** The names that a task gives a value while it runs. */
export function learnedBy(task: Task): readonly string[] {
  const { source } = task.arguments;
  const facts = task.module === 'set_fact' && typeof source === 'object' && source !== null ? Object.keys(source) : [];
  return [...(task.register === undefined ? [] : [task.register]), ...facts.filter((name) => name !== 'cacheable')];
}

function varsOfBlocks(items: readonly TaskOrBlock[]): readonly string[] {
  return items.flatMap((item) =>
    item.kind === 'task'
      ? []
      : [...item.keywords.vars.keys(), ...varsOfBlocks([...item.block, ...item.rescue, ...item.always])],
  );
}

type Guards = readonly string[];

class NameChecker {
  readonly problems: Problem[] = [];
  readonly used = new Set<string>();
  readonly #known: ReadonlySet<string>;
  /** Names that are made of others: `set_fact: { "x_{{ item }}": … }`. */
  readonly #made: readonly RegExp[];

  readonly #hosts: ReadonlySet<string>;

  constructor(known: ReadonlySet<string>, hosts: Iterable<string>) {
    this.#known = known;
    this.#hosts = new Set(hosts);
    this.#made = [...known].filter((name) => name.includes('{{')).map(patternOf);
  }

  isKnown(name: string): boolean {
    return this.#known.has(name) || FUNCTIONS.has(name) || this.#made.some((each) => each.test(name));
  }

  play({ keywords }: Play): void {
    const { serial, maxFailPercentage, gatherFacts, runOnce } = keywords;
    this.shared(keywords, []);
    this.#uses([...serial, maxFailPercentage, gatherFacts, runOnce], []);
  }

  items(items: readonly TaskOrBlock[], guards: Guards): void {
    for (const item of items) {
      const loop = item.kind === 'task' && item.loop ? [item.loopVar, item.indexVar ?? item.loopVar] : [];
      const inside = [...guards, ...guardedBy(item.when), ...loop];
      this.#uses(item.when, inside);
      this.shared(item.keywords, inside);
      if (item.kind === 'block') {
        this.#uses([item.delegateTo, item.runOnce], inside);
        this.#delegate(item.delegateTo);
        this.items([...item.block, ...item.rescue, ...item.always], inside);
      } else {
        this.#uses([item.loop], [...guards, ...guardedBy(item.when)]);
        this.#task(item, inside);
      }
    }
  }

  shared(keywords: SharedKeywords, guards: Guards): void {
    const { become, becomeUser, becomeMethod, remoteUser, ignoreErrors, checkMode, noLog, timeout } = keywords;
    const rest = [becomeMethod, remoteUser, ignoreErrors, checkMode, noLog, timeout, keywords.anyErrorsFatal];
    this.#uses([become, becomeUser, ...rest], guards);
    this.#uses([...keywords.environment, ...keywords.vars.values()], guards);
  }

  #task(task: Task, guards: Guards): void {
    this.#uses([task.name, task.arguments, task.loopLabel, task.retries, task.delay], guards);
    this.#uses([task.runOnce, task.delegateTo, ...task.until], guards);
    // what one of them asks for is there in those after it
    this.#uses(task.argumentExpressions, [...guards, ...guardedBy(task.argumentExpressions)]);
    this.#delegate(task.delegateTo);
    this.#uses([...(task.changedWhen ?? []), ...(task.failedWhen ?? [])], guards);
    if (task.undo) this.items(task.undo, guards);
  }

  /** A host that no inventory has cannot be reached; its name may be made of what only the run knows. */
  #delegate(to: Template | undefined): void {
    if (!to?.constant || typeof to.source !== 'string' || this.#hosts.has(to.source)) return;
    const text = `no host of the inventory is called "${to.source}"${didYouMean(to.source, this.#hosts)}`;
    this.problems.push(problem('pattern', text, to.at));
  }

  #uses(list: readonly (Template | Expression | undefined)[], guards: Guards): void {
    for (const each of list) {
      for (const { name, at, guarded } of each ? namesUsed(each) : []) {
        if (guarded || guards.includes(name)) continue;
        this.used.add(name);
        if (this.isKnown(name)) continue;
        const text = `nothing defines "${name}"${didYouMean(name, [...this.#known, ...guards])}`;
        this.problems.push(problem('undefined-name', text, at));
      }
    }
  }
}

/** Every name that one with expressions in it may become. */
function patternOf(name: string): RegExp {
  const parts = name.split(/\{\{[^]*?\}\}/).map((part) => part.replace(/[^\w]/g, '\\$&'));
  return new RegExp(`^${parts.join('\\w*')}$`);
}

/** The names whose absence the conditions themselves allow for. */
function guardedBy(conditions: readonly Expression[]): Guards {
  return conditions.flatMap((each) => namesUsed(each).flatMap(({ name, guarded }) => (guarded ? [name] : [])));
}
