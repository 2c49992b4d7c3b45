import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { ERROR_CODES, formatProblem, problem, worstExit } from '../lib/errors.ts';

describe('errors', () => {
  it('are all documented, and nothing else is', () => {
    const rows = readFileSync('docs/errors.md', 'utf8')
      .split('\n')
      .map((line) => /^\| `([a-z-]+)`\s*\| (\d+)\s*\| (.*?)\s*\|$/.exec(line))
      .filter((row) => row !== null)
      .map(([, code, exit, meaning]) => ({ code, exit: Number(exit), meaning }));
    const table = Object.entries(ERROR_CODES).map(([code, { exit, meaning }]) => ({ code, exit, meaning }));
    expect(rows).to.deep.equal(table);
  });

  it('print as file, line, column, code and text', () => {
    const at = { file: 'prod.ini', line: 3, column: 7 };
    expect(formatProblem(problem('inventory-syntax', 'no closing quote', at))).to.equal(
      'prod.ini:3:7: error[inventory-syntax]: no closing quote',
    );
  });

  it('give the exit code that matters most', () => {
    expect(worstExit([0, 3, 7])).to.equal(7);
    expect(worstExit([7, 2, 4])).to.equal(4);
    expect(worstExit([130, 4, 1])).to.equal(1);
    expect(worstExit([])).to.equal(0);
  });
});
