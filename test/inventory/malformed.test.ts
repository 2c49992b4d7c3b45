import { expect } from 'chai';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { formatProblem } from '../../lib/errors.ts';
import { loadInventory } from '../../lib/inventory/load-inventory.ts';
import { readData } from './helpers.ts';

interface Case {
  readonly name: string;
  /** Texts by path; `hex` for bytes that are no text. */
  readonly files: Readonly<Record<string, string>>;
  readonly hex?: Readonly<Record<string, string>>;
  readonly executable?: readonly string[];
  readonly sources: readonly string[];
  readonly extraVars?: readonly string[];
  /** Everything that must be said, in order. */
  readonly problems: readonly string[];
}

const cases = JSON.parse(readData('malformed.json')) as readonly Case[];

describe('inventory: malformed inputs', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'pgup-inventory-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('has at least 90 cases', () => {
    expect(cases.length).to.be.at.least(90);
  });

  for (const { name, files, hex, executable, sources, extraVars, problems } of cases) {
    it(name, () => {
      const texts = Object.entries(files).map(([path, text]) => [path, Buffer.from(text)] as const);
      const bytes = Object.entries(hex ?? {}).map(([path, digits]) => [path, Buffer.from(digits, 'hex')] as const);
      for (const [path, content] of [...texts, ...bytes]) {
        mkdirSync(dirname(join(folder, path)), { recursive: true });
        writeFileSync(join(folder, path), content);
      }
      for (const path of executable ?? []) chmodSync(join(folder, path), 0o755);
      const loaded = loadInventory({ sources, cwd: folder, ...(extraVars ? { extraVars } : {}) });
      expect(loaded.problems.map(formatProblem)).to.deep.equal(problems);
      const failed = loaded.problems.some((each) => each.severity === 'error');
      expect(loaded.inventory === undefined).to.equal(failed);
    });
  }
});
