import type { ProblemsError } from '../../errors.ts';
import { Float } from '../../inventory/inventory.ts';
import { Secret } from '../../secret.ts';

/**
 * What stands where a value is missing. It may be carried about and asked about (`is defined`, `default`); whatever
 * else touches it fails with `reason`.
 */
export class Missing {
  readonly reason: string;
  /** The name that nothing defines, where it is a plain name. */
  readonly name: string | undefined;
  /** Where the value was missed further in, in the template of another variable. */
  readonly cause: ProblemsError | undefined;
  constructor(reason: string, name?: string, cause?: ProblemsError) {
    this.reason = reason;
    this.name = name;
    this.cause = cause;
    Object.freeze(this);
  }
  /** What `a if condition` without an `else` gives: nothing where it is part of a text. */
  static readonly choice = new Missing('the condition is false and there is no "else"');
}

/** What `omit` stands for: the argument or list item that holds it is left out. */
export class Omitted {
  readonly kind = 'omitted';
  static readonly value = Object.freeze(new Omitted());
}

/** A value inside an expression: what variables hold, and what is not there. */
export type Item =
  null | boolean | number | bigint | string | Float | Secret | Missing | Omitted | readonly Item[] | ItemMap;
export interface ItemMap {
  readonly [name: string]: Item;
}

export function isList(item: Item): item is readonly Item[] {
  return Array.isArray(item);
}

export function isMap(item: Item): item is ItemMap {
  return (
    typeof item === 'object' &&
    item !== null &&
    !isList(item) &&
    !(item instanceof Float) &&
    !(item instanceof Secret) &&
    !(item instanceof Missing) &&
    !(item instanceof Omitted)
  );
}

/** A mapping without a prototype, so that no name but its own is ever found in it. */
export function mapOf(entries: Iterable<readonly [string, Item]>): ItemMap {
  const map = Object.create(null) as Record<string, Item>;
  for (const [name, item] of entries) map[name] = item;
  return Object.freeze(map);
}

/** The value of a mapping's own key, or undefined. */
export function own(map: ItemMap, name: string): Item | undefined {
  return Object.hasOwn(map, name) ? map[name] : undefined;
}

/** What an item is, for messages. */
export function kindOf(item: Item): string {
  if (item === null) return 'none';
  if (typeof item === 'boolean') return 'a boolean';
  if (typeof item === 'string') return 'a string';
  if (typeof item === 'number' || typeof item === 'bigint') return 'an integer';
  if (item instanceof Float) return 'a float';
  if (item instanceof Secret) return 'a secret';
  if (item instanceof Missing) return 'undefined';
  if (item instanceof Omitted) return 'omit';
  return isList(item) ? 'a list' : 'a mapping';
}
