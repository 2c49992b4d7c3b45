import { filter, type Filter, type Table } from '../call.ts';
import { equal, keyOf } from '../compare.ts';
import { Fault } from '../fault.ts';
import { isList, isMap, kindOf, mapOf, own, type Item, type ItemMap } from '../items.ts';

/** Filters over mappings. */
export const mapFilters: Table<Filter> = {
  dict2items: filter('key_name? value_name?', (input, given) => {
    const [key, value] = [given.string('key_name') ?? 'key', given.string('value_name') ?? 'value'];
    return Object.entries(mapping(input)).map(([name, item]) =>
      mapOf([
        [key, name],
        [value, item],
      ]),
    );
  }),
  items2dict: filter('key_name? value_name?', (input, given) => {
    const [key, value] = [given.string('key_name') ?? 'key', given.string('value_name') ?? 'value'];
    if (!isList(input)) throw new Fault(`needs a list of mappings, not ${kindOf(input)}`);
    return mapOf(
      input.map((each) => {
        const name = isMap(each) ? own(each, key) : undefined;
        const item = isMap(each) ? own(each, value) : undefined;
        if (name === undefined || item === undefined) throw new Fault(`needs "${key}" and "${value}" in every item`);
        return [keyOf(name) ?? given.written(name), item] as const;
      }),
    );
  }),
  items: filter('', (input) => Object.entries(mapping(input)).map(([name, item]) => [name, item])),
  combine: filter('* recursive? list_merge?', (input, given) => {
    const rule = given.string('list_merge') ?? 'replace';
    if (!Object.hasOwn(LIST_MERGES, rule))
      throw new Fault(`merges lists by ${Object.keys(LIST_MERGES).join(', ')}, not "${rule}"`);
    const maps = [input, ...given.rest].flatMap((each) => flattenedMaps(each));
    return maps.reduce<ItemMap>(
      (low, high) => merged(low, high, { recursive: given.flag('recursive'), rule }),
      mapOf([]),
    );
  }),
};

interface MergeOptions {
  readonly recursive: boolean;
  readonly rule: string;
}

function mapping(item: Item): ItemMap {
  if (!isMap(item)) throw new Fault(`needs a mapping, not ${kindOf(item)}`);
  return item;
}

function flattenedMaps(item: Item): readonly ItemMap[] {
  return isList(item) ? item.flatMap(flattenedMaps) : [mapping(item)];
}

type ListMerge = (low: readonly Item[], high: readonly Item[]) => readonly Item[];

function fresh(items: readonly Item[], others: readonly Item[]): readonly Item[] {
  return items.filter((each) => !others.some((item) => equal(each, item)));
}

const LIST_MERGES: Readonly<Record<string, ListMerge>> = {
  replace: (_low, high) => high,
  keep: (low) => low,
  append: (low, high) => [...low, ...high],
  prepend: (low, high) => [...high, ...low],
  append_rp: (low, high) => [...fresh(low, high), ...high],
  prepend_rp: (low, high) => [...high, ...fresh(low, high)],
};

/** `high` laid over `low`. */
function merged(low: ItemMap, high: ItemMap, options: MergeOptions): ItemMap {
  const result = new Map<string, Item>(Object.entries(low));
  for (const [name, item] of Object.entries(high)) {
    const below = result.get(name);
    const lists = below !== undefined && isList(below) && isList(item);
    if (lists) result.set(name, LIST_MERGES[options.rule]?.(below, item) ?? item);
    else if (options.recursive && below !== undefined && isMap(below) && isMap(item))
      result.set(name, merged(below, item, options));
    else result.set(name, item);
  }
  return mapOf(result);
}
