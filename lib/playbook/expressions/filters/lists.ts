import { filter, type Arguments, type Filter, type Table } from '../call.ts';
import { equal, order } from '../compare.ts';
import { Fault, present } from '../fault.ts';
import { isList, isMap, kindOf, Missing, type Item } from '../items.ts';
import { calculate, numeric } from '../numbers.ts';
import { Secret } from '../../../secret.ts';

const length: Filter = filter('', (input, given) => {
  if (input instanceof Secret) return input.reveal().length;
  if (isMap(input)) return Object.keys(input).length;
  if (!isList(input) && typeof input !== 'string')
    throw new Fault(`counts lists, mappings and strings, not ${kindOf(input)}`);
  return given.items(input).length;
});

/** Filters over lists. Strings count as lists of their characters, mappings as lists of their keys. */
export const listFilters: Table<Filter> = {
  length,
  count: length,
  first: filter(
    '',
    (input, given) => given.items(input)[0] ?? new Missing('there is no first item: the list is empty'),
  ),
  last: filter(
    '',
    (input, given) => given.items(input).at(-1) ?? new Missing('there is no last item: the list is empty'),
  ),
  list: filter('', (input, given) => given.items(input)),
  reverse: filter('', (input, given) =>
    typeof input === 'string' ? Array.from(input).toReversed().join('') : given.items(input).toReversed(),
  ),
  unique: filter('case_sensitive? attribute?', (input, given) => {
    const key = keyFunction(given, given.get('attribute'), given.flag('case_sensitive'));
    return uniqueBy(given.items(input), key);
  }),
  sort: filter('reverse? case_sensitive? attribute?', (input, given) => {
    const attributes = given.get('attribute');
    const names = typeof attributes === 'string' ? attributes.split(',') : [attributes ?? null];
    const keys = names.map((each) => keyFunction(given, each, given.flag('case_sensitive')));
    const sign = given.flag('reverse') ? -1 : 1;
    const rows = given.items(input).map((item) => ({ item, keys: keys.map((key) => key(item)) }));
    return rows.sort((a, b) => sign * orderLists(a.keys, b.keys)).map((row) => row.item);
  }),
  min: filter('case_sensitive? attribute?', (input, given) => extreme(input, given, -1)),
  max: filter('case_sensitive? attribute?', (input, given) => extreme(input, given, 1)),
  sum: filter('attribute? start?', (input, given) => {
    const key = keyFunction(given, given.get('attribute') ?? null, true);
    return given.items(input).reduce<Item>((total, item) => added(total, key(item)), given.get('start') ?? 0);
  }),
  flatten: filter('levels? skip_nulls?', (input, given) =>
    flattened(given.items(input), given.integer('levels') ?? Infinity, given.flag('skip_nulls', true)),
  ),
  union: filter('b', (input, given) => distinct([...given.items(input), ...given.items(given.item('b'))])),
  intersect: filter('b', (input, given) => {
    const other = given.items(given.item('b'));
    return distinct(given.items(input).filter((each) => other.some((item) => equal(each, item))));
  }),
  difference: filter('b', (input, given) => without(given.items(input), given.items(given.item('b')))),
  symmetric_difference: filter('b', (input, given) => {
    const [a, b] = [given.items(input), given.items(given.item('b'))];
    return [...without(a, b), ...without(b, a)];
  }),
  zip: filter('* strict?', (input, given) => {
    const lists = [given.items(input), ...given.rest.map((each) => given.items(each))];
    const lengths = lists.map((each) => each.length);
    if (given.flag('strict') && new Set(lengths).size > 1) throw new Fault('is given lists of different lengths');
    return Array.from({ length: Math.min(...lengths) }, (_, index) => lists.map((each) => each[index] ?? null));
  }),
};

/** What an item is compared by: itself or one of its attributes, in one case unless asked otherwise. */
function keyFunction(given: Arguments, attribute: Item | undefined, caseSensitive: boolean): (item: Item) => Item {
  return (item) => {
    const value = attribute === undefined || attribute === null ? item : given.context.attribute(item, attribute);
    return typeof value === 'string' && !caseSensitive ? value.toLowerCase() : value;
  };
}

function extreme(input: Item, given: Arguments, sign: number): Item {
  const key = keyFunction(given, given.get('attribute'), given.flag('case_sensitive'));
  const items = given.items(input);
  let best = items[0];
  if (best === undefined) return new Missing('there is no least or greatest item: the list is empty');
  for (const item of items.slice(1)) if (sign * order(key(item), key(best)) > 0) best = item;
  return best;
}

function orderLists(a: readonly Item[], b: readonly Item[]): number {
  for (const [index, key] of a.entries()) {
    const difference = order(key, b[index] ?? null);
    if (difference !== 0) return difference;
  }
  return 0;
}

function uniqueBy(items: readonly Item[], key: (item: Item) => Item): readonly Item[] {
  const seen: Item[] = [];
  const texts = new Set<string>();
  return items.filter((item) => {
    const value = key(item);
    if (typeof value === 'string') {
      if (texts.has(value)) return false;
      texts.add(value);
      return true;
    }
    if (seen.some((each) => equal(each, value))) return false;
    seen.push(value);
    return true;
  });
}

function distinct(items: readonly Item[]): readonly Item[] {
  return uniqueBy(items, (item) => item);
}

function without(items: readonly Item[], others: readonly Item[]): readonly Item[] {
  return distinct(items.filter((each) => !others.some((item) => equal(each, item))));
}

function added(total: Item, item: Item): Item {
  const [x, y] = [numeric(total), numeric(present(item))];
  if (x && y) return calculate('+', x, y);
  if (isList(total) && isList(item)) return [...total, ...item];
  throw new Fault(`cannot add ${kindOf(item)} to ${kindOf(total)}`);
}

function flattened(items: readonly Item[], levels: number, skipNulls: boolean): readonly Item[] {
  return items.flatMap((item) => {
    if (item === null || item === 'None' || item === 'null') return skipNulls ? [] : [item];
    return isList(item) && levels >= 1 ? flattened(item, levels - 1, skipNulls) : [item];
  });
}
