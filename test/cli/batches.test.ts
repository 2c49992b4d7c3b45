import { expect } from 'chai';
import { parseMaxFailures, parseSerial } from '../../cli/batches.ts';

describe('--serial', () => {
  const cases: readonly (readonly [string | undefined, number, readonly number[]])[] = [
    [undefined, 20, []],
    ['1', 20, [1]],
    ['1,10%,50%', 20, [1, 2, 10]],
    ['10%', 5, [1]],
    [' 2 , 100% ', 7, [2, 7]],
  ];
  for (const [text, deployments, expected] of cases) {
    it(`${String(text)} over ${deployments} is ${JSON.stringify(expected)}`, () => {
      expect(parseSerial(text, deployments)).to.deep.equal(expected);
    });
  }
  for (const text of ['0', 'x', '1,,2', '120%', '-1']) {
    it(`refuses ${text}`, () => {
      expect(() => parseSerial(text, 10)).to.throw('--serial');
    });
  }
});

describe('--max-failures', () => {
  it('counts deployments or a share of them', () => {
    expect(parseMaxFailures(undefined, 10)).to.equal(0);
    expect(parseMaxFailures('3', 10)).to.equal(3);
    expect(parseMaxFailures('25%', 10)).to.equal(2);
    expect(() => parseMaxFailures('some', 10)).to.throw('--max-failures');
  });
});
