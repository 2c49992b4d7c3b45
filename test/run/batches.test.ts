import { expect } from 'chai';
import { Float, type Value } from '../../lib/inventory/inventory.ts';
import { failuresAllowed, hostBatches } from '../../lib/run/batches.ts';

const hosts = Array.from({ length: 10 }, (_, index) => `h${index}`);
const sizesOf = (sizes: readonly Value[], of = hosts): readonly number[] =>
  hostBatches(of, sizes).map((each) => each.length);

describe('hosts in batches', () => {
  const cases: readonly (readonly [string, readonly Value[], readonly number[]])[] = [
    ['all at once where no size is given', [], [10]],
    ['a number, over and over', [4], [4, 4, 2]],
    ['a percentage, rounded down', ['25%'], [2, 2, 2, 2, 2]],
    ['a percentage of less than one host: one', ['1%'], Array.from({ length: 10 }, () => 1)],
    ['a list, whose last size repeats', [1, '30%'], [1, 3, 3, 3]],
    ['a number as text', [' 5 '], [5, 5]],
    ['all the rest where a size is none', [1, 0], [1, 9]],
    ['all where a size is below none', [-1], [10]],
    ['more than there are', [100], [10]],
  ];
  for (const [what, sizes, expected] of cases) {
    it(what, () => {
      expect(sizesOf(sizes)).to.deep.equal(expected);
      expect(hostBatches(hosts, sizes).flat()).to.deep.equal(hosts);
    });
  }

  it('are none of no hosts', () => {
    expect(sizesOf([1], [])).to.deep.equal([]);
  });

  for (const size of ['x', '1.5', '', '%', true, new Float(1.5)] as readonly Value[]) {
    it(`cannot be of size ${JSON.stringify(size)}`, () => {
      expect(() => sizesOf([size])).to.throw(/"serial" takes numbers and percentages/);
    });
  }
});

describe('how many may fail', () => {
  it('is a number, or a percentage rounded down', () => {
    expect([failuresAllowed('3', 10), failuresAllowed('25%', 10), failuresAllowed('9%', 10)]).to.deep.equal([3, 2, 0]);
  });
  for (const text of ['-1', 'x', '1.5', '']) {
    it(`cannot be "${text}"`, () => {
      expect(() => failuresAllowed(text, 10)).to.throw(/a number or a percentage was expected/);
    });
  }
});
