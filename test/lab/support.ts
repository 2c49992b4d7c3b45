import { LabError } from '../../lab/errors.ts';
import { openLab } from '../../lab/open-lab.ts';
import type { Lab } from '../../lab/open-lab.ts';
import { terminalProgress } from '../../lab/progress.ts';
import { readState } from '../../lab/state.ts';
import { testLabPrefix } from '../support/global.ts';

/** Time for a test that may have to build the images first. */
export const IMAGE_TIMEOUT = 25 * 60_000;

/** Time for a test on hosts that are up. */
export const HOST_TIMEOUT = 3 * 60_000;

export const isRoot = process.getuid?.() === 0;

/**
 * The name of a test's lab: of this clone, beside the one that a person works with and those of the other processes
 * that mocha runs test files in.
 */
export function testLabName(what: string): string {
  return `${testLabPrefix()}${process.env['MOCHA_WORKER_ID'] ?? ''}-${what}`.slice(0, 40);
}

/** Skips where there is no root, and says so where nobody can overlook it. */
export function skipWithoutRoot(context: Mocha.Context): void {
  if (isRoot) return;
  process.stderr.write('\n*** NOT TESTED: lab tests need root; this run proves nothing about real hosts ***\n\n');
  context.skip();
}

/**
 * The lab of this topology, as `up` makes it, for the tests of one suite: call it from its `before` hook. It is taken
 * down when the suite has ended, because hosts that nobody looks at any more still work: what they take is missing where
 * the next suite waits. PGUP_KEEP_LABS leaves them for a look around, and for a quicker next run. A number stands for one
 * more that is alike.
 */
export async function labOrSkip(context: Mocha.Context, topology: string, number = ''): Promise<Lab> {
  skipWithoutRoot(context);
  context.timeout(IMAGE_TIMEOUT);
  const name = testLabName(`${topology}${number}`);
  const stood = readState(name) !== undefined;
  const lab = await openLab({ topology, name, progress: terminalProgress() });
  // A run that was killed, or that kept its labs, left hosts as its last test had made them.
  if (stood) await lab.reset();
  context.test?.parent?.afterAll(async function () {
    this.timeout(HOST_TIMEOUT);
    if (process.env['PGUP_KEEP_LABS'] === undefined) await lab.down();
  });
  return lab;
}

/** The text of the LabError that this work ends with. */
export async function labErrorOf(work: () => Promise<unknown>): Promise<string> {
  try {
    await work();
  } catch (error) {
    if (error instanceof LabError) return error.message;
    throw error;
  }
  throw new Error('it did not fail');
}
