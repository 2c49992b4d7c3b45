import { seeded } from './seeded.ts';

/** One inventory with patterns to ask of it. A pattern with a limit is a pair. */
export interface RandomCase {
  readonly ini: string;
  readonly patterns: readonly (string | readonly [string, string])[];
}

const GROUPS = ['a', 'b', 'B', 'web', 'web-2', 'db', 'dc1', 'p', 'q', 'x.y', '80', 'ungrouped', 'all', 'h1'];
const HOSTS = [
  'h1',
  'h2',
  'h3',
  'web1',
  'web2',
  'db-a',
  'db-b',
  'H1',
  'x.y.z',
  '10.0.0.1',
  'fe80::1',
  'localhost',
  'hôst',
  'a',
];
const HOST_PIECES = [
  'h',
  'db',
  '-',
  '.',
  '_',
  '1',
  '[1:3]',
  '[01:03]',
  '[a:c]',
  '[a:C]',
  '[0:4:2]',
  '[:2]',
  '[1:]',
  '[3:1]',
  '[3:1:-1]',
  '[-1:1]',
  '[ab:cd]',
  '[1:2:0]',
  '[09:10]',
  '[9:011]',
  '[1-2]',
  '[',
  ']',
  '|',
  ':',
  ':22',
  ':0',
  '*',
  '!',
  'ü',
  '/',
  '=',
  ',',
  '@',
  '10.0.0.',
  'fe80::',
  '[fe80::1]',
  '[fe80::[1:2]]',
  '::1',
  '[x:z:2]',
  '[1:3',
  '(',
  '٣',
  '[٣:٤]',
  '[+1:2]',
  '[1_0:1_2]',
];
const LITERALS = [
  '1',
  '-1',
  '+1',
  '--1',
  '- 1',
  '0',
  '00',
  '0_0',
  '007',
  '0644',
  '0o644',
  '0O17',
  '0x1F',
  '0X_ff',
  '0b101',
  '0b',
  '0b2',
  '1_000',
  '1__0',
  '1_',
  '_1',
  '1.',
  '.5',
  '1.5',
  '-1.5',
  '1e3',
  '1E-7',
  '1e16',
  '1e22',
  '123456789.123456789',
  '1e999',
  '-0.0',
  '1_0.5_0',
  '00.5',
  '09.5',
  '1j',
  '-1j',
  '1+1j',
  '1-1j',
  '-1+2.5j',
  '1.5+0j',
  '(1)+(2j)',
  '1+1',
  '1 + 1j + 1j',
  '9007199254740993',
  '99999999999999999999',
  '-99999999999999999999',
  'True',
  'False',
  'None',
  'true',
  'no',
  'null',
  'TRUE',
  '...',
  '[...]',
  '[]',
  '[1]',
  '[1,2]',
  '[1, 2,]',
  '[,]',
  '[[1], [2]]',
  '()',
  '(1)',
  '(1,)',
  '(1, 2)',
  '1,',
  '1,2',
  ',',
  '{}',
  '{1}',
  '{1,1.0,True}',
  "{'a':1}",
  '{"a": 1, "b": [1, 2.0, None]}',
  '{"a":1,"a":2}',
  '{1:2}',
  '{1:"x",True:"y"}',
  '{None:1}',
  '{1.5:1}',
  '{(1,2):3}',
  '{[1]:2}',
  '[{[1]:2}, x]',
  '[x, {[1]:2}]',
  '{{1}}',
  '{{ x }}',
  '{{ 1 }}',
  "{{ 'x' }}",
  '{**x}',
  '{1:2, 3}',
  'set()',
  'set( )',
  '(set)()',
  'set(1)',
  '-set()',
  'dict()',
  "'a'",
  '"a"',
  "'a' 'b'",
  '\'a\' "b"',
  "'a'b",
  "'''a'''",
  '"""a"b"""',
  "''",
  "'a",
  "u'x'",
  "U'x'",
  "b'x'",
  "b'\\xff'",
  "b'ü'",
  "'a' b'b'",
  "r'\\n'",
  "rb'\\x'",
  "bR'y'",
  "ur'x'",
  "f'x'",
  "['a', f'x']",
  "'\\n'",
  "'\\x41'",
  "'\\x4'",
  "'\\u0041'",
  "'\\U0001F600'",
  "'\\U00110000'",
  "'\\101'",
  "'\\777'",
  "'\\8'",
  "'\\q'",
  "'\\\\'",
  "'\\''",
  "'a\\'b'",
  "'ü€😀'",
  'a',
  'a b',
  'a # b',
  '# b',
  '1 # b',
  "'a' # b",
  '1 2',
  '1.2.3',
  '10:20',
  'a=b',
  '=',
  '==1',
  '@x',
  '!vault',
  'C:\\x',
  '~/.ssh/id',
  '/path',
  '1L',
  '1if',
  '0xg',
  '1e',
  'inf',
  'nan',
  'lambda: 1',
  'not True',
  '~1',
  '1 if 1 else 2',
  'x.y',
  '[x]',
  "[1, 'a', (2, 3), {'b': b'c'}]",
  '(((1)))',
  '[(1),(2,)]',
  '[1 , 2 ]',
  '[1\t,2]',
  "{'a' : 1 , }",
  '-(1)',
  '-True',
  '+1.5',
  '[-1, +2]',
  "'a' + 'b'",
  "'a'*3",
  '\\',
  '1\\',
  '\\1',
  '"a"  # c',
  '\u00a0',
  '1\u00a0',
  '𝟙',
  '١',
  'é',
  "'\\N{DASH}x",
];
/** Literals that Ansible, or pgup, refuses: a list as a key, keys that are no text, a character by its name. */
const REFUSED_LITERAL = /\{\[1\]|^\{\{[1 ']|\(1,2\):|\\N\{|^\{\{ 1/;
const TERMS = [
  'all',
  '*',
  'a',
  'b',
  'web',
  'web*',
  'db',
  'h1',
  'h?',
  'h[12]',
  'h[!1]',
  '[ab]',
  'web[0]',
  'web[-1]',
  'web[0:1]',
  'web[1:]',
  'web[1:0]',
  'web[0:0]',
  'a[5]',
  'b[-9]',
  'p[1-2]',
  'q[:2]',
  'h[1:3]',
  '~h',
  '~^h[12]$',
  '~.*a',
  '~(h|w)',
  '~h(?=1)',
  '~\\w+\\d',
  '~[',
  '~',
  '~*',
  'typo',
  'dc1',
  'p',
  'q',
  'ungrouped',
  'x.y',
  'x.y*',
  '10.0.0.1',
  '10.0.0.*',
  'fe80::1',
  '80',
  'localhost',
  '127.0.0.1',
  'B',
  'H1',
  '[',
  ']',
  '*[0]',
  'web*[1]',
  '@x',
  'hôst',
  'x.?',
  '-',
  'a-b',
  'h1:22',
  '[a-c-e]*',
  '[]a]*',
  '[!a-c]*',
  '[z-a]*',
  '',
];

/** A case that the seed decides: the same seed gives the same case for ever. */
export function randomCase(seed: number): RandomCase {
  const { below, pick, chance, times } = seeded(seed);

  /** Most cases avoid what is known to be refused, so that there is something to compare. */
  const tame = chance(0.85);
  const tameLiterals = LITERALS.filter((each) => !REFUSED_LITERAL.test(each));
  const literal = (): string => {
    const one = pick(tame ? tameLiterals : LITERALS);
    if (!chance(0.2)) return one;
    // Cut somewhere, and something else put there: what no list of examples has.
    const [head, tail] = [Array.from(one), Array.from(pick(tameLiterals))];
    const at = below(head.length + 1);
    const end = chance(0.5) ? head.slice(at + below(2)) : [];
    const mixed = [...head.slice(0, at), ...tail.slice(below(tail.length)), ...end].join('');
    return REFUSED_LITERAL.test(mixed) || /^\s|\s$/.test(mixed) ? one : mixed;
  };
  const named = new Set<string>();
  const groupAfter = (name: string): string => pick(tame ? GROUPS.slice(GROUPS.indexOf(name) + 1, -2) : GROUPS) || 'q';

  const hostName = (): string =>
    chance(tame ? 0.9 : 0.6) ? pick(HOSTS) : times(tame ? 2 : 4, () => pick(HOST_PIECES)).join('') || 'h1';
  const inlineValue = (): string => {
    const value = literal();
    if (chance(0.4) && !(tame && /["'\\]/.test(value))) return value.replaceAll(' ', '');
    if (chance(0.5) && !value.includes("'")) return `'${value}'`;
    return tame || chance(0.9) ? `"${value.replace(/["\\]/g, '\\$&')}"` : `"${value}`;
  };
  const assignment = (): string => {
    const name = chance(0.7)
      ? `v${below(4)}`
      : pick(['ansible_port', 'ansible_group_priority', '', 'a.b', 'my-key', 'ü', '"q q"']);
    return tame || chance(0.97) ? `${name}=${inlineValue()}` : pick(['loose', 'a = 1', '# c', 'b#=1', ';', "'q'"]);
  };
  const hostLine = (): string =>
    [hostName(), ...times(3, assignment)].join(pick([' ', '  ', '\t'])) +
    (chance(0.1) ? pick(tame ? ['#c', ' # c'] : ['#c', ' # c', ' ; c', '\\']) : '');
  const variableLine = (): string => {
    const equals = pick(['=', ' = ', '= ', ' =']);
    if (chance(0.12))
      return `ansible_group_priority${equals}${pick(['10', '-5', "'7'", '1.9', '2', 'True', ...(tame ? [] : ['x', '[]', 'None'])])}`;
    return tame || chance(0.98)
      ? `${pick(['v0', 'v1', 'v2', 'v3', 'my key', '', 'a.b'])}${equals}${literal()}`
      : pick(['no assignment', 'a: 1']);
  };
  const childLine = (parent: string): string => {
    const child = groupAfter(parent);
    named.add(child);
    return child + (chance(0.05) ? pick(tame ? [' # c'] : [' x', ':y', '[1:2]', ' ; c']) : '');
  };
  const section = (): string => {
    const name = pick(GROUPS);
    const kind = below(10);
    named.add(name);
    const header =
      kind < 5 ? `[${name}]` : kind < 7 ? `[${name}:vars]` : kind < 9 ? `[${name}:children]` : `[${name}:hosts]`;
    const oddities = [`[ ${name} ]`, `[${name}:var]`, `[${name}`, `[${name}:]`, `[]`, '[a b]', `[${name}] ; c`];
    const line = kind < 5 || kind === 9 ? hostLine : kind < 7 ? variableLine : () => childLine(name);
    return [(!tame && chance(0.1) ? pick(oddities) : header) + (chance(0.1) ? ' # c' : ''), ...times(4, line)].join(
      '\n',
    );
  };
  const noise = (): string => pick(['', '', '# comment', '; comment', '  ', '\t# x', '\u2028', '\x0c', '\x1c']);
  const lines = [...times(2, hostLine), ...times(6, section), noise(), ...times(2, section)];
  if (tame) for (const name of named) lines.push(`[${name}]`);
  const indent = chance(0.1) ? '  ' : '';
  const ini = lines.map((line) => indent + line).join(pick(['\n', '\n', '\n', '\r\n', '\n\n'])) + pick(['\n', '']);

  const term = (): string => `${pick(['', '', '', '', '!', '&'])}${pick(TERMS)}`;
  const pattern = (): string => [term(), ...times(2, term)].join(pick([':', ',', ', ', ' ', ':']));
  return { ini, patterns: times(6, () => (chance(0.25) ? ([pattern(), pattern()] as const) : pattern())) };
}
