import { createHash } from 'node:crypto';
import type { Inventory } from '../inventory/inventory.ts';
import type { Plan, PlannedDeployment } from '../playbook/plan.ts';
import { canonical } from '../playbook/plan-hash.ts';
import { contentShape, valueShape, type Json, type Resolve } from '../playbook/plan-shape.ts';

/** Plain JSON of what a deployment's run was decided from: its plays, hosts and variables. Secrets are `***` in it. */
export function frozenDeployment(planned: PlannedDeployment, inventory: Inventory, resolve?: Resolve): Json {
  const content = { playbookFile: '', flavour: 'upgrade' as const, deployments: [planned] };
  const [shape] = contentShape(content, resolve)['deployments'] as Json[];
  const variables = planned.hosts.map((host) => [host, variablesOf(host, inventory)]);
  return { ...(shape as object), variables: Object.fromEntries(variables) as Json };
}

/** The whole run's, for the run folder; with `resolve`, as people see it. */
export function frozenRun(plan: Plan, inventory: Inventory, resolve?: Resolve): Json {
  const deployments = plan.deployments.map((planned) => frozenDeployment(planned, inventory, resolve));
  return { kind: 'plan', version: 1, hash: plan.hash, playbook: plan.playbookFile, flavour: plan.flavour, deployments };
}

/** What one host keeps: the whole of it on the database host, on the others their own tasks. */
export function partOf(frozen: Json, host: string): Json {
  const { plays, variables, ...rest } = frozen as { readonly plays: readonly Play[]; readonly variables: Variables };
  const own = plays.filter(({ hosts }) => hosts.includes(host)).map((play) => ({ ...play, hosts: [host] }));
  return { ...rest, plays: own, variables: { [host]: variables[host] ?? {} } };
}

/** The same plan has the same hash, on any controller. */
export function hashOfFrozen(frozen: Json): string {
  return createHash('sha256').update(canonical(frozen)).digest('hex');
}

type Play = { readonly hosts: readonly string[] } & { readonly [name: string]: Json };
interface Variables {
  readonly [host: string]: Json;
}

/**
 * How a host is reached may differ from controller to controller, and that it is the same host its lock proves; all
 * else that the inventory says of it counts.
 */
function variablesOf(host: string, { hosts }: Inventory): Json {
  const all = [...(hosts.get(host)?.variables.values() ?? [])];
  const counting = all.filter(({ name }) => !name.startsWith('ansible_'));
  return Object.fromEntries(counting.map(({ name, value }) => [name, valueShape(value)]));
}
