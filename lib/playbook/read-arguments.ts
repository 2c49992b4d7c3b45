import { checkCondition, isConstant } from './expressions.ts';
import type { Position } from '../errors.ts';
import { isValueList, isValueMap, type Value } from '../inventory/inventory.ts';
import type { Places } from '../inventory/places.ts';
import type { Expression, Template } from './playbook.ts';
import { splitFreeForm } from './free-form.ts';
import type { TaskReading } from './read-task.ts';
import { entriesOf, expressionOf, itemsOf, kindOfValue, type Source } from './source.ts';
import { readTemplate, refuseVersionNumber } from './values.ts';

interface ArgumentReading {
  readonly module: string;
  readonly source: Source;
  /** What stands under `args`. */
  readonly more: Source | undefined;
  readonly reading: TaskReading;
}

export interface ReadArguments {
  readonly template: Template;
  /** The arguments that are expressions without `{{ }}`. */
  readonly expressions: readonly Expression[];
}

/** The arguments of a module, from a mapping or a text; checked as far as they are known before rendering. */
export function readArguments({ module, source, more, reading }: ArgumentReading): ReadArguments {
  const { findings } = reading;
  const given = fromText(module, source, reading) ?? source;
  if (given.value !== null && !isValueMap(given.value)) {
    findings.error(
      'module-arguments',
      `"${module}" takes arguments by name, not ${kindOfValue(given.value)}`,
      given.places.at,
    );
    return { template: readTemplate({ value: {}, places: { at: given.places.at } }, findings), expressions: [] };
  }
  if (more && !isValueMap(more.value)) {
    findings.error('playbook-syntax', `"args" takes arguments by name, not ${kindOfValue(more.value)}`, more.places.at);
  }
  const merged = joined(more && isValueMap(more.value) ? [more, given] : [given], given.places.at);
  for (const [name, each] of entriesOf(merged)) {
    if (/(?:^|_)(?:version|target)$/.test(name)) refuseVersionNumber(name, each, findings, 'module-arguments');
  }
  const template = readTemplate(merged, findings);
  report(module, merged, reading);
  return { template, expressions: expressionsIn(module, merged, reading) };
}

/** The arguments that are expressions as they stand. What has `{{ }}` is one only once it is rendered. */
function expressionsIn(module: string, merged: Source, { modules, findings }: TaskReading): readonly Expression[] {
  const names = modules.expressionsOf(module);
  const sources = entriesOf(merged).flatMap(([name, each]) => (names.includes(name) ? [each] : []));
  const texts = sources.flatMap((each) => (isValueList(each.value) ? itemsOf(each) : [each]));
  return texts.flatMap((each) => {
    if (typeof each.value !== 'string' || !isConstant(each.value, each.places)) return [];
    const expression = expressionOf(each.value, each);
    findings.problems.push(...checkCondition(expression));
    return [expression];
  });
}

/** `command: echo hi`, and `file: path=/x state=absent`. */
function fromText(module: string, source: Source, { modules, findings }: TaskReading): Source | undefined {
  if (typeof source.value !== 'string') return undefined;
  const freeForm = modules.freeForm(module);
  const names = new Set(modules.argumentsOf(module));
  const { options, rest } = splitFreeForm(source.value, freeForm === undefined ? undefined : names);
  const values = new Map<string, Value>(options);
  const inside = new Map<string, Places>([...options.keys()].map((name) => [name, { at: source.places.at }]));
  if (freeForm !== undefined && rest !== '') {
    values.set(freeForm, rest);
    inside.set(freeForm, placesWithin(source, rest));
  } else if (rest !== '') {
    findings.error('module-arguments', `"${module}" takes arguments by name, not "${rest}"`, source.places.at);
  }
  const map = Object.create(null) as Record<string, Value>;
  for (const [name, value] of values) map[name] = value;
  return { value: map, places: { at: source.places.at, inside, keys: new Map() } };
}

/** The places of a part of a text, where it stands there in one piece. */
function placesWithin({ value, places: { at, locate, literal } }: Source, part: string): Places {
  const start = typeof value === 'string' ? value.indexOf(part) : -1;
  return { at, literal, ...(locate && start >= 0 ? { locate: (offset) => locate(start + offset) } : {}) };
}

function joined(sources: readonly Source[], at: Position): Source {
  const map = Object.create(null) as Record<string, Value>;
  const inside = new Map<string, Places>();
  const keys = new Map<string, Position>();
  for (const [name, { value, places }, key] of sources.flatMap(entriesOf)) {
    map[name] = value;
    inside.set(name, places);
    keys.set(name, key);
  }
  return { value: Object.freeze(map), places: { at, inside, keys } };
}

/** What the module says against its arguments, but for those that are not known before rendering. */
function report(module: string, { value, places }: Source, { modules, findings }: TaskReading): void {
  if (!isValueMap(value)) return;
  for (const { path, text, key } of modules.validate(module, value)) {
    let here: Places = places;
    let at: Position = places.at;
    let part: Value | undefined = value;
    for (const [index, name] of path.entries()) {
      at =
        (key === true && index === path.length - 1 ? here.keys?.get(name) : undefined) ??
        here.inside?.get(name)?.at ??
        at;
      here = here.inside?.get(name) ?? { at };
      part = partOf(part, name);
    }
    const unknownYet = path.length > 0 && part !== undefined && key !== true && !isConstant(part, here);
    if (!unknownYet) findings.error('module-arguments', text, at);
  }
}

function partOf(whole: Value | undefined, name: string): Value | undefined {
  if (isValueList(whole)) return whole[Number(name)];
  return isValueMap(whole) && Object.hasOwn(whole, name) ? whole[name] : undefined;
}
