import { didYouMean, nearestWord } from '../nearest.ts';
import type { Position } from '../errors.ts';
import { isValueList, isValueMap, type Value } from '../inventory/inventory.ts';
import type { ModuleCatalogue } from './catalogue.ts';
import { INSTEAD, wordsAt, WORDS, type Level } from './keywords.ts';
import { readArguments } from './read-arguments.ts';
import { readShared } from './read-shared.ts';
import type { Block, Task, TaskOrBlock } from './playbook.ts';
import { entriesOf, itemsOf, kindOfValue, type Findings, type Source } from './source.ts';
import {
  readBoolean,
  readConditions,
  readIdentifier,
  readInteger,
  readLoopControl,
  readNumber,
  readTemplate,
  readText,
  readWords,
} from './values.ts';

/** What reading tasks needs beside the YAML. */
export interface TaskReading {
  readonly findings: Findings;
  readonly modules: ModuleCatalogue;
  /** The id of the next task. */
  nextId(): string;
}

type Entry = readonly [string, Source, Position];

/** A list of tasks and blocks. */
export function readTasks(word: string, source: Source, reading: TaskReading): readonly TaskOrBlock[] {
  if (source.value === null) return [];
  if (!isValueList(source.value)) {
    reading.findings.error(
      'playbook-syntax',
      `"${word}" takes a list of tasks, not ${kindOfValue(source.value)}`,
      source.places.at,
    );
    return [];
  }
  return itemsOf(source).flatMap((item): readonly TaskOrBlock[] => {
    if (!isValueMap(item.value)) {
      reading.findings.error(
        'playbook-syntax',
        `a task is a mapping with a module, not ${kindOfValue(item.value)}`,
        item.places.at,
      );
      return [];
    }
    const isBlock = ['block', 'rescue', 'always'].some((each) => Object.hasOwn(item.value as object, each));
    return [isBlock ? readBlock(item, reading) : readTask(item, reading)];
  });
}

/** A list of tasks alone: handlers, undo. */
export function readPlainTasks(word: string, source: Source, reading: TaskReading): readonly Task[] {
  return readTasks(word, source, reading).filter((each) => {
    if (each.kind === 'task') return true;
    reading.findings.error('playbook-syntax', `"${word}" takes tasks, not blocks`, each.at);
    return false;
  }) as readonly Task[];
}

function readBlock(source: Source, reading: TaskReading): Block {
  const { findings } = reading;
  const entries = entriesOf(source);
  for (const [name, , at] of entries)
    if (!Object.hasOwn(WORDS, name) || !allowed(name, 'block')) unknownWord(name, at, 'block', findings);
  const get = (name: string): Source | undefined => entries.find(([word]) => word === name)?.[1];
  const tasks = (name: string): readonly TaskOrBlock[] => {
    const list = get(name);
    return list ? readTasks(name, list, reading) : [];
  };
  if (!get('block'))
    findings.error('playbook-syntax', '"rescue" and "always" need a "block" beside them', source.places.at);
  else if (isValueList(get('block')?.value) && itemsOf(get('block') ?? source).length === 0) {
    findings.error('playbook-syntax', 'a "block" needs at least one task', source.places.at);
  }
  const [name, when, notify, delegateTo, runOnce] = [
    get('name'),
    get('when'),
    get('notify'),
    get('delegate_to'),
    get('run_once'),
  ];
  return Object.freeze({
    kind: 'block',
    name: typeof name?.value === 'string' ? name.value : undefined,
    when: when ? readConditions('when', when, findings) : [],
    block: tasks('block'),
    rescue: tasks('rescue'),
    always: tasks('always'),
    notify: notify ? readWords('notify', notify, findings) : [],
    delegateTo: delegateTo && readText('delegate_to', delegateTo, findings),
    runOnce: runOnce && readBoolean('run_once', runOnce, findings),
    keywords: readShared(get, findings),
    at: source.places.at,
  });
}

export function readTask(source: Source, reading: TaskReading): Task {
  const { findings } = reading;
  const id = reading.nextId();
  const entries = entriesOf(source);
  const get = (name: string): Source | undefined => entries.find(([word]) => word === name)?.[1];
  const found = findModule(entries, source, reading);
  const read = <Result>(
    word: string,
    as: (word: string, source: Source, findings: Findings) => Result,
  ): Result | undefined => {
    const value = get(word);
    return value && as(word, value, findings);
  };
  const control = get('loop_control');
  const { loopVar = 'item', indexVar, label } = control ? readLoopControl(control, findings) : {};
  if (control && !get('loop'))
    findings.error('playbook-syntax', '"loop_control" needs a "loop" beside it', control.places.at);
  const loop = get('loop');
  if (loop && !isValueList(loop.value) && !(typeof loop.value === 'string' && loop.value.includes('{{'))) {
    const hint = typeof loop.value === 'string' ? `: write "{{ ${loop.value} }}" for the variable` : '';
    findings.error('playbook-syntax', `"loop" takes a list, not ${kindOfValue(loop.value)}${hint}`, loop.places.at);
  }
  const undoSource = get('undo');
  const undo = undoSource && readUndo(id, undoSource, reading);
  const mark = get('point_of_no_return');
  if (mark && mark.value !== true) {
    findings.error(
      'playbook-syntax',
      `"point_of_no_return" takes true, not ${kindOfValue(mark.value)}`,
      mark.places.at,
    );
  }
  const args = found && readArguments({ module: found.module, source: found.source, more: get('args'), reading });
  const task: Task = {
    kind: 'task',
    id,
    name: read('name', readText),
    module: found?.module ?? '',
    arguments: args?.template ?? { kind: 'template', source: {}, constant: true, at: source.places.at },
    argumentExpressions: args?.expressions ?? [],
    when: read('when', readConditions) ?? [],
    register: read('register', readIdentifier),
    loop: loop && readTemplate(loop, findings),
    loopVar,
    indexVar,
    loopLabel: label,
    until: read('until', readConditions) ?? [],
    retries: read('retries', readInteger),
    delay: read('delay', readNumber),
    changedWhen: read('changed_when', readConditions),
    failedWhen: read('failed_when', readConditions),
    runOnce: read('run_once', readBoolean),
    delegateTo: read('delegate_to', readText),
    notify: read('notify', readWords) ?? [],
    undo,
    pointOfNoReturn: mark?.value === true,
    keywords: readShared(get, findings),
    at: source.places.at,
  };
  return Object.freeze(task);
}

/** The one key of a task that is no word: its module. */
function findModule(
  entries: readonly Entry[],
  task: Source,
  { modules, findings }: TaskReading,
): { readonly module: string; readonly source: Source } | undefined {
  const others = entries.filter(([name]) => !allowed(name, 'task'));
  const named = others.map(([name, source, at]) => ({
    name,
    module: name.replace(/^ansible\.(?:builtin|legacy)\./, ''),
    source,
    at,
  }));
  const known = named.filter(({ module }) => modules.has(module));
  const unknown = named.filter(({ module }) => !modules.has(module));
  const [first, second] = known;
  if (second)
    findings.error(
      'playbook-syntax',
      `a task has one module: "${first?.name ?? ''}" and "${second.name}" are two`,
      second.at,
    );
  for (const { name, module, at } of unknown) {
    const words: readonly string[] = [...modules.names(), ...wordsAt('task')];
    const nearest = nearestWord(module, words);
    const alone = unknown.length === 1 || (nearest !== undefined && modules.has(nearest));
    if (first || isWord(name) || !alone) unknownWord(name, at, 'task', findings);
    else findings.error('unknown-module', `no module is called "${name}"${didYouMean(module, words)}`, at);
  }
  if (!first && unknown.length === 0) {
    findings.error('playbook-syntax', 'a task needs a module: a key such as "command"', task.places.at);
  }
  return first;
}

function readUndo(id: string, source: Source, reading: TaskReading): readonly Task[] {
  let next = 0;
  const inside = { ...reading, nextId: () => `${id}.undo.${++next}` };
  const list: Source = isValueList(source.value)
    ? source
    : {
        value: [source.value] as readonly Value[],
        places: { at: source.places.at, inside: new Map([['0', source.places]]) },
      };
  for (const item of itemsOf(list)) {
    for (const [name, , at] of entriesOf(item)) {
      if (name === 'undo' || name === 'point_of_no_return' || name === 'notify') {
        reading.findings.error('playbook-syntax', `"${name}" cannot stand in "undo"`, at);
      }
    }
  }
  if (itemsOf(list).length === 0)
    reading.findings.error('playbook-syntax', '"undo" needs at least one task', source.places.at);
  return readPlainTasks('undo', list, inside);
}

/** Whether a key is a word of playbooks, ours or Ansible's, wherever it may stand. */
function isWord(name: string): boolean {
  const short = name.replace(/^ansible\.(?:builtin|legacy)\./, '');
  return Object.hasOwn(WORDS, name) || Object.hasOwn(INSTEAD, short) || short.startsWith('with_');
}

export function allowed(name: string, level: Level): boolean {
  return (wordsAt(level) as readonly string[]).includes(name);
}

/** A key that may not stand here: another level's word, a word of Ansible's, or a mistyped one. */
export function unknownWord(
  name: string,
  at: Position,
  level: Level,
  findings: Findings,
  more: Iterable<string> = [],
): void {
  const short = name.replace(/^ansible\.(?:builtin|legacy)\./, '');
  const word = Object.hasOwn(WORDS, name) ? WORDS[name as keyof typeof WORDS] : undefined;
  if (word) {
    findings.error('playbook-syntax', `"${name}" is a word of a ${word.on.join(' or ')}, not of a ${level}`, at);
  } else if (Object.hasOwn(INSTEAD, short) || short.startsWith('with_')) {
    findings.error('playbook-unsupported', `"${name}" is not supported: ${INSTEAD[short] ?? 'pgup has "loop"'}`, at);
  } else {
    findings.error(
      'playbook-syntax',
      `"${name}" is no word of a ${level}${didYouMean(name, [...wordsAt(level), ...more])}`,
      at,
    );
  }
}
