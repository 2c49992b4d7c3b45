import { expect } from 'chai';
import { readData } from './helpers.ts';
import { askAnsible, type Recorded } from './oracle/ask-ansible.ts';
import { compareCase } from './oracle/compare.ts';
import { randomCase } from './oracle/random-cases.ts';

/**
 * Random inventories and patterns, read by ansible-core and by pgup. The answers to some are kept as data. With
 * PGUP_ANSIBLE_PYTHON (a Python in which ansible-core 2.19 can be imported) fresh ones are asked: PGUP_FUZZ_CASES of
 * them (5,000), from seed PGUP_FUZZ_SEED (1) on. `oracle/record.ts` makes the data.
 */
describe('inventory: differential with ansible-core', function () {
  this.timeout(60_000);

  it('reads random inventories as the kept answers have it', () => {
    const { cases } = JSON.parse(readData('random-answers.json')) as Recorded;
    expect(cases.length).to.be.at.least(200);
    const verdicts = cases.map(([each, answer]) => compareCase(each, answer));
    expect(verdicts.flatMap((verdict) => (verdict.kind === 'differs' ? [verdict.why] : []))).to.deep.equal([]);
    expect(verdicts.filter((verdict) => verdict.kind === 'same').length).to.be.above(0.9 * cases.length);
    // A comparison of refusals alone would prove little.
    expect(cases.filter(([, answer]) => answer.error === undefined).length).to.be.above(0.6 * cases.length);
  });

  const python = process.env['PGUP_ANSIBLE_PYTHON'];
  (python === undefined ? it.skip : it)('reads fresh random inventories as ansible-core does', function () {
    this.timeout(600_000);
    const first = Number(process.env['PGUP_FUZZ_SEED'] ?? 1);
    const count = Number(process.env['PGUP_FUZZ_CASES'] ?? 5000);
    const cases = Array.from({ length: count }, (_, index) => randomCase(first + index));
    const answers = askAnsible(python ?? '', cases);
    const wrong = cases.flatMap((each, index) => {
      const verdict = compareCase(each, answers[index]!);
      return verdict.kind === 'differs' ? [`seed ${first + index}: ${verdict.why}`] : [];
    });
    expect(wrong).to.deep.equal([]);
  });
});
