import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { ProblemsError } from '../../../lib/errors.ts';
import { Float, type Value, type ValueMap } from '../../../lib/inventory/inventory.ts';
import { condition, isConstant, renderOptional } from '../../../lib/playbook/expressions.ts';
import type { Scope } from '../../../lib/playbook/playbook.ts';
import { makeScope } from '../../../lib/playbook/scope.ts';
import { readYaml } from '../../../lib/inventory/yaml.ts';
import { DEVIATIONS } from './deviations.ts';

/** What Ansible answers: see test/data/expressions/README.md. */
type Answer = { readonly value: Tagged } | { readonly error: 'undefined' | 'other' };
type Tagged =
  | null
  | boolean
  | string
  | { readonly int: string }
  | { readonly float: string }
  | { readonly list: readonly Tagged[] }
  | { readonly map: readonly (readonly [string, Tagged])[] };

const folder = 'test/data/expressions';
const { answers } = JSON.parse(readFileSync(`${folder}/answers.json`, 'utf8')) as {
  readonly answers: Readonly<Record<string, Answer>>;
};

function tagged(value: Value): Tagged {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'bigint') return { int: String(value) };
  if (value instanceof Float) return { float: pythonFloat(value.value) };
  if (Array.isArray(value)) return { list: value.map((each: Value) => tagged(each)) };
  return { map: Object.entries<Value>(value as ValueMap).map(([name, each]) => [name, tagged(each)] as const) };
}

/** A float by its value, whatever the text: what is compared is the number. */
function pythonFloat(value: number): string {
  return Number.isNaN(value) ? 'nan' : value === Infinity ? 'inf' : value === -Infinity ? '-inf' : String(value);
}

function comparable(answer: Answer): Answer {
  const normal = (value: Tagged): Tagged => {
    if (value === null || typeof value !== 'object') return value;
    if ('float' in value) return { float: pythonFloat(Number(value.float.replace('inf', 'Infinity'))) };
    if ('list' in value) return { list: value.list.map(normal) };
    return 'map' in value ? { map: value.map.map(([name, each]) => [name, normal(each)] as const) } : value;
  };
  return 'value' in answer ? { value: normal(answer.value) } : answer;
}

function scope(): Scope {
  const file = `${folder}/variables.yml`;
  const { value, places } = readYaml({ text: readFileSync(file, 'utf8'), file });
  const variables = value as ValueMap;
  return makeScope({
    layers: [
      {
        trusted: true,
        get: (name) => {
          const found = Object.hasOwn(variables, name) ? variables[name] : undefined;
          return found === undefined ? undefined : { value: found, at: places.at, places: places.inside?.get(name) };
        },
        names: () => Object.keys(variables),
      },
    ],
  });
}

function ours(text: string): Answer {
  const at = { file: 'case', line: 1, column: 1 };
  try {
    if (text.startsWith('?')) return { value: condition([{ kind: 'expression', text: text.slice(1), at }], scope()) };
    const value = renderOptional({ kind: 'template', source: text, constant: isConstant(text), at }, scope());
    return value === undefined ? { error: 'other' } : { value: tagged(value) };
  } catch (thrown) {
    if (!(thrown instanceof ProblemsError)) throw thrown;
    expect(thrown.problems[0]?.at).to.have.property('line');
    return { error: thrown.code === 'undefined-name' ? 'undefined' : 'other' };
  }
}

describe('expressions, beside ansible-core 2.19', () => {
  const cases = readFileSync(`${folder}/cases.txt`, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('# '));

  it('has at least 400 cases, all of them answered', () => {
    expect(cases.length).to.be.at.least(400);
    expect(cases.filter((each) => !Object.hasOwn(answers, each))).to.deep.equal([]);
  });

  for (const text of cases) {
    const deviation = DEVIATIONS.get(text);
    it(deviation === undefined ? text : `${text} (differs: ${deviation.why})`, () => {
      const theirs = comparable(answers[text] ?? { error: 'other' });
      const answer = ours(text.replaceAll('⏎', '\n'));
      expect(comparable(answer)).to.deep.equal(deviation ? comparable(deviation.ours) : theirs);
      if (deviation) expect(comparable(deviation.ours), 'the deviation is none').to.not.deep.equal(theirs);
    });
  }

  it('lists no deviation that is not among the cases', () => {
    expect([...DEVIATIONS.keys()].filter((each) => !cases.includes(each))).to.deep.equal([]);
  });
});
