import type { OutcomeKind } from '../events.ts';
import type { DeploymentState, Engine } from './deployment-state.ts';

/** What a deployment, or a generic playbook, came to. */
export interface Ended {
  readonly outcome: OutcomeKind;
  readonly summary: string;
}

/** Every task ended well: did it change, or would it change, anything? */
export function wentWell(engine: Engine, state: DeploymentState): Ended {
  const changed = [...state.counts.values()].some((counts) => counts.has('changed'));
  const would = [...state.counts.values()].some((counts) => counts.has('would-change'));
  if (engine.check) {
    return would
      ? { outcome: 'pending', summary: 'nothing is in the way' }
      : { outcome: 'nothing', summary: 'nothing to be done' };
  }
  return changed
    ? { outcome: 'done', summary: 'every task ended well' }
    : { outcome: 'nothing', summary: 'nothing was to be done' };
}
