import { expect } from 'chai';
import { globToRegExp } from '../../lib/inventory/glob.ts';
import { matchHosts } from '../../lib/inventory/host-pattern.ts';
import { membersOf } from '../../lib/inventory/members.ts';
import { splitPattern } from '../../lib/inventory/pattern-terms.ts';
import { readPythonLiteral } from '../../lib/inventory/python-literal.ts';
import { errorsOf, plain, pythonType, readData, readIni } from './helpers.ts';

type Pattern = string | readonly [string, string];

interface Case {
  readonly name: string;
  readonly ini: string;
  readonly patterns: readonly Pattern[];
}

interface Expected {
  readonly name: string;
  readonly ini: string;
  readonly error?: string;
  readonly groups: Readonly<Record<string, readonly string[]>>;
  readonly children: Readonly<Record<string, readonly string[]>>;
  readonly hostvars: Readonly<Record<string, Readonly<Record<string, readonly [string, unknown]>>>>;
  readonly patterns: Readonly<Record<string, readonly string[] | { readonly error: string }>>;
}

/**
 * Where pgup is stricter than Ansible on purpose (docs/inventory.md): cases that Ansible accepts, by name, and patterns
 * that select nothing for it, by case and pattern.
 */
const STRICTER_CASES: Readonly<Record<string, string>> = {
  'range db[3:1]': 'an empty range is an error: a line that names no host is a typing mistake',
};
const UNMATCHED = 'a term that matches nothing is an error: a mistyped exclusion would widen the target';
const STRICTER_PATTERNS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'pg-prod': {
    '10.1.0.11': UNMATCHED,
    'pg-a1:2222': UNMATCHED,
    'PG-A1': UNMATCHED,
    'pg_replica:!pg-a[2:3]': UNMATCHED,
    '["pg", "typo"]': UNMATCHED,
  },
  'group-named-like-port': { 'web:80': UNMATCHED },
  'host-with-colon-range': { 'h[1:3]': UNMATCHED, 'h[1-3]': UNMATCHED, 'h[12]': UNMATCHED },
};

/** What the release of ansible-core 2.19 made of types that the snapshot kept: lists and text (docs/inventory.md). */
const LISTS = new Set(['tuple', 'set']);
const TEXTS = new Set(['complex', 'ellipsis', 'bytes']);

/** Without rounding: whole numbers beyond a double are read as text. */
function parseExpected(json: string): { readonly cases: readonly Expected[] } {
  return JSON.parse(json.replace(/^(\s*)(-?\d{16,})(,?)$/gm, '$1"$2"$3')) as { readonly cases: readonly Expected[] };
}

/** True where Ansible walks through `all`, whose order changes from run to run. */
function hasNoOrder(pattern: Pattern): boolean {
  const terms = splitPattern(typeof pattern === 'string' ? pattern : pattern[0]).filter((term) => !/^[&!]/.test(term));
  return (
    terms.length === 0 ||
    terms.some((term) => (term.startsWith('~') ? /^~\.?\*?/.test(term) : globToRegExp(term).test('all')))
  );
}

function jsonKey(pattern: Pattern): string {
  return typeof pattern === 'string' ? pattern : `[${pattern.map((part) => JSON.stringify(part)).join(', ')}]`;
}

const cases = JSON.parse(readData('cases.json')) as readonly Case[];
const expected = new Map(
  parseExpected(readData('expected-ansible-core-2.19.json')).cases.map((each) => [each.name, each]),
);

describe('inventory: conformance with ansible-core 2.19', () => {
  it('has an answer for every case', () => {
    expect(cases.length).to.equal(134);
    expect(cases.filter(({ name, ini }) => expected.get(name)?.ini !== ini)).to.deep.equal([]);
  });

  for (const { name, ini, patterns } of cases) {
    it(name, () => {
      const answer = expected.get(name)!;
      const { inventory, problems } = readIni(ini);
      const errors = errorsOf(problems);
      if (answer.error !== undefined) {
        expect(errors, `must be refused as Ansible does: ${answer.error}`).not.to.be.empty;
        const line = /^:(\d+):/.exec(answer.error)?.[1];
        if (line !== undefined) expect(errors[0]?.at?.line).to.equal(Number(line));
        return;
      }
      if (STRICTER_CASES[name] !== undefined) {
        expect(errors, STRICTER_CASES[name]).not.to.be.empty;
        return;
      }
      expect(errors).to.deep.equal([]);
      expect([...inventory.groups.keys()]).to.have.members(Object.keys(answer.groups));
      for (const [group, hosts] of Object.entries(answer.groups)) {
        const members = membersOf(inventory.groups, group);
        if (group === 'all') expect(members).to.have.members([...hosts]);
        else expect(members, group).to.deep.equal(hosts);
        expect(inventory.groups.get(group)?.children, group).to.deep.equal(answer.children[group] ?? []);
      }
      expect([...inventory.hosts.keys()]).to.have.members(Object.keys(answer.hostvars));
      for (const [host, variables] of Object.entries(answer.hostvars)) {
        const ours = inventory.hosts.get(host)!.variables;
        expect([...ours.keys()]).to.have.members(Object.keys(variables));
        for (const [key, [type, value]] of Object.entries(variables)) checkValue(ours.get(key)!.value, type, value);
      }
      for (const pattern of patterns) checkPattern(name, pattern, answer.patterns[jsonKey(pattern)]);

      function checkPattern(
        caseName: string,
        pattern: Pattern,
        wanted: readonly string[] | { readonly error: string } | undefined,
      ): void {
        const [all, limit] = typeof pattern === 'string' ? [pattern, undefined] : pattern;
        const matched = matchHosts({ inventory, pattern: all, limit });
        const reason = STRICTER_PATTERNS[caseName]?.[jsonKey(pattern)];
        if (reason !== undefined) {
          expect(matched.problems, `${jsonKey(pattern)}: ${reason}`).not.to.be.empty;
          return;
        }
        if (wanted === undefined || 'error' in wanted) {
          expect(matched.problems, jsonKey(pattern)).not.to.be.empty;
          return;
        }
        expect(matched.problems, jsonKey(pattern)).to.deep.equal([]);
        if (hasNoOrder(pattern)) expect(matched.hosts, jsonKey(pattern)).to.have.members([...wanted]);
        else expect(matched.hosts, jsonKey(pattern)).to.deep.equal(wanted);
      }
    });
  }
});

function checkValue(ours: Parameters<typeof plain>[0], type: string, value: unknown): void {
  if (LISTS.has(type)) {
    const read = readPythonLiteral(String(value));
    expect(plain(ours)).to.deep.equal(plain(read.kind === 'value' ? read.value : 'unreadable answer'));
  } else if (TEXTS.has(type)) {
    expect(ours).to.equal(value);
  } else {
    expect([pythonType(ours), plain(ours)]).to.deep.equal([type, value]);
  }
}
