import pLimit from 'p-limit';
import { worstExit } from '../errors.ts';
import type { Recap } from '../events.ts';
import type { PlannedDeployment } from '../playbook/plan.ts';
import { runDeployment, type DeploymentResult } from './deployment.ts';
import type { Engine } from './deployment-state.ts';
import type { Rolling } from './generic-run.ts';
import type { StampedEntry } from './journal.ts';
import { exitCodeOf } from './outcome.ts';
import { recapOf } from './recap.ts';
import { Turns } from './turns.ts';

export interface FleetOptions {
  readonly engine: Engine;
  readonly deployments: readonly PlannedDeployment[];
  /** How many deployments run side by side, batch after batch: the last number repeats. Empty: all at once. */
  readonly batches: readonly number[];
  /** More failed, unreachable or unknown deployments than this, and no further one is started. */
  readonly maxFailures: number;
  /** What is the same for two names of one machine: a database host may have one for each deployment that it serves. */
  readonly machineOf: (host: string) => string;
  /** The journal of this run's earlier controller, where this one goes on. */
  readonly before?: readonly StampedEntry[] | undefined;
  readonly rollback?: boolean | undefined;
  /** For generic playbooks. */
  readonly rolling?: Rolling | undefined;
}

export interface FleetResult {
  readonly exitCode: number;
  readonly recap: Recap;
}

/**
 * Runs the deployments of a plan side by side; nothing of one waits for another but the failure budget, and those that
 * have a machine in common: a machine is in the hands of one deployment at a time.
 */
export async function runFleet(options: FleetOptions): Promise<FleetResult> {
  const { engine, deployments, batches, maxFailures, machineOf, before, rollback, rolling } = options;
  const began = engine.now();
  const results: DeploymentResult[] = [];
  const spent = () => results.filter(({ outcome }) => exitCodeOf(outcome) !== 0 && outcome !== 'pending').length;
  // Check mode starts nothing, so nothing is saved by not looking at the rest.
  const mayStart = () => engine.check || (spent() <= maxFailures && !engine.stop.aborted);
  const notStarted: string[] = [];
  const turns = new Turns();
  const one = async (planned: PlannedDeployment): Promise<void> => {
    if (mayStart()) results.push(await runDeployment({ engine, planned, before, rollback, rolling }));
    else notStarted.push(planned.name);
  };
  for (const batch of inBatches(deployments, batches)) {
    const limit = pLimit(batch.length);
    await limit.map(batch, (planned) => {
      if (engine.check || engine.flavour === 'generic') return one(planned);
      const things = planned.hosts.map(machineOf);
      return turns.take(
        {
          who: planned.name,
          things,
          waits: (others) => {
            sayWaiting(engine, planned, others);
          },
        },
        () => one(planned),
      );
    });
  }
  const recap = recapOf({ engine, results, notStarted, seconds: (engine.now() - began) / 1000 });
  engine.events.emit('recap', recap);
  const codes = recap.deployments.map(({ outcome }) => exitCodeOf(outcome));
  return { exitCode: worstExit(engine.stop.aborted ? [...codes, 130] : codes), recap };
}

function sayWaiting({ events }: Engine, { name }: PlannedDeployment, others: readonly string[]): void {
  events.emit('note', {
    level: 'info',
    text: `${name} begins after ${others.join(', ')}: they have a machine in common`,
  });
}

/** Batches of these sizes, of which the last one repeats; without sizes, all at once. */
export function inBatches<T>(all: readonly T[], sizes: readonly number[]): readonly (readonly T[])[] {
  if (sizes.length === 0) return all.length === 0 ? [] : [all];
  const batches: T[][] = [];
  for (let start = 0; start < all.length;) {
    const size = sizes[Math.min(batches.length, sizes.length - 1)] ?? all.length;
    batches.push(all.slice(start, start + size));
    start += size;
  }
  return batches;
}
