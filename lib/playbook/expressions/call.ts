import { didYouMean } from '../../nearest.ts';
import { Secret } from '../../secret.ts';
import { isTrue } from './compare.ts';
import { Fault, present } from './fault.ts';
import { isList, isMap, kindOf, Missing, type Item } from './items.ts';
import { numeric } from './numbers.ts';
import { Secrecy, textOf } from './text.ts';

/** Arguments as evaluated, in order and by name. */
export interface Given {
  readonly positional: readonly Item[];
  readonly named: ReadonlyMap<string, Item>;
}

/** What filters and tests are handed beside their input. */
export interface CallContext {
  readonly secrecy: Secrecy;
  filter(name: string, input: Item, given: Given): Item;
  test(name: string, input: Item, given: Given): boolean;
  /** Reads `a.b.0` of an item; what is not there is Missing. */
  attribute(item: Item, path: Item): Item;
}

/** The arguments of one call, bound to the parameters' names. */
export class Arguments {
  readonly #values: ReadonlyMap<string, Item>;
  /** Positional arguments beyond the named parameters, where the callable has `*`. */
  readonly rest: readonly Item[];
  /** Named arguments that are no parameter, where the callable has `**`. */
  readonly names: ReadonlyMap<string, Item>;
  readonly context: CallContext;

  constructor(
    values: ReadonlyMap<string, Item>,
    rest: readonly Item[],
    names: ReadonlyMap<string, Item>,
    context: CallContext,
  ) {
    this.#values = values;
    this.rest = rest;
    this.names = names;
    this.context = context;
  }

  /** The argument, or undefined where it is not given. */
  get(name: string): Item | undefined {
    return this.#values.get(name);
  }

  item(name: string): Item {
    return this.#values.get(name) ?? null;
  }

  /** An optional string; none counts as not given. */
  string(name: string): string | undefined {
    const item = this.#values.get(name);
    return item === undefined || item === null ? undefined : this.text(item, `"${name}"`);
  }

  flag(name: string, otherwise = false): boolean {
    const item = this.#values.get(name);
    return item === undefined ? otherwise : isTrue(item);
  }

  integer(name: string): number | undefined {
    const item = this.#values.get(name);
    if (item === undefined || item === null) return undefined;
    const number = numeric(item);
    if (number?.kind !== 'integer') throw new Fault(`"${name}" must be an integer, not ${kindOf(item)}`);
    return Number(number.value);
  }

  /** An item that must be a string. */
  text(item: Item, what: string): string {
    const value = present(item);
    if (typeof value === 'string') return value;
    if (value instanceof Secret) return this.context.secrecy.reveal(value);
    throw new Fault(`${what} must be a string, not ${kindOf(value)}`);
  }

  /** Any item, as Python's `str()` writes it. */
  written(item: Item): string {
    return textOf(present(item), this.context.secrecy);
  }

  /** The items of a list, the characters of a string, the keys of a mapping. */
  items(item: Item, what = 'the value'): readonly Item[] {
    const value = present(item);
    if (isList(value)) return value;
    if (typeof value === 'string') return Array.from(value);
    if (isMap(value)) return Object.keys(value);
    throw new Fault(`${what} must be a list, not ${kindOf(value)}`);
  }
}

/**
 * A filter, test or method: its parameters after the input (`name?` optional, `*` any number more, `**` any names), and
 * what it does.
 */
export interface Callable<Result> {
  readonly parameters: readonly string[];
  /** May be handed what is missing; others never are. */
  readonly takesMissing: boolean;
  readonly apply: (input: Item, given: Arguments) => Result;
}

export type Filter = Callable<Item>;
export type Test = Callable<boolean>;
export type Table<Each> = Readonly<Record<string, Each>>;

export function filter(parameters: string, apply: Filter['apply'], takesMissing = false): Filter {
  return Object.freeze({ parameters: parameters === '' ? [] : parameters.split(' '), takesMissing, apply });
}

export function test(parameters: string, apply: Test['apply'], takesMissing = false): Test {
  return Object.freeze({ parameters: parameters === '' ? [] : parameters.split(' '), takesMissing, apply });
}

/** Calls a filter, test or method with its arguments bound to its parameters; what was secret stays secret. */
export function call<Result>(
  callable: Callable<Result>,
  input: Item,
  { positional, named }: Given,
  context: CallContext,
): Result {
  if (!callable.takesMissing) present(input);
  const parameters = callable.parameters.filter((each) => !each.startsWith('*'));
  const names = parameters.map((each) => each.replace('?', ''));
  const star = callable.parameters.indexOf('*');
  // what stands after "*" is given by name only
  const ordered = star < 0 ? names : names.slice(0, star);
  const values = new Map<string, Item>();
  ordered.slice(0, positional.length).forEach((name, index) => values.set(name, positional[index] ?? null));
  const rest = positional.slice(ordered.length);
  if (rest.length > 0 && star < 0) {
    const most =
      names.length === 0 ? 'no argument' : `at most ${names.length} argument${names.length === 1 ? '' : 's'}`;
    throw new Fault(`takes ${most}, not ${positional.length}`);
  }
  const others = new Map<string, Item>();
  for (const [name, item] of named) {
    if (!names.includes(name) && callable.parameters.includes('**')) {
      others.set(name, item);
      continue;
    }
    if (!names.includes(name)) throw new Fault(`has no argument "${name}"${didYouMean(name, names)}`);
    if (values.has(name)) throw new Fault(`is given "${name}" twice`);
    values.set(name, item);
  }
  const lacking = parameters.find((each) => !each.endsWith('?') && !values.has(each));
  if (lacking !== undefined) throw new Fault(`needs the argument "${lacking}"`);
  if (!callable.takesMissing)
    for (const item of [...values.values(), ...rest, ...others.values()]) if (item instanceof Missing) present(item);
  return callable.apply(input, new Arguments(values, rest, others, context));
}
