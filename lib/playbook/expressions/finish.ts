import { Float, type Value } from '../../inventory/inventory.ts';
import { Secret } from '../../secret.ts';
import { Fault, missed, type Span } from './fault.ts';
import { isList, mapOf, Missing, Omitted, type Item } from './items.ts';

/** Nested deeper than this is no data that a playbook needs. */
const DEEPEST = 500;

/** The value of a whole expression: nothing in it may be missing; what is omitted is left out. Undefined: all of it is. */
export function finish(item: Item, span?: Span, depth = 0): Value | undefined {
  if (depth > DEEPEST) throw new Fault('the value is nested too deeply', span);
  if (item instanceof Missing) throw missed(item, span);
  if (item instanceof Omitted) return undefined;
  if (item === null || typeof item !== 'object' || item instanceof Float || item instanceof Secret) return item;
  if (isList(item)) {
    const values = item.map((each) => finish(each, span, depth + 1)).filter((each) => each !== undefined);
    return Object.freeze(values);
  }
  const entries: (readonly [string, Value])[] = [];
  for (const [name, each] of Object.entries(item)) {
    const value = finish(each, span, depth + 1);
    if (value !== undefined) entries.push([name, value]);
  }
  return mapOf(entries) as Value;
}
