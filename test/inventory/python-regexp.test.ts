import { expect } from 'chai';
import { translatePythonRegExp } from '../../lib/inventory/python-regexp.ts';
import { readData } from './helpers.ts';

interface Case {
  readonly pattern: string;
  /** The names that Python's `re.match` finds it in; null where Python refuses it. */
  readonly matches: readonly string[] | null;
}

const { names, cases } = JSON.parse(readData('python-regexps.json')) as {
  readonly names: readonly string[];
  readonly cases: readonly Case[];
};

/** What Python can and JavaScript cannot, or sees differently: refused with a reason (docs/inventory.md). */
const NOT_CARRIED = /\\[1-9]|\(\?P=|\(\?\(|\(\?>|[*+?}]\+|\(\?[a-z]*-?[a-z]*:|\(\?x\)|\\N|\(\?<[=!].*[*+?{]/;

describe('inventory: regular expressions of Python', () => {
  for (const { pattern, matches } of cases) {
    it(`reads ${pattern}`, () => {
      const translated = translatePythonRegExp(pattern);
      if (translated.kind === 'refused') {
        expect(matches === null || NOT_CARRIED.test(pattern), `refused: ${translated.reason}`).to.equal(true);
        return;
      }
      expect(matches, 'must be refused as Python does').not.to.equal(null);
      expect(names.filter((name) => translated.regexp.test(name))).to.deep.equal(matches);
    });
  }

  it('carries most of them', () => {
    const carried = cases.filter(({ pattern }) => translatePythonRegExp(pattern).kind === 'regexp');
    expect(carried.length).to.be.above(0.75 * cases.filter(({ matches }) => matches !== null).length);
  });
});
