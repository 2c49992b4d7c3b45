import type { Lab } from '../../lab/open-lab.ts';
import { pgup, told } from '../lab/pgup.ts';
import { proofOf, settledCondition } from './condition.ts';
import { failingPlaybook, type Reference } from './fault-case.ts';
import { pointsOf, type Point } from './points.ts';

/** What runs without any fault say: the points, and what a deployment looks like after them. */
export interface Recording {
  readonly points: readonly Point[];
  readonly reference: Reference;
}

/** On one lab, or side by side on two that are alike. */
export async function record(one: Lab, other: Lab = one): Promise<Recording> {
  const going = goingWell(one);
  if (other === one) await going;
  const [well, back] = await Promise.all([going, beingPutBack(other)]);
  return {
    points: [...well.points, ...back.points],
    reference: { proof: well.proof, untouched: well.untouched, upgraded: well.upgraded, putBack: back.putBack },
  };
}

async function goingWell(lab: Lab): Promise<Omit<Reference, 'putBack'> & Pick<Recording, 'points'>> {
  await lab.reset();
  const [untouched, proof] = [await settledCondition(lab), await proofOf(lab)];
  const run = await pgup(['run', '-i', lab.inventoryFile, '--yes'], { lab });
  if (run.exitCode !== 0) throw new Error(`the run without faults did not end well: ${told(run)}`);
  await lab.waitForHealth();
  return { untouched, proof, upgraded: await settledCondition(lab), points: pointsOf('upgrade', run.events) };
}

async function beingPutBack(lab: Lab): Promise<Pick<Reference, 'putBack'> & Pick<Recording, 'points'>> {
  await lab.reset();
  const run = await pgup(['run', failingPlaybook(), '-i', lab.inventoryFile, '--yes'], { lab });
  if (run.exitCode !== 7) throw new Error(`the run that fails on purpose was not put back: ${told(run)}`);
  await lab.waitForHealth();
  return { putBack: await settledCondition(lab), points: pointsOf('put-back', run.events) };
}
