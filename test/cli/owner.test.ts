import { expect } from 'chai';
import { isGone, ownerOf } from '../../cli/owner.ts';
import type { StampedEntry } from '../../lib/run/journal.ts';

const here = { user: 'ops', hostname: 'bastion' };
const there = { user: 'ops', hostname: 'laptop' };

/** A journal of claims, in the order of its lines. */
const claims = (...each: readonly (readonly [string, number, string?])[]): readonly StampedEntry[] =>
  each.map(([owner, token, deployment = 'ams'], n) => ({ kind: 'claim', deployment, owner, token, n, at: 0 }));

/** Whether the controller that has the run is gone, where the process 7 runs on this machine and no other one. */
const gone = (before: readonly StampedEntry[]): boolean => isGone(before, { ...here, isRunning: (pid) => pid === 7 });

describe('the controller that has a run', () => {
  it('is gone where it ran here and its process does not any more', () => {
    expect(gone(claims([ownerOf(here, 8), 1]))).to.be.true;
  });

  it('is not gone while its process runs', () => {
    expect(gone(claims([ownerOf(here, 7), 1]))).to.be.false;
  });

  it('is not known to be gone where it ran elsewhere, or as somebody else', () => {
    expect(gone(claims([ownerOf(there, 8), 1]))).to.be.false;
    expect(gone(claims([ownerOf({ ...here, user: 'root' }, 8), 1]))).to.be.false;
  });

  it('is nobody before the first claim, and nobody is gone', () => {
    expect(gone([])).to.be.false;
  });

  it('is the one with the highest token, wherever in the journal its claim stands', () => {
    expect(gone(claims([ownerOf(here, 7), 2], [ownerOf(here, 8), 1]))).to.be.false;
    expect(gone(claims([ownerOf(here, 8), 2], [ownerOf(here, 7), 1]))).to.be.true;
    expect(gone(claims([ownerOf(there, 8), 3], [ownerOf(here, 8), 2]))).to.be.false;
  });

  it('is another one for each deployment, and all must be gone', () => {
    expect(gone(claims([ownerOf(here, 8), 1, 'ams'], [ownerOf(here, 9), 1, 'fra']))).to.be.true;
    // The first deployment's token is the higher one, and says nothing of who has the second.
    expect(gone(claims([ownerOf(here, 8), 9, 'ams'], [ownerOf(here, 7), 2, 'fra']))).to.be.false;
  });
});
