import { z } from 'zod';
import { PgupError } from '../errors.ts';
import { canonical } from '../playbook/plan-hash.ts';
import type { Json } from '../playbook/plan-shape.ts';
import { homeOf, type DeploymentState, type Engine } from './deployment-state.ts';
import { frozenDeployment, hashOfFrozen, partOf } from './frozen-plan.ts';
import type { RunEntry, StampedEntry } from './journal.ts';
import { planDifferences } from './plan-difference.ts';

/** What a host keeps beside its part of the journal. */
export interface HostPlan {
  readonly version: 1;
  readonly run: string;
  readonly deployment: string;
  /** The host that keeps the whole plan; the others keep their part. */
  readonly home: string;
  readonly hosts: readonly string[];
  /** Of the whole plan. */
  readonly hash: string;
  readonly header: RunEntry;
  readonly plan: Json;
}

const shape = z.looseObject({
  version: z.literal(1),
  run: z.string(),
  deployment: z.string(),
  home: z.string(),
  hosts: z.array(z.string()),
  hash: z.string(),
  header: z.looseObject({ kind: z.literal('run'), playbook: z.string() }),
  plan: z.unknown(),
});

/** The text for one host; one line. */
export function hostPlan({ engine, state, host }: { engine: Engine; state: DeploymentState; host: string }): string {
  const { run, inventory, header } = engine;
  const { name: deployment, hosts } = state.planned;
  const home = homeOf(state.planned);
  const frozen = frozenDeployment(state.planned, inventory);
  const plan = host === home ? frozen : partOf(frozen, host);
  const kept: HostPlan = { version: 1, run, deployment, home, hosts, hash: hashOfFrozen(frozen), header, plan };
  return canonical(JSON.parse(JSON.stringify(kept)) as Json);
}

/** Undefined where it is not such a text: a version that is not ours, or none. */
export function parseHostPlan(text: string | undefined): HostPlan | undefined {
  if (text === undefined) return undefined;
  try {
    const parsed = shape.safeParse(JSON.parse(text));
    return parsed.success ? (parsed.data as unknown as HostPlan) : undefined;
  } catch {
    return undefined;
  }
}

/** How a deployment's plan differs from what its hosts keep of the one that was begun; empty where it does not. */
export function differencesFrom(kept: readonly HostPlan[], now: Json): readonly string[] {
  const hash = hashOfFrozen(now);
  const other = kept.filter((plan) => plan.hash !== hash);
  if (other.length === 0) return [];
  const whole = other.find(({ plan, hosts }) => isWhole(plan, hosts));
  return whole ? planDifferences(whole.plan, now) : ['the host that keeps the whole plan did not give it'];
}

function isWhole(plan: Json, hosts: readonly string[]): boolean {
  const { variables } = plan as { readonly variables?: Readonly<Record<string, Json>> };
  return Object.keys(variables ?? {}).length === hosts.length;
}

interface PlanChanged {
  readonly run: string;
  readonly deployment: string;
  readonly differences: readonly string[];
}

export function planChanged({ run, deployment, differences }: PlanChanged): PgupError {
  const text = `inventory, playbook or -e are not what they were when run ${run} began on ${deployment}`;
  return new PgupError('plan-changed', `${text}:\n${differences.join('\n')}`, {
    next: 'give what it began with; with that it goes on (pgup resume) or back (pgup rollback)',
  });
}

/** A host's part of the journal. A line that was torn announced nothing that was done: it is left out. */
export function parseRecord(lines: readonly string[]): readonly StampedEntry[] {
  return lines.flatMap((line) => {
    try {
      return [JSON.parse(line) as StampedEntry];
    } catch {
      return [];
    }
  });
}
