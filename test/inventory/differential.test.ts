import { join } from 'node:path';
import { expect } from 'chai';
import { ansibleCore } from '../differential/ansible-core.ts';
import { readData } from './helpers.ts';
import { askAnsible, askAnsibleOfTrees, type Recorded } from './oracle/ask-ansible.ts';
import { compareTree } from './oracle/compare-tree.ts';
import { compareCase, type Verdict } from './oracle/compare.ts';
import { hostileCase } from './oracle/hostile-cases.ts';
import { randomCase } from './oracle/random-cases.ts';
import { treeCase } from './oracle/tree-cases.ts';

/** How many fresh cases of each kind are asked, and from which seed on: `PGUP_FUZZ_CASES=5000 PGUP_FUZZ_SEED=1`. */
const COUNT = Number(process.env['PGUP_FUZZ_CASES'] ?? 300);
const FIRST = Number(process.env['PGUP_FUZZ_SEED'] ?? 1);

/**
 * Inventories, patterns, variable files and -e made at random, read by ansible-core and by pgup. The answers to some
 * are kept as data (`oracle/record.ts` makes them); fresh ones are asked of an ansible-core that the test installs.
 */
describe('inventory: differential with ansible-core', function () {
  this.timeout(60_000 + 100 * COUNT);
  let python: string;
  before(async function () {
    this.timeout(600_000);
    python = join(await ansibleCore(), 'python');
  });

  it('reads random inventories as the kept answers have it', () => {
    const { cases } = JSON.parse(readData('random-answers.json')) as Recorded;
    expect(cases.length).to.be.at.least(200);
    const verdicts = cases.map(([each, answer]) => compareCase(each, answer));
    expect(wrongOf(verdicts)).to.deep.equal([]);
    expect(verdicts.filter((verdict) => verdict.kind === 'same').length).to.be.above(0.9 * cases.length);
    // A comparison of refusals alone would prove little.
    expect(cases.filter(([, answer]) => answer.error === undefined).length).to.be.above(0.6 * cases.length);
  });

  it('reads fresh random inventories and patterns as ansible-core does', () => {
    compare(randomCase, (cases) => askAnsible(python, cases), compareCase, 0.6);
  });

  it('reads lines and patterns of noise as ansible-core does', () => {
    compare(hostileCase, (cases) => askAnsible(python, cases), compareCase, 0.3);
  });

  it('reads YAML inventories, variable files, several sources and -e as ansible-core does', () => {
    compare(treeCase, (cases) => askAnsibleOfTrees(python, cases), compareTree, 0.3, Math.ceil(COUNT / 5));
  });
});

/** `read` is the share of cases that Ansible must have read, or the comparison would be one of refusals. */
function compare<Case, Answered extends { readonly error?: string }>(
  make: (seed: number) => Case,
  ask: (cases: readonly Case[]) => readonly Answered[],
  judge: (each: Case, answer: Answered) => Verdict,
  read: number,
  count = COUNT,
): void {
  const cases = Array.from({ length: count }, (_, index) => make(FIRST + index));
  const answers = ask(cases);
  expect(answers.length).to.equal(cases.length);
  expect(wrongOf(cases.map((each, index) => judge(each, answers[index]!)))).to.deep.equal([]);
  expect(answers.filter((answer) => answer.error === undefined).length).to.be.above(read * cases.length);
}

function wrongOf(verdicts: readonly Verdict[]): readonly string[] {
  return verdicts.flatMap((verdict, index) =>
    verdict.kind === 'differs' ? [`seed ${FIRST + index}: ${verdict.why}`] : [],
  );
}
