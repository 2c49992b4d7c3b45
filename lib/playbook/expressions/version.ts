import { Secret } from '../../secret.ts';
import type { Arguments } from './call.ts';
import { orderText } from './compare.ts';
import { Fault } from './fault.ts';
import { kindOf, type Item } from './items.ts';

const OPERATORS: Readonly<Record<string, (difference: number) => boolean>> = {
  '==': (difference) => difference === 0,
  '=': (difference) => difference === 0,
  eq: (difference) => difference === 0,
  '!=': (difference) => difference !== 0,
  '<>': (difference) => difference !== 0,
  ne: (difference) => difference !== 0,
  '<': (difference) => difference < 0,
  lt: (difference) => difference < 0,
  '<=': (difference) => difference <= 0,
  le: (difference) => difference <= 0,
  '>': (difference) => difference > 0,
  gt: (difference) => difference > 0,
  '>=': (difference) => difference >= 0,
  ge: (difference) => difference >= 0,
};

/** `value is version(other, operator)`: loose versions, numbers by value and words by letter, as Ansible's default. */
export function compareVersions(input: Item, given: Arguments): boolean {
  const operator = given.string('operator') ?? 'eq';
  const holds = Object.hasOwn(OPERATORS, operator) ? OPERATORS[operator] : undefined;
  if (!holds) throw new Fault(`compares by ${Object.keys(OPERATORS).join(' ')}, not "${operator}"`);
  const type = given.string('version_type');
  if (given.flag('strict') || (type !== undefined && type !== 'loose')) throw new Fault('compares loose versions only');
  const [left, right] = [versionText(input, given), versionText(given.item('version'), given)];
  if (left === '' || right === '') throw new Fault(`cannot compare with an empty version`);
  return holds(orderVersions(left, right));
}

function versionText(item: Item, given: Arguments): string {
  if (item === null || typeof item === 'object') {
    if (!(item instanceof Secret) && kindOf(item) !== 'a float')
      throw new Fault(`compares versions, not ${kindOf(item)}`);
  }
  return given.written(item);
}

function parts(version: string): readonly (number | string)[] {
  const pieces = version.match(/\d+|[a-z]+|[^\da-z.]+/g) ?? [];
  return pieces.map((each) => (/^\d+$/.test(each) ? Number(each) : each));
}

function orderVersions(left: string, right: string): number {
  const [a, b] = [parts(left), parts(right)];
  for (let index = 0; index < Math.min(a.length, b.length); index++) {
    const [x, y] = [a[index], b[index]];
    if (x === y || x === undefined || y === undefined) continue;
    if (typeof x !== typeof y)
      throw new Fault(`cannot compare "${left}" with "${right}": "${x}" and "${y}" have no order`);
    return typeof x === 'number' && typeof y === 'number' ? x - y : orderText(String(x), String(y));
  }
  return a.length - b.length;
}
