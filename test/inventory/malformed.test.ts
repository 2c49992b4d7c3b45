import { expect } from 'chai';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatProblem } from '../../lib/errors.ts';
import { loadInventory } from '../../lib/inventory/load-inventory.ts';
import { malformedInventories, writeCase } from './malformed-cases.ts';

describe('inventory: malformed inputs', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'pgup-inventory-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('has at least 90 cases', () => {
    expect(malformedInventories.length).to.be.at.least(90);
  });

  for (const each of malformedInventories) {
    it(each.name, () => {
      writeCase(each, folder);
      const { sources, extraVars, problems } = each;
      const loaded = loadInventory({ sources, cwd: folder, ...(extraVars ? { extraVars } : {}) });
      expect(loaded.problems.map(formatProblem)).to.deep.equal(problems);
      const failed = loaded.problems.some(({ severity }) => severity === 'error');
      expect(loaded.inventory === undefined).to.equal(failed);
    });
  }
});
