import { expect } from 'chai';
import { didYouMean, nearestWord } from '../lib/nearest.ts';

describe('nearestWord', () => {
  const known = ['pgup_target', 'pgup_mode', 'pgup_backup', 'pgup_backup_dir'];
  const cases = [
    ['pgup_traget', 'pgup_target'],
    ['pgup_targets', 'pgup_target'],
    ['PGUP_MODE', 'pgup_mode'],
    ['pgup_bakup', 'pgup_backup'],
    ['something_else', undefined],
  ] as const;
  for (const [typed, meant] of cases) {
    it(`takes ${typed} for ${String(meant)}`, () => {
      expect(nearestWord(typed, known)).to.equal(meant);
    });
  }

  it('is silent where nothing is near', () => {
    expect(didYouMean('zzz', known)).to.equal('');
    expect(didYouMean('pgup_mod', known)).to.equal(', did you mean "pgup_mode"?');
  });
});
