import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { FACT_NAMES } from '../../lib/playbook/fact-names.ts';
import { MAGIC_NAMES } from '../../lib/playbook/magic-names.ts';

describe('names that are always there', () => {
  it('are in docs/variables.md, and no others', () => {
    const section = readFileSync('docs/variables.md', 'utf8').split('## Names that are always there\n')[1] ?? '';
    const rows = [...section.matchAll(/^\| `(\w+)` +\| (.*?) +\|$/gm)].map(([, name, text]) => [name, text]);
    const facts = new Set<string>(FACT_NAMES.map((name) => `ansible_${name}`));
    expect(rows).to.deep.equal(Object.entries(MAGIC_NAMES).filter(([name]) => !facts.has(name)));
  });
});
