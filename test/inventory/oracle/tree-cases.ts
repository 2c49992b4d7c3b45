import { seeded } from './seeded.ts';

/** Files with the arguments that they are read with. */
export interface TreeCase {
  readonly files: Readonly<Record<string, string>>;
  readonly sources: readonly string[];
  readonly extraVars: readonly string[];
}

const GROUPS = ['a', 'b', 'web', 'web-2', 'db', 'all', 'ungrouped', 'x.y', '80', 'B'];
const HOSTS = [
  'h1',
  'h2',
  'web1',
  'db-a',
  'x.y.z',
  '10.0.0.1',
  'a',
  'H1',
  'web[1:3]',
  'w[a:c]:22',
  '[::1]:22',
  'h1:2222',
  'h[01:02]',
];
const KEYS = [
  'v',
  'w',
  'v',
  'w',
  'my-key',
  'ansible_port',
  'ansible_host',
  'ansible_group_priority',
  '1',
  "'2'",
  '"q q"',
  'ü',
  'null',
  '1.5',
];
/** What stands after `key: `; a line break in it is indented by whoever uses it. */
const SCALARS = [
  ...[
    '1',
    '0',
    '-1',
    '+1',
    '00',
    '007',
    '0644',
    '-0644',
    '0o17',
    '0x1F',
    '0XFF',
    '0b11',
    '1_000',
    '1__0',
    '_1',
    '1_',
    '9007199254740993',
  ],
  ...[
    '99999999999999999999',
    '1.0',
    '1.',
    '.5',
    '-.5',
    '+.5',
    '1.50',
    '1e3',
    '1.0e3',
    '1.0e+3',
    '1.e+3',
    '1_0.5',
    '.inf',
    '-.INF',
    '.NaN',
    '1e999',
  ],
  ...[
    '10:20',
    '190:20:30',
    '190:20:30.15',
    '1:60',
    '0:30',
    '-1:30',
    '16.10',
    '9.6',
    '1.2.3',
    '10.0.0.1',
    'fe80::1',
    '08',
    '09.5',
    '0.0',
  ],
  ...[
    'yes',
    'No',
    'on',
    'OFF',
    'true',
    'False',
    'TRUE',
    'y',
    'n',
    'Y',
    'yEs',
    'null',
    'Null',
    '~',
    'NULL',
    'nUll',
    '',
    'none',
    'None',
  ],
  ...['2024-01-01', '2024-1-1', '12:30:45', '=', '<<', '-', '- x', '?', ':', ': x', 'a:b', 'a :b'],
  ...[
    'a: b',
    '"a"',
    "'a'",
    "'it''s'",
    '"\\x41\\n\\u00e9\\/"',
    '"\\q"',
    '"a',
    "'a",
    'a"b',
    "a'b",
    '"a" b',
    'a # c',
    'a#c',
    '# c',
    '"a#c"',
    '\ta',
    'a\t',
  ],
  ...[
    '[1, 2]',
    '[a, "b", [c]]',
    '[]',
    '{}',
    '{a: 1}',
    '{a: 1, b: [x, {c: ~}]}',
    '[1, 2',
    '{a: 1',
    '[a b, c]',
    '[,]',
    '[a,]',
    '{a}',
    '{a, b: }',
    '[a: 1]',
  ],
  ...[
    '{{ x }}',
    '"{{ x }}"',
    "'{{ x }}'",
    '{{ x }} y',
    'x {{ y }}',
    '{% if %}',
    '@x',
    '`x`',
    '%x',
    '&a 1',
    '*a',
    '*nope',
    '!x y',
    '!!str 5',
    '!!int "5"',
  ],
  ...[
    '!!int x',
    '!!float 1',
    '!!bool yes',
    '!!null ""',
    '!unsafe x',
    '!!set {a, b}',
    '!!binary aGk=',
    '! 5',
    '!!python/name:x y',
    '!!map {a: 1}',
    '!!seq [1]',
  ],
  ...[
    '|\n  one\n  two\n',
    '>\n  one\n  two\n\n  three\n',
    '|-\n  x\n',
    '|+\n  x\n\n',
    '>-\n  a\n   b\n  c\n',
    '|2\n    x\n',
    '\n  - 1\n  - two\n',
    '\n  k: v\n  l: 2\n',
  ],
  ...[
    '\n- 1\n- 2',
    '"two\n  lines"',
    'two\n  lines',
    "'x\n\n  y'",
    '&d {a: 1}',
    '&d\n  a: 1',
    '\n  <<: {a: 1}\n  b: 2',
    '\n  <<: [{a: 1}, {a: 2, c: 3}]\n  a: 0',
  ],
  ...[
    '\n  <<: 5',
    '\n  "<<": 5',
    '\n  a: 1\n  a: 2',
    '\n  ? k\n  : v',
    '\n  ? [k]\n  : v',

    '\n  true: a',
    '\n  ~: a',
    '\n  1.0: a',
  ],
  ...[
    '"\\ud83d\\ude00"',
    '😀',
    '\u00a0',
    'é',
    '\u2028x',
    '"\u0007"',
    'x\u0000',
    '\u0085x',
    '--- x',
    '... x',
    '12e03',
    '-0',
    '+0',
    '0.',
    '1,000',
    '~x',
    'null x',
  ],
];
const NASTY_VALUES = [
  '1',
  "'1'",
  '"1"',
  'a b',
  '"a b"',
  "'a b'",
  "a'b",
  'a\\ b',
  'a\\"b',
  '"a\\"b"',
  "'it''s'",
  '[1,2]',
  '"[1, 2]"',
  '{"k":1}',
  '{{ x }}',
  "'{{ x }} y'",
];
const EXTRA = [
  ...[
    'v=1',
    'v="a b"',
    "v='a b'",
    'v=a w=b',
    'v=a\tw=b',
    'v=a\nw=b',
    ' v=1 ',
    'v= 1',
    'v =1',
    'v',
    '=1',
    'v=',
    'v==1',
    'v=a=b',
    'v="a',
    "v='a",
    'v=a"b"c',
    '"v=1"',
  ],
  ...[
    'v=\\n',
    'v="\\n"',
    'v=\\u0041',
    'v=a\\=b',
    'a\\=b=c',
    'v={{ x }}',
    'v={{ x y }}',
    'v="{{ x }} y"',
    'v={{ x',
    'v=}}',
    'v={% x %}',
    'v={# x #}',
    'v=#x',
    'v=a#x',
  ],
  ...[
    '{"v": 1}',
    "{'v': 'x'}",
    '{v: yes, w: [1, 2.0]}',
    '{v: 1',
    '[1, 2]',
    '{}',
    '{"v": 1, "v": 2}',
    '@extra.yml',
    '@extra.json',
    '@nofile.yml',
    '@',
    '/x',
    './x',
    '"',
    '\\',
    'v=\\',
  ],
  ...[
    'v=\\"a\\"',
    "v=\\'a b\\'",
    'v=a\\ b',
    'v="a\\ b"',
    'v=é',
    '1=2',
    'my-key=1',
    'v=[1, 2]',
    'v=[1,2]',
    'v={"a": 1}',
    'v={"a":1}',
    "v='x'y",
    'v="x" "y"',
    'v=1 v=2',
  ],
];

/** A tree of inventories, variable files and `-e` arguments. */
export function treeCase(seed: number): TreeCase {
  const { below, pick, chance, times } = seeded(seed);
  const indent = (text: string, by: number): string => text.replaceAll('\n', `\n${' '.repeat(by)}`);
  const tame = chance(0.7);
  const calm = SCALARS.filter(
    (each) =>
      !/^(?:: x|a: b|["']a|"\\q"|\[1, 2$|\{a: 1$|\[,|\{\{ x|\{%|@|`|%|\*|!x|!!int x|!!py|"a" b|- x|\u0085|x\0|"\u0007|! |!!set|!!bin|\n {2}<<: 5|\n {2}\?|\n- 1)/.test(
        each,
      ),
  );
  const scalar = (): string => pick(tame ? calm : SCALARS);
  const entry = (by: number): string =>
    `${' '.repeat(by)}${pick(tame ? KEYS.slice(0, 9) : KEYS)}: ${indent(scalar(), by + 2)}`;
  const variables = (by: number, most = 3): string => times(most, () => entry(by)).join('\n');
  const group = (by: number, depth: number): string => {
    const pad = ' '.repeat(by);
    const parts: string[] = [];
    if (chance(0.8)) {
      const hosts = times(3, () => {
        const name = pick(HOSTS);
        const key = chance(0.7) || /^\[|:/.test(name) ? `"${name}"` : name;
        const own = chance(0.6) ? '' : chance(0.5) ? ` {v: ${pick(['1', 'x', 'yes'])}}` : `\n${variables(by + 6, 2)}`;
        return `${pad}    ${key}:${own}`;
      });
      parts.push(`${pad}  hosts:\n${hosts.join('\n')}`);
    }
    if (chance(0.5)) parts.push(`${pad}  vars:\n${variables(by + 4)}`);
    if (depth < 2 && chance(0.5)) {
      parts.push(
        `${pad}  children:\n${times(2, () => `${pad}    ${pick(GROUPS)}:\n${group(by + 4, depth + 1)}`).join('\n')}`,
      );
    }
    if (!tame && chance(0.1))
      parts.push(
        `${pad}  ${pick(['host: {h1: }', 'hosts: h9', 'hosts: [h1]', 'vars: x', 'children: web', 'x: 1', 'hosts: ~', 'vars: []', 'h1:'])}`,
      );
    return parts.join('\n');
  };
  const yaml = (): string =>
    (chance(0.3) ? '---\n' : '') +
    [...new Set(times(3, () => pick(GROUPS)).concat(['all']))]
      .map((name) => `${/^\d/.test(name) ? `"${name}"` : name}:\n${group(0, 0)}`)
      .join('\n') +
    pick(['\n', '', '\n...\n']);
  const iniAssignment = (): string => `${pick(['v', 'w', 'ansible_port'])}=${pick(NASTY_VALUES).replaceAll(' ', '')}`;
  const ini = (): string =>
    [
      ...times(3, () => [pick(['h1', 'h2', 'web[1:2]', 'x.y.z']), ...times(2, iniAssignment)].join(' ')),
      ...times(3, () => `[${pick(GROUPS)}]\n${times(2, () => pick(['h1', 'web1', 'h2 v=1', 'a'])).join('\n')}`),
      ...(chance(0.5) ? [`[a]\n[b]\n[a:children]\nb\n[a:vars]\nv=${pick(NASTY_VALUES)}`] : []),
    ].join('\n');

  const files: Record<string, string> = {};
  const folders = chance(0.3) ? ['one', 'two'] : ['one'];
  const sources: string[] = [];
  for (const folder of folders) {
    const useYaml = chance(0.6);
    const name = `${folder}/${pick(useYaml ? ['hosts.yml', 'inv.yaml', 'inv.json.yml'] : ['hosts', 'hosts.ini', 'inv.prod', 'x.conf'])}`;
    files[name] = useYaml ? yaml() : ini();
    if (chance(0.2)) files[`${folder}/more.ini`] = ini();
    sources.push(chance(0.3) ? folder : name);
    for (const side of ['group_vars', 'host_vars']) {
      for (const owner of times(3, () =>
        pick(side === 'group_vars' ? GROUPS : ['h1', 'h2', 'web1', 'web2', 'x.y.z', 'a', '10.0.0.1', '::1']),
      )) {
        const place = pick([
          '',
          '',
          '.yml',
          '.yaml',
          '.json',
          '/main.yml',
          '/a',
          '/b.json',
          '/sub/x.yml',
          '/.hidden.yml',
          '/x~',
          '/x.txt',
          '.txt',
          '.yml/x.yml',
        ]);
        if (Object.keys(files).some((each) => each.startsWith(`${folder}/${side}/${owner}`) && !place.startsWith('/')))
          continue;
        if (place.startsWith('/') && files[`${folder}/${side}/${owner}`] !== undefined) continue;
        files[`${folder}/${side}/${owner}${place}`] =
          place.endsWith('.json') && chance(0.7)
            ? pick(['{"v": 1}', '{"v": 1e3, "w": "x"}', '{"v": null, "w": [1, 2.5]}', '{"v": "\\u00e9"}'])
            : pick(['', '', '---\n']) + variables(0) + pick(['\n', '']);
      }
    }
  }
  if (chance(0.1)) sources.push(pick(['h1,h9', 'h8,', 'web1:22,h1', 'a,b', '[::1]:22,x']));
  files['extra.yml'] = variables(0, 2);
  files['extra.json'] = '{"v": 1.0, "w": {"a": [true, null]}}';
  const extraVars = chance(0.4) ? times(2, () => (tame ? EXTRA[below(8)] : pick(EXTRA)) ?? '') : [];
  return { files, sources, extraVars };
}
