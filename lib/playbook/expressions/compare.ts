import { Secret } from '../../secret.ts';
import { Fault, present } from './fault.ts';
import { isList, isMap, kindOf, own, type Item } from './items.ts';
import { asFloat, numeric } from './numbers.ts';

/** Python's truth: empty, zero and none are false. */
export function isTrue(item: Item): boolean {
  const value = present(item);
  if (typeof value === 'boolean') return value;
  if (value === null) return false;
  if (typeof value === 'string') return value !== '';
  if (value instanceof Secret) return value.reveal() !== '';
  if (isList(value)) return value.length > 0;
  if (isMap(value)) return Object.keys(value).length > 0;
  const number = numeric(value);
  return number === undefined || Number(number.value) !== 0;
}

/** Python's `==`: numbers by value (`1 == 1.0 == true`), the rest within its kind. Secrets compare as their text. */
export function equal(left: Item, right: Item): boolean {
  const a = disclosed(present(left));
  const b = disclosed(present(right));
  if (typeof a === 'string' || typeof b === 'string') return a === b;
  if (a === null || b === null) return a === b;
  const [x, y] = [numeric(a), numeric(b)];
  if (x && y) return x.kind === 'integer' && y.kind === 'integer' ? x.value === y.value : asFloat(x) === asFloat(y);
  if (isList(a) && isList(b)) return a.length === b.length && a.every((each, index) => equal(each, b[index] ?? null));
  if (!isMap(a) || !isMap(b)) return a === b;
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => sameEntry(a[name], own(b, name)));
}

function sameEntry(left: Item | undefined, right: Item | undefined): boolean {
  return left !== undefined && right !== undefined && equal(left, right);
}

/** Below, equal or above zero. Numbers with numbers, strings with strings, lists with lists; nothing else has an order. */
export function order(left: Item, right: Item): number {
  const a = disclosed(present(left));
  const b = disclosed(present(right));
  const [x, y] = [numeric(a), numeric(b)];
  if (x && y) return x.value < y.value ? -1 : x.value > y.value ? 1 : 0;
  if (typeof a === 'string' && typeof b === 'string') return orderText(a, b);
  if (isList(a) && isList(b)) {
    for (let index = 0; index < Math.min(a.length, b.length); index++) {
      const [one, other] = [a[index] ?? null, b[index] ?? null];
      if (!equal(one, other)) return order(one, other);
    }
    return a.length - b.length;
  }
  throw new Fault(`${kindOf(left)} and ${kindOf(right)} have no order`);
}

/** By code points, as Python; JavaScript's own order is by UTF-16 units. */
export function orderText(left: string, right: string): number {
  if (left === right) return 0;
  const [a, b] = [Array.from(left), Array.from(right)];
  for (let index = 0; index < Math.min(a.length, b.length); index++) {
    const difference = (a[index]?.codePointAt(0) ?? 0) - (b[index]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Python's `in`: part of a string, item of a list, key of a mapping. */
export function contains(container: Item, item: Item): boolean {
  const whole = disclosed(present(container));
  const part = disclosed(present(item));
  if (isList(whole)) return whole.some((each) => equal(each, part));
  if (isMap(whole)) return keyOf(part) !== undefined && Object.hasOwn(whole, keyOf(part) ?? '');
  if (typeof whole !== 'string')
    throw new Fault(`"in" needs a string, list or mapping on its right, not ${kindOf(container)}`);
  if (typeof part !== 'string') throw new Fault(`only a string can be in a string, not ${kindOf(item)}`);
  return whole.includes(part);
}

/** The key that an item stands for: YAML's `5432:` is the key "5432". */
export function keyOf(item: Item): string | undefined {
  if (typeof item === 'string') return item;
  if (typeof item === 'number' || typeof item === 'bigint') return String(item);
  return item instanceof Secret ? item.reveal() : undefined;
}

function disclosed(item: Item): Item {
  return item instanceof Secret ? item.reveal() : item;
}
