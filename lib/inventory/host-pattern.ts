import { problem, type ErrorCode, type Position, type Problem } from '../errors.ts';
import { didYouMean } from '../nearest.ts';
import { globToRegExp } from './glob.ts';
import type { Inventory } from './inventory.ts';
import { readLimit } from './limit.ts';
import { membersOf } from './members.ts';
import { splitPattern, type PatternTerm } from './pattern-terms.ts';
import { translatePythonRegExp } from './python-regexp.ts';

export interface MatchOptions {
  readonly inventory: Inventory;
  /** What stands after `hosts:` or `--list-hosts`. Empty: all hosts. */
  readonly pattern: string | readonly string[];
  /** Where the pattern stands. */
  readonly at?: Position | undefined;
  /** What stands after `--limit`. */
  readonly limit?: string | undefined;
  /** What a `--limit @file` is relative to. */
  readonly cwd?: string | undefined;
  /** What a term of the pattern that matches nothing is called; a term of the limit is always `limit-empty`. */
  readonly unmatched?: 'pattern' | 'limit-empty' | undefined;
}

export interface Matched {
  /** Inventory names in Ansible's order. `localhost` may be among them without being in the inventory. */
  readonly hosts: readonly string[];
  readonly problems: readonly Problem[];
}

/** Groups that pgup's own playbooks name: an inventory need not have all of them. */
const OPTIONAL_GROUPS: ReadonlySet<string> = new Set(['nautobot', 'postgresql', 'docker']);
/** Names for the machine that pgup runs on, which no inventory needs to list. */
export const LOCAL_NAMES: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '::1']);

/** The hosts that a pattern selects, cut down to the limit. No problem: every term of both matched something. */
export function matchHosts({ inventory, pattern, at, limit, cwd, unmatched }: MatchOptions): Matched {
  const matcher = new Matcher(inventory, unmatched ?? 'pattern');
  const terms = splitPattern(pattern).map((text) => ({ text, at }));
  let hosts = matcher.select(terms);
  const limited = limit === undefined ? undefined : readLimit({ limit, cwd });
  if (limited) {
    matcher.problems.push(...limited.problems);
    if (limited.terms.length > 0) {
      const allowed = new Set(matcher.select(limited.terms));
      hosts = hosts.filter((host) => allowed.has(host));
    }
  }
  return { hosts: [...new Set(hosts)], problems: matcher.problems };
}

class Matcher {
  readonly problems: Problem[] = [];
  readonly #inventory: Inventory;
  readonly #unmatched: ErrorCode;
  #local: string | undefined;

  constructor(inventory: Inventory, unmatched: ErrorCode) {
    this.#inventory = inventory;
    this.#unmatched = unmatched;
  }

  /** Plain terms add in their order, then `&` terms keep, then `!` terms take away. */
  select(terms: readonly PatternTerm[]): readonly string[] {
    const starting = (sign: string): readonly PatternTerm[] => terms.filter((term) => term.text.startsWith(sign));
    const plain = terms.filter((term) => !/^[&!]/.test(term.text));
    let hosts: string[] = [];
    for (const term of plain.length > 0 ? plain : [{ text: 'all', at: undefined }]) {
      hosts = hosts.concat(this.#exactly(term) ?? this.#resolve(term));
    }
    for (const [sign, keep] of [
      ['&', true],
      ['!', false],
    ] as const) {
      for (const term of starting(sign)) {
        // A host may be called `!x`: then the term adds it. After its sign a term is first of all a group's name.
        const exact = this.#exactly(term);
        if (exact) hosts = hosts.concat(exact);
        else {
          const named = new Set(this.#resolve({ ...term, text: term.text.slice(1) }));
          hosts = hosts.filter((host) => named.has(host) === keep);
        }
      }
    }
    return hosts;
  }

  #exactly({ text }: PatternTerm): readonly string[] | undefined {
    return this.#inventory.hosts.has(text) ? [text] : undefined;
  }

  #resolve(term: PatternTerm): readonly string[] {
    if (term.text === '')
      return this.#refuse('pattern', '"&" and "!" need a host, group or pattern right after them', term);
    const { name, subscript } = splitSubscript(term.text);
    const found = this.#enumerate(name, term);
    if (found === undefined) return this.#noMatch(term, name);
    if (!subscript || found.length === 0) return found;
    const taken = subscript.take(found);
    if (taken.length > 0) return taken;
    return this.#refuse(this.#code(term), `"${term.text}" matches nothing: "${name}" has ${count(found.length)}`, term);
  }

  /** Hosts of the groups that match, then hosts that match; with repetitions, which subscripts count, as in Ansible. */
  #enumerate(name: string, term: PatternTerm): readonly string[] | undefined {
    const test = this.#test(name, term);
    if (!test) return [];
    const { groups, hosts } = this.#inventory;
    const matchingGroups = [...groups.keys()].filter(test);
    const inGroups = matchingGroups.flatMap((group) => membersOf(groups, group));
    const alone = matchingGroups.length === 0 || /^~|[.?*[]/.test(name);
    const found = alone ? inGroups.concat([...hosts.keys()].filter(test)) : inGroups;
    if (found.length === 0 && LOCAL_NAMES.has(name)) return [this.#localName(name)];
    return found.length === 0 && matchingGroups.length === 0 ? undefined : found;
  }

  /** All local names mean the same machine: the one in the inventory, or as it is called first. */
  #localName(name: string): string {
    this.#local ??= [...this.#inventory.hosts.keys()].find((each) => LOCAL_NAMES.has(each)) ?? name;
    return this.#local;
  }

  #test(name: string, term: PatternTerm): ((candidate: string) => boolean) | undefined {
    if (!name.startsWith('~')) {
      const glob = globToRegExp(name);
      return (candidate) => glob.test(candidate);
    }
    const translated = translatePythonRegExp(name.slice(1));
    if (translated.kind === 'regexp') return (candidate) => translated.regexp.test(candidate);
    this.#refuse('pattern', `"${term.text}" cannot be used as a regular expression: ${translated.reason}`, term);
    return undefined;
  }

  #noMatch(term: PatternTerm, name: string): readonly string[] {
    if (term.limit !== true && OPTIONAL_GROUPS.has(term.text)) return [];
    const { groups, hosts } = this.#inventory;
    const hint = name === term.text ? didYouMean(name, [...groups.keys(), ...hosts.keys()]) : '';
    const subscript = name === term.text ? '' : `: no group "${name}" to take hosts from (ranges are for inventories)`;
    return this.#refuse(this.#code(term), `"${term.text}" matches no host and no group${hint}${subscript}`, term);
  }

  #code(term: PatternTerm): ErrorCode {
    return term.limit === true ? 'limit-empty' : this.#unmatched;
  }

  #refuse(code: ErrorCode, text: string, term: PatternTerm): readonly string[] {
    this.problems.push(problem(code, term.limit === true ? `--limit: ${text}` : text, term.at));
    return [];
  }
}

interface Subscript {
  take(hosts: readonly string[]): readonly string[];
}

const SUBSCRIPT = /^(.+)\[(?:(-?[0-9]+)|([0-9]+)[:-]([0-9]*))\]$/s;

/** `web[0]`, `web[-1]`, `web[1:3]` (both ends in), `web[1:]`. In a `~regex` brackets are the expression's own. */
function splitSubscript(text: string): { readonly name: string; readonly subscript?: Subscript } {
  const match = text.startsWith('~') ? null : SUBSCRIPT.exec(text);
  const [, name, index, start, end] = match ?? [];
  if (name === undefined) return { name: text };
  if (index !== undefined) return { name, subscript: { take: (hosts) => only(hosts.at(Number(index))) } };
  const from = Number(start);
  const to = end === '' || end === undefined ? Infinity : Number(end);
  // Ansible takes an end of 0 for no end at all: `web[2:0]` is `web[2]`.
  if (to === 0) return { name, subscript: { take: (hosts) => only(hosts[from]) } };
  return { name, subscript: { take: (hosts) => hosts.slice(from, to + 1) } };
}

function only(host: string | undefined): readonly string[] {
  return host === undefined ? [] : [host];
}

function count(hosts: number): string {
  return hosts === 1 ? '1 host' : `${hosts} hosts`;
}
