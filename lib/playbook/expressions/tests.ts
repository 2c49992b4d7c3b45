import { Float } from '../../inventory/inventory.ts';
import { Secret } from '../../secret.ts';
import { test, type Arguments, type Table, type Test } from './call.ts';
import { contains, equal, isTrue, order } from './compare.ts';
import { Fault } from './fault.ts';
import { isList, isMap, kindOf, Missing, own, type Item } from './items.ts';
import { calculate, numeric } from './numbers.ts';
import { pythonRegex } from './python-regex.ts';
import { compareVersions } from './version.ts';

const ofResult = (word: string, holds: (flag: (name: string) => boolean) => boolean): Test =>
  test('', (input) => {
    if (!isMap(input))
      throw new Fault(
        `asks about a registered result, not ${kindOf(input)}: "${word}" needs the name given to "register"`,
      );
    return holds((name) => isTrue(own(input, name) ?? false));
  });

const ordering = (holds: (difference: number) => boolean): Test =>
  test('other', (input, given) => holds(order(input, given.item('other'))));

const regexTest = (anchored: boolean, kind?: 'fullmatch'): Test =>
  test('pattern? ignorecase? multiline?', (input, given) =>
    matches(input, given, kind ?? (anchored ? 'match' : 'search')));

const same = test('other', (input, given) => equal(input, given.item('other')));
const different = test('other', (input, given) => !equal(input, given.item('other')));
const succeeded = ofResult('succeeded', (flag) => !flag('failed') && !flag('unreachable'));
const failed = ofResult('failed', (flag) => flag('failed'));
const changed = ofResult('changed', (flag) => flag('changed'));
const skipped = ofResult('skipped', (flag) => flag('skipped'));
const subset = test('other', (input, given) => allIn(given.items(input), given.items(given.item('other'))));
const superset = test('other', (input, given) => allIn(given.items(given.item('other')), given.items(input)));
const [gt, ge, lt, le] = [
  ordering((difference) => difference > 0),
  ordering((difference) => difference >= 0),
  ordering((difference) => difference < 0),
  ordering((difference) => difference <= 0),
];

/** Every test by the name that `is` calls it by. */
const table: Table<Test> = {
  defined: test('', (input) => !(input instanceof Missing), true),
  undefined: test('', (input) => input instanceof Missing, true),
  none: test('', (input) => input === null),
  string: test('', (input) => typeof input === 'string' || input instanceof Secret),
  number: test('', (input) => numeric(input) !== undefined),
  integer: test('', (input) => typeof input !== 'boolean' && numeric(input)?.kind === 'integer'),
  float: test('', (input) => input instanceof Float),
  boolean: test('', (input) => typeof input === 'boolean'),
  true: test('', (input) => input === true),
  false: test('', (input) => input === false),
  mapping: test('', (input) => isMap(input)),
  sequence: test('', (input) => isList(input) || isMap(input) || typeof input === 'string' || input instanceof Secret),
  iterable: test('', (input) => isList(input) || isMap(input) || typeof input === 'string' || input instanceof Secret),
  in: test('container', (input, given) => contains(given.item('container'), input)),
  contains: test('item', (input, given) => contains(input, given.item('item'))),
  eq: same,
  equalto: same,
  '==': same,
  ne: different,
  '!=': different,
  gt,
  '>': gt,
  greaterthan: gt,
  ge,
  '>=': ge,
  lt,
  '<': lt,
  lessthan: lt,
  le,
  '<=': le,
  even: test('', (input) => remainder(input, 2) === 0n),
  odd: test('', (input) => remainder(input, 2) === 1n),
  divisibleby: test('num', (input, given) => remainder(input, given.item('num')) === 0n),
  lower: test('', (input, given) =>
    given.written(input) === given.written(input).toLowerCase() && /\p{Ll}/u.test(given.written(input))),
  upper: test('', (input, given) =>
    given.written(input) === given.written(input).toUpperCase() && /\p{Lu}/u.test(given.written(input))),
  match: regexTest(true),
  search: regexTest(false),
  regex: test('pattern? ignorecase? multiline? match_type?', (input, given) => {
    const kind = given.string('match_type') ?? 'search';
    if (kind !== 'search' && kind !== 'match' && kind !== 'fullmatch')
      throw new Fault(`matches by search, match and fullmatch, not "${kind}"`);
    return matches(input, given, kind);
  }),
  version: test('version operator? strict? version_type?', (input, given) => compareVersions(input, given)),
  subset,
  issubset: subset,
  superset,
  issuperset: superset,
  truthy: test('', (input) => isTrue(input)),
  falsy: test('', (input) => !isTrue(input)),
  all: test('', (input, given) => given.items(input).every((each) => isTrue(each))),
  any: test('', (input, given) => given.items(input).some((each) => isTrue(each))),
  succeeded,
  success: succeeded,
  successful: succeeded,
  failed,
  failure: failed,
  changed,
  change: changed,
  skipped,
  skip: skipped,
  unreachable: ofResult('unreachable', (flag) => flag('unreachable')),
  reachable: ofResult('reachable', (flag) => !flag('unreachable')),
};

export const TESTS: ReadonlyMap<string, Test> = new Map(Object.entries(table));

function allIn(items: readonly Item[], others: readonly Item[]): boolean {
  return items.every((each) => others.some((item) => equal(each, item)));
}

function remainder(input: Item, divisor: Item): bigint {
  const [x, y] = [numeric(input), numeric(divisor)];
  if (!x || !y) throw new Fault(`needs integers, not ${kindOf(x ? divisor : input)}`);
  const rest = numeric(calculate('%', x, y));
  return rest?.kind === 'integer' ? rest.value : rest?.value === 0 ? 0n : rest?.value === 1 ? 1n : -1n;
}

function matches(input: Item, given: Arguments, kind: 'match' | 'search' | 'fullmatch'): boolean {
  const source = given.written(given.get('pattern') ?? '');
  const regex = pythonRegex(source, { ignoreCase: given.flag('ignorecase'), multiline: given.flag('multiline') });
  const text = given.written(input);
  if (kind === 'search') return regex.test(text);
  const sticky = new RegExp(kind === 'match' ? regex.source : `(?:${regex.source})(?![^])`, `${regex.flags}y`);
  return sticky.test(text);
}
