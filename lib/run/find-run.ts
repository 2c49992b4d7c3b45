import { asPgupError } from '../errors.ts';
import type { PlannedDeployment } from '../playbook/plan.ts';
import type { HostShell } from '../shell/host-shell.ts';
import { readState } from '../shell/host-state.ts';
import { readLock, type LockState } from '../shell/lock.ts';
import { parseHostPlan, type HostPlan } from './host-plan.ts';

/** What the hosts of a deployment say about who holds them. */
export interface HeldDeployment {
  readonly planned: PlannedDeployment;
  readonly hosts: readonly HeldHost[];
  /** Why hosts could not be asked. */
  readonly unreachable: readonly { readonly host: string; readonly why: string }[];
}

export interface HeldHost {
  readonly host: string;
  readonly lock: LockState;
  readonly plan: HostPlan | undefined;
}

export interface FindRuns {
  readonly deployments: readonly PlannedDeployment[];
  readonly openShell: (host: string, become: string | undefined) => Promise<HostShell>;
}

/** Asks every host of every deployment which run holds it. Changes nothing. */
export async function findRuns({ deployments, openShell }: FindRuns): Promise<readonly HeldDeployment[]> {
  return Promise.all(
    deployments.map(async (planned): Promise<HeldDeployment> => {
      const unreachable: { host: string; why: string }[] = [];
      const asked = await Promise.all(
        planned.hosts.map(async (host): Promise<readonly HeldHost[]> => {
          try {
            const shell = await openShell(host, 'root');
            const [lock, { plan }] = await Promise.all([readLock(shell), readState(shell)]);
            return [{ host, lock, plan: parseHostPlan(plan) }];
          } catch (thrown) {
            unreachable.push({ host, why: asPgupError(thrown).message });
            return [];
          }
        }),
      );
      return { planned, hosts: asked.flat(), unreachable };
    }),
  );
}

/** The run that holds a deployment, where one does. */
export function runOf({ planned, hosts }: HeldDeployment): string | undefined {
  const held = hosts.find(({ lock }) => lock.kind === 'held' && lock.deployment === planned.name);
  return held?.lock.kind === 'held' ? held.lock.run : undefined;
}

/** What the hosts of a deployment keep of a run's plan. */
export function plansOf({ hosts }: HeldDeployment, run: string): readonly HostPlan[] {
  return hosts.flatMap(({ plan }) => (plan?.run === run ? [plan] : []));
}

/** What the run was asked to do, as its hosts keep it. */
export function headerOf(held: HeldDeployment, run: string): HostPlan['header'] | undefined {
  return plansOf(held, run)[0]?.header;
}
