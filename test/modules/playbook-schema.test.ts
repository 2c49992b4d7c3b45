import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import { expect } from 'chai';
import { parse } from 'yaml';
import { schemaText } from '../../lib/modules/schema-files.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const FILE = join(ROOT, 'schemas/playbook.schema.json');

/** What only the parser can tell: it looks at more than one place, into expressions, or at the text itself. */
const BEYOND: ReadonlySet<string> = new Set([
  'an unknown argument in args',
  'notify of no handler',
  'two points of no return',
  'a point of no return in rescue',
  'serial in an upgrade playbook',
  'a change under --check in an upgrade',
]);

const STRUCTURAL = ['playbook-syntax', 'unknown-module', 'playbook-unsupported', 'module-arguments'];

interface Case {
  readonly title: string;
  readonly value: unknown;
}

/** The malformed playbooks of the parser's test whose every fault is one of shape, and that are YAML at all. */
function malformed(): readonly Case[] {
  const cases = readFileSync(join(ROOT, 'test/data/playbooks/malformed.txt'), 'utf8').split(/^=== /m).slice(1);
  return cases.flatMap((text) => {
    const title = text.slice(0, text.indexOf('\n'));
    const [yaml = '', expected = ''] = text.slice(title.length + 1).split('--- expected\n');
    const codes = [...expected.matchAll(/^\d+:\d+ (\S+)/gm)].map(([, code]) => code ?? '');
    if (codes.length === 0 || !codes.every((code) => STRUCTURAL.includes(code))) return [];
    try {
      return [{ title, value: parse(yaml, { logLevel: 'silent' }) as unknown }];
    } catch {
      return [];
    }
  });
}

describe('schemas/playbook.schema.json', () => {
  let validate: ValidateFunction;
  before(() => {
    const ajv = new Ajv({ strict: false, allErrors: true });
    validate = ajv.compile(JSON.parse(readFileSync(FILE, 'utf8')) as object);
  });

  const wrong = (value: unknown): readonly string[] =>
    validate(value) ? [] : (validate.errors ?? []).map((each) => `${each.instancePath} ${each.message ?? ''}`);

  it('is what the definitions say: npm run schemas', () => {
    expect(readFileSync(FILE, 'utf8') === schemaText(), 'stale: npm run schemas').to.equal(true);
  });

  const shipped = readdirSync(join(ROOT, 'playbooks'))
    .filter((name) => name.endsWith('.yml'))
    .map((name) => join('playbooks', name));
  for (const file of [...shipped, 'test/data/playbooks/every-word.yml']) {
    it(`takes ${file}`, () => {
      expect(wrong(parse(readFileSync(join(ROOT, file), 'utf8')))).to.deep.equal([]);
    });
  }

  for (const file of shipped) {
    it(`is named in ${file} for editors`, () => {
      const [first] = readFileSync(join(ROOT, file), 'utf8').split('\n');
      expect(first).to.equal('# yaml-language-server: $schema=../schemas/playbook.schema.json');
    });
  }

  it('refuses what is malformed in shape, and only what is listed goes through', () => {
    const cases = malformed();
    expect(cases.length).to.be.at.least(20);
    const through = cases.filter(({ value }) => wrong(value).length === 0).map(({ title }) => title);
    expect(through).to.deep.equal([...BEYOND]);
  });

  const refused: readonly (readonly [string, string])[] = [
    ['an argument that the module has not', '[{hosts: a, tasks: [{file: {path: /x, sate: absent}}]}]'],
    ['a value that is no choice', '[{hosts: a, tasks: [{file: {path: /x, state: gone}}]}]'],
    ['a missing argument', '[{hosts: a, tasks: [{assert: {quiet: true}}]}]'],
    ['two modules', '[{hosts: a, tasks: [{command: x, shell: y}]}]'],
    ['undo in undo', '[{hosts: a, tasks: [{command: x, undo: {command: y, undo: {command: z}}}]}]'],
    ['a block that is empty', '[{hosts: a, tasks: [{block: []}]}]'],
  ];
  for (const [title, text] of refused) {
    it(`refuses ${title}`, () => {
      expect(wrong(parse(text))).to.not.deep.equal([]);
    });
  }

  it('takes expressions wherever a value may stand, and both names of a module', () => {
    const text = `[{hosts: a, tasks: [{ansible.builtin.file: {path: /x, state: '{{ s }}', recurse: '{{ r }}'}},
      {command: {argv: [a, '{{ b }}']}}, {file: path=/x state=absent}, {wait_for: {port: '{{ p }}'}}]}]`;
    expect(wrong(parse(text))).to.deep.equal([]);
  });

  it('says of every word and argument what it is', () => {
    interface Described {
      readonly description?: string;
      readonly $ref?: string;
    }
    const { definitions } = JSON.parse(readFileSync(FILE, 'utf8')) as {
      definitions: Record<string, Described & { properties?: Record<string, Described> }>;
    };
    for (const level of ['play', 'block', 'task']) {
      for (const [name, { $ref, ...own }] of Object.entries(definitions[level]?.properties ?? {})) {
        const { description } = $ref === undefined ? own : (definitions[$ref.replace('#/definitions/', '')] ?? {});
        expect(description, `${level}: ${name}`).to.be.a('string').and.not.equal('');
      }
    }
  });
});
