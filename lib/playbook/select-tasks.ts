import { problem, type Problem } from '../errors.ts';
import { didYouMean } from '../nearest.ts';
import { globToRegExp } from '../inventory/glob.ts';
import { walkTasks, type Block, type Play, type Playbook, type Task, type TaskOrBlock } from './playbook.ts';
import { isChosen, SPECIAL_TAGS, type Tags } from './tags.ts';

/** What `--tags`, `--skip-tags` and `--start-at-task` leave of a playbook. */
export interface Selection {
  /** Empty: all. */
  readonly tags: readonly string[];
  readonly skipTags: readonly string[];
  readonly startAtTask?: string | undefined;
}

export interface Selected {
  /** The same plays with fewer tasks. Ids stay: they are the journal's keys. */
  readonly playbook: Playbook;
  readonly problems: readonly Problem[];
}

/**
 * The playbook as it will be run. Tags mean what they mean to Ansible: tasks have those of their play and blocks too,
 * handlers are never left out, facts are gathered whatever is chosen unless the play has tags of its own. Stricter than
 * Ansible: a tag that nothing has, a choice that leaves nothing and a start that is not there are errors.
 */
export function selectTasks(playbook: Playbook, selection: Selection): Selected {
  const { startAtTask } = selection;
  const chosen: Tags = {
    only: selection.tags.length === 0 ? new Set(['all']) : new Set(selection.tags),
    skip: new Set(selection.skipTags),
  };
  const byTags = selection.skipTags.length > 0 || selection.tags.some((tag) => tag !== 'all');
  if (playbook.flavour === 'upgrade') {
    return byTags || startAtTask !== undefined
      ? { playbook, problems: [refused(selection)] }
      : { playbook, problems: [] };
  }
  const problems = byTags ? unknownTags(playbook, selection) : [];
  let plays = playbook.plays.map((play) => tagged(play, chosen));
  if (byTags && problems.length === 0 && plays.every((play) => play.tasks.length === 0)) {
    problems.push(problem('limit-empty', `${optionsOf(selection)} leaves no task of the playbook`));
  }
  if (startAtTask !== undefined) {
    const started = startAt(plays, startAtTask);
    if (started) plays = [...started];
    else if (problems.length === 0) problems.push(noStart(playbook, plays, startAtTask));
  }
  return { playbook: Object.freeze({ ...playbook, plays: Object.freeze(plays) }), problems };
}

function refused(selection: Selection): Problem {
  const option = optionsOf(selection);
  return problem(
    'usage',
    `${option} is for generic playbooks: an upgrade is done whole or put back; "pgup resume" goes on where a run stopped`,
  );
}

function optionsOf({ tags, skipTags, startAtTask }: Selection): string {
  const given = [
    ...(tags.length > 0 ? [`--tags ${tags.join(',')}`] : []),
    ...(skipTags.length > 0 ? [`--skip-tags ${skipTags.join(',')}`] : []),
    ...(startAtTask === undefined ? [] : [`--start-at-task "${startAtTask}"`]),
  ];
  return given.join(' ');
}

/** Every tag of a playbook in the order of its first use, as `--list-tags` shows them. */
export function tagsOf(playbook: Playbook): readonly string[] {
  const found = new Set<string>();
  const walk = (items: readonly TaskOrBlock[]): void => {
    for (const item of items) {
      for (const tag of item.keywords.tags) found.add(tag);
      if (item.kind === 'block') [item.block, item.rescue, item.always].forEach(walk);
    }
  };
  for (const { keywords, tasks } of playbook.plays) {
    for (const tag of keywords.tags) found.add(tag);
    walk(tasks);
  }
  return [...found];
}

/** A mistyped tag would do too little, a mistyped one to skip too much: neither is found out by looking at the end. */
function unknownTags(playbook: Playbook, { tags, skipTags }: Selection): Problem[] {
  const known = tagsOf(playbook);
  const check = (option: string, list: readonly string[]): Problem[] =>
    list
      .filter((tag) => !known.includes(tag) && !SPECIAL_TAGS.has(tag))
      .map((tag) => problem('limit-empty', `${option} ${tag}: no task has this tag${didYouMean(tag, known)}`));
  return [...check('--tags', tags), ...check('--skip-tags', skipTags)];
}

function tagged(play: Play, chosen: Tags): Play {
  const { tags } = play.keywords;
  // Facts are Ansible's task "Gathering Facts", which always runs unless the play itself is tagged.
  const gathers = isChosen(tags.length === 0 ? ['always'] : tags, chosen);
  return withoutFacts({ ...play, tasks: keep(play.tasks, tags, chosen) }, !gathers);
}

function withoutFacts(play: Play, without: boolean): Play {
  if (!without) return Object.freeze(play);
  const gatherFacts = { kind: 'template' as const, source: false, constant: true, at: play.at };
  return Object.freeze({ ...play, keywords: Object.freeze({ ...play.keywords, gatherFacts }) });
}

function keep(items: readonly TaskOrBlock[], inherited: readonly string[], chosen: Tags): readonly TaskOrBlock[] {
  return items.flatMap((item): readonly TaskOrBlock[] => {
    const tags = [...inherited, ...item.keywords.tags];
    if (item.kind === 'task') return isChosen(tags, chosen) ? [item] : [];
    return whole({
      ...item,
      block: keep(item.block, tags, chosen),
      rescue: keep(item.rescue, tags, chosen),
      always: keep(item.always, tags, chosen),
    });
  });
}

/** A block with something left in it. */
function whole(block: Block): readonly Block[] {
  return block.block.length + block.rescue.length + block.always.length > 0 ? [Object.freeze(block)] : [];
}

/** The plays from the first task of that name on; undefined where there is none. What is in `rescue` is no start. */
function startAt(plays: readonly Play[], name: string): readonly Play[] | undefined {
  for (const [index, play] of plays.entries()) {
    const tasks = from(play.tasks, name);
    if (!tasks) continue;
    const before = plays.slice(0, index).map((each) => withoutFacts({ ...each, tasks: [] }, true));
    return [...before, Object.freeze({ ...play, tasks }), ...plays.slice(index + 1)];
  }
  return undefined;
}

function from(items: readonly TaskOrBlock[], name: string): readonly TaskOrBlock[] | undefined {
  for (const [index, item] of items.entries()) {
    const rest = items.slice(index + 1);
    if (item.kind === 'task') {
      if (isNamed(item, name)) return [item, ...rest];
      continue;
    }
    const block = from(item.block, name);
    if (block) return [Object.freeze({ ...item, block }), ...rest];
    const always = from(item.always, name);
    if (always) return [Object.freeze({ ...item, block: [], rescue: [], always }), ...rest];
  }
  return undefined;
}

/** By its name as it is written, or by its module where it has none; `*`, `?` and `[…]` as in a file pattern. */
function isNamed(task: Task, name: string): boolean {
  return nameOf(task) === name || globToRegExp(name).test(nameOf(task));
}

function nameOf({ name, module }: Task): string {
  return typeof name?.source === 'string' ? name.source : module;
}

function noStart(playbook: Playbook, plays: readonly Play[], name: string): Problem {
  const names = (all: readonly Play[]): readonly string[] => all.flatMap((play) => walkTasks(play.tasks)).map(nameOf);
  const everywhere = names(playbook.plays);
  if (everywhere.includes(name) && !names(plays).includes(name)) {
    return problem('usage', `--start-at-task "${name}": the tags that were chosen leave that task out`);
  }
  if (everywhere.includes(name)) {
    return problem('usage', `--start-at-task "${name}": a task of a "rescue" is no start`);
  }
  return problem('usage', `--start-at-task "${name}": no task is called that${didYouMean(name, everywhere)}`);
}
