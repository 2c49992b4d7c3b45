import { ERROR_CODES } from '../../../lib/errors.ts';
import { globToRegExp } from '../../../lib/inventory/glob.ts';
import { matchHosts } from '../../../lib/inventory/host-pattern.ts';
import { Float, isValueList, isValueMap, type Inventory, type Value } from '../../../lib/inventory/inventory.ts';
import { membersOf } from '../../../lib/inventory/members.ts';
import { splitPattern } from '../../../lib/inventory/pattern-terms.ts';
import { Secret } from '../../../lib/secret.ts';
import { errorsOf, readIni } from '../helpers.ts';
import type { RandomCase } from './random-cases.ts';

/** A value as the oracle writes it: with its type, as text. */
export type Written =
  | readonly ['constant' | 'int' | 'float' | 'str', string]
  | readonly ['list', readonly Written[]]
  | readonly ['dict', readonly (readonly [string, Written])[]];

export interface Answer {
  readonly error?: string;
  /** Name, hosts with those of the groups inside, child groups; in Ansible's order. */
  readonly groups: readonly (readonly [string, readonly string[], readonly string[]])[];
  readonly variables: readonly (readonly [string, Readonly<Record<string, Written>>])[];
  readonly patterns: readonly (readonly string[] | { readonly error: string })[];
}

/** What only pgup refuses (docs/inventory.md). A case with nothing else wrong is not compared. */
const STRICTER = /stands for no host|stands for more than|byte order mark|characters by name|keys of a mapping must be/;
const UNREADABLE_EXPRESSION = /cannot be used as a regular expression/;
const UNMATCHED = /matches no host and no group|matches nothing|--limit is empty/;

export type Verdict =
  { readonly kind: 'same' } | { readonly kind: 'stricter' } | { readonly kind: 'differs'; readonly why: string };

/** Holds our reading of a case against Ansible's. */
export function compareCase({ ini, patterns }: RandomCase, answer: Answer): Verdict {
  const { inventory, problems } = readIni(ini);
  const errors = errorsOf(problems).map((each) => each.text);
  if (answer.error !== undefined) return errors.length > 0 ? { kind: 'same' } : differs(`not refused: ${answer.error}`);
  if (errors.length > 0) {
    return errors.every((text) => STRICTER.test(text))
      ? { kind: 'stricter' }
      : differs(`refused: ${errors.join('; ')}`);
  }
  const odd = isOdd(inventory);
  const why =
    compareGroups(inventory, answer) ?? (odd ? undefined : compareVariables(inventory, answer, ini.includes('{')));
  if (why !== undefined) return differs(why);
  for (const [index, pattern] of patterns.entries()) {
    const wanted = answer.patterns[index] ?? [];
    const wrong = comparePattern(inventory, pattern, wanted);
    if (wrong !== undefined) return differs(`pattern ${JSON.stringify(pattern)}: ${wrong}`);
  }
  return { kind: 'same' };
}

/** What becomes of hosts in an `ungrouped` that has other parents or children depends on Python's hash seed. */
export function isOdd(inventory: Inventory): boolean {
  return (inventory.groups.get('ungrouped')?.children.length ?? 0) > 0 || parentsOf(inventory, 'ungrouped').length > 1;
}

export function differs(why: string): Verdict {
  return { kind: 'differs', why };
}

function parentsOf(inventory: Inventory, name: string): readonly string[] {
  return [...inventory.groups.values()].filter((group) => group.children.includes(name)).map((group) => group.name);
}

export function compareGroups(inventory: Inventory, answer: Answer): string | undefined {
  const wanted = answer.groups.map(([name]) => name);
  if (!same([...inventory.groups.keys()], wanted))
    return `groups ${[...inventory.groups.keys()].join()} for ${wanted.join()}`;
  for (const [name, hosts, theirs] of answer.groups) {
    const ours = membersOf(inventory.groups, name);
    if (!sameHosts(inventory, [name], ours, hosts)) return `hosts of ${name}: ${ours.join()} for ${hosts.join()}`;
    const children = inventory.groups.get(name)?.children ?? [];
    if (!same(children, theirs)) return `children of ${name}: ${children.join()} for ${theirs.join()}`;
  }
  return undefined;
}

/** `sets`: there may be sets, which Ansible makes lists in an order of their own. */
function compareVariables(inventory: Inventory, answer: Answer, sets: boolean): string | undefined {
  const hosts = answer.variables.map(([name]) => name);
  if (!same([...inventory.hosts.keys()], hosts))
    return `hosts ${[...inventory.hosts.keys()].join()} for ${hosts.join()}`;
  for (const [host, wanted] of answer.variables) {
    const variables = inventory.hosts.get(host)?.variables;
    const ours = Object.fromEntries([...(variables?.values() ?? [])].map(({ name, value }) => [name, written(value)]));
    const [left, right] = [sortedVariables(ours), sortedVariables(wanted)];
    if (left !== right && !(sets && shuffled(left) === shuffled(right)))
      return `variables of ${host}: ${left} for ${right}`;
  }
  return undefined;
}

function shuffled(text: string): string {
  return Array.from(text).sort().join('');
}

export function sortedVariables(variables: Readonly<Record<string, Written>>): string {
  return JSON.stringify(Object.entries(variables).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function comparePattern(
  inventory: Inventory,
  pattern: string | readonly [string, string],
  wanted: readonly string[] | { readonly error: string },
): string | undefined {
  const [all, limit] = typeof pattern === 'string' ? [pattern] : pattern;
  const { hosts, problems } = matchHosts({ inventory, pattern: all, limit });
  const texts = problems.map((each) => each.text);
  if (problems.some(({ code }) => ![5, 6].includes(ERROR_CODES[code].exit)))
    return 'an exit code that is not for input';
  if (texts.some((text) => UNREADABLE_EXPRESSION.test(text)) || texts.some((text) => /^"@/.test(text)))
    return undefined;
  if (!Array.isArray(wanted)) return texts.length > 0 ? undefined : `not refused: ${JSON.stringify(wanted)}`;
  const other = texts.find((text) => !UNMATCHED.test(text) && !text.includes('does not exist'));
  if (other !== undefined) return `refused: ${other}`;
  const names = wanted as readonly string[];
  // In which order Ansible walks through deep groups is left to chance.
  if (same(hosts, names)) return undefined;
  if (isWild(inventory, all) && same([...hosts].sort(), [...names].sort())) return undefined;
  return `${hosts.join()} for ${names.join()}`;
}

/** True where a plain term of the pattern (or none, which is `all`) goes through a group whose order is not fixed. */
function isWild(inventory: Inventory, pattern: string): boolean {
  const plain = splitPattern(pattern).filter((term) => !/^[&!]/.test(term));
  if (plain.length === 0) return true;
  const tests = plain.map((term) => {
    if (term.startsWith('~')) return /(?:)/;
    return globToRegExp(term.replace(/\[-?\d+(?:[:-]\d*)?\]$/, ''));
  });
  return [...inventory.groups.keys()].some(
    (name) => unordered(inventory, name) && tests.some((test) => test.test(name)),
  );
}

function unordered(inventory: Inventory, name: string): boolean {
  if (name === 'all') return true;
  const children = inventory.groups.get(name)?.children ?? [];
  return children.some((child) => (inventory.groups.get(child)?.children.length ?? 0) > 0);
}

function sameHosts(
  inventory: Inventory,
  groups: readonly string[],
  ours: readonly string[],
  theirs: readonly string[],
): boolean {
  if (same(ours, theirs)) return true;
  return groups.some((name) => unordered(inventory, name)) && same([...ours].sort(), [...theirs].sort());
}

function same(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((each, index) => each === right[index]);
}

/** JavaScript keeps keys that look like numbers in an order of its own. */
function byKey(entries: readonly (readonly [string, Written])[]): readonly (readonly [string, Written])[] {
  return entries.toSorted(([a], [b]) => (a < b ? -1 : 1));
}

export function written(value: Value): Written {
  if (value === null) return ['constant', 'None'];
  if (typeof value === 'boolean') return ['constant', value ? 'True' : 'False'];
  if (value instanceof Float) return ['float', value.toString()];
  if (value instanceof Secret) return ['str', value.reveal()];
  if (isValueList(value)) return ['list', value.map(written)];
  if (isValueMap(value))
    return ['dict', byKey(Object.entries(value).map(([key, each]) => [key, written(each)] as const))];
  return typeof value === 'string' ? ['str', value] : ['int', String(value)];
}
