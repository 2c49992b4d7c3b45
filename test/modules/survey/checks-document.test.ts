import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';

/** Every slug that the sources of play Check tell, with its weights. */
function slugsInCode(): ReadonlyMap<string, ReadonlySet<string>> {
  const slugs = new Map<string, Set<string>>();
  const add = (slug: string, weight: string): void => {
    slugs.set(slug, (slugs.get(slug) ?? new Set()).add(weight));
  };
  for (const folder of ['lib/postgresql/checks', 'lib/modules/survey', 'lib/nautobot'])
    for (const file of readdirSync(folder).filter((name) => name.endsWith('.ts'))) {
      const text = readFileSync(`${folder}/${file}`, 'utf8');
      for (const [, tell, slug] of text.matchAll(/\b(finding|notice|tell)\(\s*[\w.?]+,\s*'([a-z0-9-]+)'/g)) {
        if (tell !== 'notice') add(slug ?? '', 'blocks');
        if (tell !== 'finding') add(slug ?? '', 'notice');
      }
      for (const [, slug] of text.matchAll(/\bcheck: '([a-z0-9-]+)'/g)) add(slug ?? '', 'blocks');
    }
  return slugs;
}

describe('docs/checks.md', () => {
  it('has one row for each check, with its weight, and no other', () => {
    const rows = readFileSync('docs/checks.md', 'utf8').matchAll(/^\| `([a-z0-9-]+)` +\| ([a-z, ]+?) +\|/gm);
    const documented = [...rows].map(([, slug, weight]) => `${slug ?? ''}: ${weight ?? ''}`);
    const told = [...slugsInCode()].map(([slug, weights]) => `${slug}: ${[...weights].toSorted().join(', ')}`);
    expect(documented.toSorted()).to.deep.equal(told.toSorted());
  });
});
