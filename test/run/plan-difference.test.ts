import { expect } from 'chai';
import type { Json } from '../../lib/playbook/plan-shape.ts';
import { planDifferences } from '../../lib/run/plan-difference.ts';

const stop = { id: '1.1', name: 'Stop', module: 'act', arguments: { unit: 'nautobot', state: 'stopped' } };
const start = { id: '1.2', name: 'Start', module: 'act', arguments: { unit: 'nautobot', state: 'started' } };
const planOf = (tasks: readonly Json[], target = '17'): Json => ({
  hash: target,
  deployments: [
    { name: 'ams', plays: [{ name: 'Work', hosts: ['db1'], tasks }], variables: { db1: { pgup_target: target } } },
  ],
});

describe('the difference between two plans', () => {
  const cases: readonly (readonly [string, Json, Json, readonly string[]])[] = [
    ['nothing, whatever the order of names', planOf([stop]), JSON.parse(reordered(planOf([stop]))) as Json, []],
    [
      'a variable, by its name and host',
      planOf([stop], '16'),
      planOf([stop]),
      ['variable pgup_target of db1 was "16" and is "17"'],
    ],
    [
      'an argument, in its play and task',
      planOf([stop]),
      planOf([{ ...stop, arguments: { ...stop.arguments, state: 'killed' } }]),
      ['deployment "ams", play "Work", task "Stop": arguments.state was "stopped" and is "killed"'],
    ],
    [
      'a task more, though all behind it are numbered anew',
      planOf([{ ...start, id: '1.1' }]),
      planOf([stop, start]),
      ['deployment "ams", play "Work", task "Stop" was added'],
    ],
    [
      'another order of tasks',
      planOf([stop, start]),
      planOf([start, stop]),
      ['deployment "ams", play "Work": tasks: another order'],
    ],
    [
      'a task less, where two have one name',
      planOf([stop, stop]),
      planOf([stop]),
      ['deployment "ams", play "Work", task "Stop (2)" was taken away'],
    ],
  ];
  for (const [what, then, now, expected] of cases) {
    it(`is ${what}`, () => {
      expect(planDifferences(then, now)).to.deep.equal(expected);
    });
  }

  it('is cut short where it is another plan altogether', () => {
    const many = (prefix: string) => planOf(Array.from({ length: 30 }, (_, n) => ({ ...stop, name: `${prefix}${n}` })));
    const lines = planDifferences(many('a'), many('b'));
    expect(lines).to.have.length(21);
    expect(lines.at(-1)).to.equal('and 40 more');
  });
});

function reordered(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(reordered).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const pairs = Object.entries(value).reverse();
  return `{${pairs.map(([name, each]) => `${JSON.stringify(name)}:${reordered(each)}`).join(',')}}`;
}
