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

export async function record(lab: Lab): Promise<Recording> {
  await lab.reset();
  const [untouched, proof] = [await settledCondition(lab), await proofOf(lab)];
  const upgrade = await pgup(['run', '-i', lab.inventoryFile, '--yes'], { lab });
  if (upgrade.exitCode !== 0) throw new Error(`the run without faults did not end well: ${told(upgrade)}`);
  await lab.waitForHealth();
  const upgraded = await settledCondition(lab);
  await lab.reset();
  const failing = await pgup(['run', failingPlaybook(), '-i', lab.inventoryFile, '--yes'], { lab });
  if (failing.exitCode !== 7) throw new Error(`the run that fails on purpose was not put back: ${told(failing)}`);
  await lab.waitForHealth();
  const putBack = await settledCondition(lab);
  return {
    points: [...pointsOf('upgrade', upgrade.events), ...pointsOf('put-back', failing.events)],
    reference: { proof, untouched, upgraded, putBack },
  };
}
