import { filter, type Filter } from './call.ts';
import { keyOf } from './compare.ts';
import { Fault } from './fault.ts';
import { formatBraces } from './format.ts';
import { isList, isMap, kindOf, own, type Item } from './items.ts';
import { Secret } from '../../secret.ts';
import { splitText, trimText } from './strings.ts';

const TEXT_METHODS: Readonly<Record<string, Filter>> = {
  split: filter('sep? maxsplit?', (input, given) =>
    splitText(given.text(input, 'it'), given.string('sep'), given.integer('maxsplit')),
  ),
  splitlines: filter('', (input, given) => {
    const lines = given.text(input, 'it').split(/\r\n|[\n\r]/);
    return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
  }),
  lower: filter('', (input, given) => given.text(input, 'it').toLowerCase()),
  upper: filter('', (input, given) => given.text(input, 'it').toUpperCase()),
  strip: filter('chars?', (input, given) => trimText(given.text(input, 'it'), given.string('chars'), 'both')),
  lstrip: filter('chars?', (input, given) => trimText(given.text(input, 'it'), given.string('chars'), 'left')),
  rstrip: filter('chars?', (input, given) => trimText(given.text(input, 'it'), given.string('chars'), 'right')),
  startswith: filter('prefix', (input, given) => {
    const text = given.text(input, 'it');
    return affixes(given.item('prefix')).some((each) => text.startsWith(given.text(each, 'the prefix')));
  }),
  endswith: filter('suffix', (input, given) => {
    const text = given.text(input, 'it');
    return affixes(given.item('suffix')).some((each) => text.endsWith(given.text(each, 'the suffix')));
  }),
  join: filter('items', (input, given) =>
    given
      .items(given.item('items'))
      .map((each) => given.text(each, 'every item of "join"'))
      .join(given.text(input, 'it')),
  ),
  replace: filter('old new count?', (input, given) => {
    const [old, fresh] = [given.text(given.item('old'), '"old"'), given.text(given.item('new'), '"new"')];
    return replaceText(given.text(input, 'it'), old, fresh, given.integer('count'));
  }),
  count: filter('part', (input, given) => {
    const [text, part] = [given.text(input, 'it'), given.text(given.item('part'), '"part"')];
    return part === '' ? Array.from(text).length + 1 : text.split(part).length - 1;
  }),
  isdigit: filter('', (input, given) => /^\p{Nd}+$/u.test(given.text(input, 'it'))),
};

const MAP_METHODS: Readonly<Record<string, Filter>> = {
  items: filter('', (input) => (isMap(input) ? Object.entries(input).map(([name, item]) => [name, item]) : [])),
  keys: filter('', (input) => (isMap(input) ? Object.keys(input) : [])),
  values: filter('', (input) => (isMap(input) ? Object.values(input) : [])),
  get: filter('key default?', (input, given) => {
    const key = keyOf(given.item('key'));
    if (key === undefined) throw new Fault(`needs a string, not ${kindOf(given.item('key'))}`);
    return (isMap(input) ? own(input, key) : undefined) ?? given.item('default');
  }),
};

const LIST_METHODS: Readonly<Record<string, Filter>> = {
  index: filter('item', (input, given) => {
    const found = isList(input)
      ? input.findIndex((each) => given.context.test('eq', each, only(given.item('item'))))
      : -1;
    if (found < 0) throw new Fault('the list does not have the item');
    return found;
  }),
  count: filter('item', (input, given) =>
    isList(input) ? input.filter((each) => given.context.test('eq', each, only(given.item('item')))).length : 0,
  ),
};

/** `"{} {name}".format(…)` takes arguments of any name, so it is bound apart from the others. */
const FORMAT = filter('* **', (input, given) =>
  formatBraces(given.text(input, 'it'), given.rest, given.names, given.context.secrecy),
);

/** The method of an item, or undefined. None of them changes what it is called on. */
export function methodOf(item: Item, name: string): Filter | undefined {
  if ((typeof item === 'string' || item instanceof Secret) && name === 'format') return FORMAT;
  const table = tableOf(item);
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

/** The names of an item's methods. */
export function methodsOf(item: Item): readonly string[] {
  const names = Object.keys(tableOf(item));
  return typeof item === 'string' || item instanceof Secret ? [...names, 'format'] : names;
}

function tableOf(item: Item): Readonly<Record<string, Filter>> {
  if (typeof item === 'string' || item instanceof Secret) return TEXT_METHODS;
  if (isMap(item)) return MAP_METHODS;
  return isList(item) ? LIST_METHODS : {};
}

function affixes(item: Item): readonly Item[] {
  return isList(item) ? item : [item];
}

function only(item: Item): { positional: readonly Item[]; named: ReadonlyMap<string, Item> } {
  return { positional: [item], named: new Map() };
}

/** Python's `replace`: all, or the first `count`; an empty `old` matches between all characters. */
export function replaceText(text: string, old: string, fresh: string, count: number | undefined): string {
  const pieces = old === '' ? ['', ...Array.from(text), ''] : text.split(old);
  if (count === undefined || count < 0 || count >= pieces.length - 1) return pieces.join(fresh);
  return (
    pieces.slice(0, count + 1).join(fresh) +
    pieces
      .slice(count + 1)
      .map((each) => old + each)
      .join('')
  );
}
