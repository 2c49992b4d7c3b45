import { canonical } from '../playbook/plan-hash.ts';
import type { Json } from '../playbook/plan-shape.ts';

/** More than this many differences say nothing more: it is another plan. */
const MOST = 20;

/** What changed from one frozen plan to another, one line each, in the words of inventory and playbook. */
export function planDifferences(then: Json, now: Json): readonly string[] {
  const found = compare(then, now, []);
  return found.length <= MOST ? found : [...found.slice(0, MOST), `and ${found.length - MOST} more`];
}

type Names = Readonly<Record<string, Json>>;

function compare(then: Json | undefined, now: Json | undefined, path: readonly string[]): readonly string[] {
  if (then !== undefined && now !== undefined && canonical(then) === canonical(now)) return [];
  if (then === undefined || now === undefined)
    return [`${place(path)} was ${then === undefined ? 'added' : 'taken away'}`];
  if (isNames(then) && isNames(now)) {
    const names = new Set([...Object.keys(then), ...Object.keys(now)]);
    return [...names]
      .filter((name) => !SILENT.has(name))
      .flatMap((name) => compare(then[name], now[name], [...path, name]));
  }
  const [before, after] = [byName(then), byName(now)];
  if (before && after) {
    const kind = KINDS[path.at(-1) ?? ''] ?? 'entry';
    const inner = (name: string) => [...path.slice(0, -1), `${kind} "${name}"`];
    const names = new Set([...before.keys(), ...after.keys()]);
    const changed = [...names].flatMap((name) => compare(before.get(name), after.get(name), inner(name)));
    const sameOrder = [...before.keys()].join('\n') === [...after.keys()].join('\n');
    return changed.length > 0 || sameOrder ? changed : [`${place(path)}: another order`];
  }
  return [`${place(path)} was ${shown(then)} and is ${shown(now)}`];
}

/** Follow from the rest, or number what is compared by name. */
const SILENT = new Set(['hash', 'id', 'version', 'playbook', 'needs']);
const KINDS: Readonly<Record<string, string>> = {
  deployments: 'deployment',
  plays: 'play',
  tasks: 'task',
  handlers: 'handler',
  undo: 'undo',
};

function isNames(value: Json): value is Names {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A list of named things; a name that stands there twice gets a number. */
function byName(value: Json): ReadonlyMap<string, Json> | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const named = new Map<string, Json>();
  for (const each of value as readonly Json[]) {
    const name = isNames(each) ? each['name'] : undefined;
    if (typeof name !== 'string') return undefined;
    let free = name;
    for (let again = 2; named.has(free); again++) free = `${name} (${again})`;
    named.set(free, each);
  }
  return named;
}

/** `deployment "a", play "b": arguments state`. */
function place(path: readonly string[]): string {
  const things = path.filter((each) => each.includes(' "'));
  const words = path.filter((each) => !each.includes(' "'));
  if (words[0] === 'variables' && words.length > 1) {
    const [, host = '', ...name] = words;
    return name.length === 0 ? `host ${host}` : `variable ${name.join('.')} of ${host}`;
  }
  return [things.join(', '), words.join('.')].filter((each) => each !== '').join(': ');
}

function shown(value: Json): string {
  const text = JSON.stringify(value);
  return text.length > 200 ? `${text.slice(0, 197)}...` : text;
}
