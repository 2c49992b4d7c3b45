import { expect } from 'chai';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireDisk, requireRoot } from '../../lab/machine-check.ts';
import { overlayFolder } from '../../lab/overlay-folder.ts';
import { mountOverlay, unmountBelow } from '../../lab/overlay.ts';
import { LabError } from '../../lab/errors.ts';
import { labErrorOf, skipWithoutRoot } from './support.ts';

describe('what the machine must have', () => {
  it('is root', () => {
    expect(() => {
      requireRoot(1000);
    }).to.throw(LabError, /needs root/);
    expect(() => {
      requireRoot(0);
    }).to.not.throw();
  });

  it('is room on the disk, below a folder that need not exist yet', () => {
    const folder = join(tmpdir(), 'not', 'yet', 'there');
    expect(() => {
      requireDisk(folder, 1e6, 'a very large lab');
    }).to.throw(LabError, /too little disk: a very large lab needs 1000000 GiB below .*\/not\/yet\/there/);
    expect(() => {
      requireDisk(folder, 0, 'nothing');
    }).to.not.throw();
  });

  it('is a place for overlays: another one is taken where the preferred lies on an overlay itself', async function () {
    skipWithoutRoot(this);
    const base = mkdtempSync(join(tmpdir(), 'pgup-lab-test-'));
    const root = join(base, 'root');
    mkdirSync(join(base, 'lower'));
    try {
      await mountOverlay({ lower: [join(base, 'lower')], upper: join(base, 'upper'), work: join(base, 'work'), root });
      const folders = [join(root, 'state'), join(base, 'state')];
      expect(await overlayFolder('some-lab', folders)).to.equal(join(base, 'state'));
      expect(existsSync(join(root, 'state/some-lab')), 'a trace of the trial').to.equal(false);
      expect(await labErrorOf(() => overlayFolder('some-lab', [join(root, 'state')]))).to.contain(
        'mounts no overlay below',
      );
    } finally {
      await unmountBelow(base);
      rmSync(base, { recursive: true, force: true });
    }
  });
});
