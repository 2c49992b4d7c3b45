import type { Problem } from '../errors.ts';
import { didYouMean } from '../nearest.ts';
import type { Secret } from '../secret.ts';
import { isValueList, isValueMap, type Value } from '../inventory/inventory.ts';
import type { ModuleCatalogue } from './catalogue.ts';
import { walkTasks, type Play, type Playbook, type Task, type TaskOrBlock } from './playbook.ts';
import { allowed, readPlainTasks, readTasks, unknownWord, type TaskReading } from './read-task.ts';
import { readShared } from './read-shared.ts';
import { entriesOf, Findings, itemsOf, kindOfValue, templateOf, type Source } from './source.ts';
import { isVariableName, readBoolean, readNumber, readSerial, readTemplate, readText, readTexts } from './values.ts';
import { readYaml } from '../inventory/yaml.ts';

export interface PlaybookText {
  readonly text: string;
  /** The path as the user gave it: what problems name. */
  readonly file: string;
  readonly modules: ModuleCatalogue;
  /** Opens `!vault` values. */
  readonly openVault?: ((text: string) => Secret) | undefined;
}

export interface ParsedPlaybook {
  /** Undefined where there is an error among the problems. */
  readonly playbook: Playbook | undefined;
  /** What could be read in spite of errors: good for looking for more of them, and for nothing else. */
  readonly draft: Draft | undefined;
  readonly problems: readonly Problem[];
}

/** A playbook that may have lost the parts that could not be read. */
export interface Draft {
  readonly playbook: Playbook;
  /** What stands in it as a key or as a text by itself: names that a part which was lost may define. */
  readonly words: ReadonlySet<string>;
}

/** Reads a playbook: every problem of the file at once, nothing evaluated, no host touched. */
export function parsePlaybook({ text, file, modules, openVault }: PlaybookText): ParsedPlaybook {
  const yaml = readYaml({ text, file, openVault });
  const findings = new Findings();
  findings.problems.push(...yaml.problems);
  const source: Source = { value: yaml.value ?? null, places: yaml.places };
  if (yaml.value === undefined || yaml.value === null) {
    if (findings.problems.length === 0)
      findings.error('playbook-syntax', 'the playbook is empty: it is a list of plays', yaml.places.at);
  } else if (!isValueList(yaml.value)) {
    const hint = isValueMap(yaml.value) ? ': put "- " before its first word' : '';
    findings.error(
      'playbook-syntax',
      `a playbook is a list of plays, not ${kindOfValue(yaml.value)}${hint}`,
      yaml.places.at,
    );
  } else if (yaml.value.length === 0) {
    findings.error('playbook-syntax', 'the playbook is empty: it is a list of plays', yaml.places.at);
  }
  const plays = itemsOf(source).flatMap((item, index) => readPlay(item, index + 1, { findings, modules }));
  const tasks = plays.flatMap((play) => walkTasks(play.tasks));
  const flavour = tasks.some((task) => task.undo || task.pointOfNoReturn) ? 'upgrade' : 'generic';
  if (flavour === 'upgrade') checkUpgrade(plays, tasks, findings);
  const problems = inOrder(findings.problems);
  const failed = problems.some((each) => each.severity === 'error');
  const playbook: Playbook = Object.freeze({ kind: 'playbook', file, flavour, plays });
  const readable = !failed || (yaml.value !== undefined && plays.length > 0);
  return {
    playbook: failed ? undefined : playbook,
    draft: readable
      ? { playbook, words: new Set(failed ? wordsIn(source.value).filter(isVariableName) : []) }
      : undefined,
    problems,
  };
}

function wordsIn(value: Value): readonly string[] {
  if (typeof value === 'string') return [value];
  if (isValueList(value)) return value.flatMap(wordsIn);
  if (!isValueMap(value)) return [];
  return Object.entries(value).flatMap(([name, each]) => [name, ...wordsIn(each)]);
}

function readPlay(source: Source, number: number, { findings, modules }: Omit<TaskReading, 'nextId'>): readonly Play[] {
  if (!isValueMap(source.value)) {
    findings.error(
      'playbook-syntax',
      `a play is a mapping with "hosts" and "tasks", not ${kindOfValue(source.value)}`,
      source.places.at,
    );
    return [];
  }
  const entries = entriesOf(source);
  for (const [name, , at] of entries)
    if (!allowed(name, 'play')) unknownWord(name, at, 'play', findings, modules.names());
  const get = (name: string): Source | undefined => entries.find(([word]) => word === name)?.[1];
  const hosts = get('hosts');
  const nothingElse = entries.every(([name]) => !allowed(name, 'play'));
  if (!hosts && !nothingElse) findings.error('playbook-syntax', 'a play needs "hosts"', source.places.at);
  if (hosts) readTexts('hosts', hosts, findings);
  let next = 0;
  const [tasks, handlers, name] = [get('tasks'), get('handlers'), get('name')];
  const reading = (id: () => string): TaskReading => ({ findings, modules, nextId: id });
  const readTasksOf = tasks
    ? readTasks(
        'tasks',
        tasks,
        reading(() => `${number}.${++next}`),
      )
    : [];
  next = 0;
  const readHandlers = handlers
    ? readPlainTasks(
        'handlers',
        handlers,
        reading(() => `${number}.handler.${++next}`),
      )
    : [];
  checkNotified(readTasksOf, readHandlers, findings);
  if (name) readText('name', name, findings);
  const [varsFiles, gatherFacts, serial, most, runOnce] = [
    get('vars_files'),
    get('gather_facts'),
    get('serial'),
    get('max_fail_percentage'),
    get('run_once'),
  ];
  return [
    Object.freeze({
      kind: 'play',
      name: typeof name?.value === 'string' ? name.value : hostsText(hosts),
      hosts: hosts ? readTemplate(hosts, new Findings()) : templateOf(source),
      tasks: readTasksOf,
      handlers: readHandlers,
      keywords: Object.freeze({
        ...readShared(get, findings),
        varsFiles: varsFiles ? readTexts('vars_files', varsFiles, findings) : [],
        gatherFacts: gatherFacts && readBoolean('gather_facts', gatherFacts, findings),
        serial: serial ? readSerial('serial', serial, findings) : [],
        maxFailPercentage: most && readNumber('max_fail_percentage', most, findings),
        runOnce: runOnce && readBoolean('run_once', runOnce, findings),
      }),
      at: source.places.at,
    }),
  ];
}

function hostsText(hosts: Source | undefined): string {
  const value = hosts?.value;
  return isValueList(value) ? value.map(String).join(',') : typeof value === 'string' ? value : '';
}

/** A `notify` that no handler answers would be silent. */
function checkNotified(tasks: Play['tasks'], handlers: readonly Task[], findings: Findings): void {
  const names = handlers.flatMap((each) => (typeof each.name?.source === 'string' ? [each.name.source] : []));
  for (const task of walkTasks(tasks)) {
    for (const name of task.notify) {
      if (!name.includes('{{') && !names.includes(name)) {
        findings.error(
          'playbook-syntax',
          `no handler of the play is called "${name}"${didYouMean(name, names)}`,
          task.at,
        );
      }
    }
  }
}

/** What an upgrade playbook cannot have: it runs whole deployments, and turns back at one point only. */
function checkUpgrade(plays: readonly Play[], tasks: readonly Task[], findings: Findings): void {
  const marks = tasks.filter((task) => task.pointOfNoReturn);
  for (const second of marks.slice(1)) {
    const line = marks[0]?.at.line ?? 0;
    findings.error('playbook-syntax', `a second point of no return: the first is the task in line ${line}`, second.at);
  }
  for (const { keywords } of plays) {
    for (const each of keywords.serial.slice(0, 1)) {
      findings.error(
        'playbook-unsupported',
        'an upgrade playbook runs whole deployments: pgup has "--serial", which counts them',
        each.at,
      );
    }
    if (keywords.maxFailPercentage) {
      findings.error(
        'playbook-unsupported',
        'in an upgrade playbook one failure ends its deployment: pgup has "--max-failures", which counts them',
        keywords.maxFailPercentage.at,
      );
    }
  }
  for (const { keywords } of [...plays, ...plays.flatMap((play) => everyItem(play.tasks))]) {
    if (keywords.checkMode && keywords.checkMode.source !== true) {
      findings.error(
        'playbook-unsupported',
        'in an upgrade playbook "check_mode" is true or not given: "--check" takes no lock, so nothing may be changed under it',
        keywords.checkMode.at,
      );
    }
  }
  const inBlocks = plays.flatMap((play) => play.tasks.filter((each) => each.kind === 'block'));
  for (const block of inBlocks) {
    for (const task of walkTasks([...block.rescue, ...block.always])) {
      if (task.pointOfNoReturn)
        findings.error('playbook-syntax', '"point_of_no_return" cannot stand in "rescue" or "always"', task.at);
    }
  }
}

/** Tasks and blocks at every depth. */
function everyItem(items: readonly TaskOrBlock[]): readonly TaskOrBlock[] {
  return items.flatMap((item) =>
    item.kind === 'task' ? [item] : [item, ...everyItem([...item.block, ...item.rescue, ...item.always])],
  );
}

function inOrder(problems: readonly Problem[]): readonly Problem[] {
  const place = ({ at }: Problem): number => (at ? at.line * 10_000 + at.column : 0);
  return Object.freeze([...problems].sort((a, b) => place(a) - place(b)));
}
