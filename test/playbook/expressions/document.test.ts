import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { FILTERS } from '../../../lib/playbook/expressions/filters/filters.ts';
import { FUNCTIONS } from '../../../lib/playbook/expressions/functions.ts';
import { TESTS } from '../../../lib/playbook/expressions/tests.ts';

const text = readFileSync('docs/expressions.md', 'utf8');

/** The names in the first column of a section's table. */
function named(section: string): readonly string[] {
  const rows = text.split(`## ${section}\n`)[1]?.split('\n## ')[0]?.split('\n') ?? [];
  const cells = rows.filter((row) => row.startsWith('| `')).map((row) => row.split(' | ')[0] ?? '');
  return cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name));
}

describe('docs/expressions.md', () => {
  it('has every filter, and none that is not there', () => {
    expect(named('Filters')).to.have.members([...FILTERS.keys()]);
  });

  it('has every test, and none that is not there', () => {
    expect(named('Tests')).to.have.members([...TESTS.keys()]);
  });

  it('names every function, also those that are refused', () => {
    for (const name of FUNCTIONS.keys()) expect(text).to.match(new RegExp(`\`${name}(\\(.*\\))?\``));
  });
});
