import { eachHost, namesOf } from './each-host.ts';
import type { Progress } from './progress.ts';
import type { HostState, LabState } from './state.ts';
import { httpStatus, until } from './wait.ts';

/** Where a web host says that it is well. */
export function healthUrl(address: string): string {
  return `http://${address}:8080/health/`;
}

/** Whether a host answers for Nautobot. */
export function isWebHost({ spec }: HostState): boolean {
  return spec.roles.includes('nautobot') && spec.services.includes('web');
}

/**
 * Waits for Nautobot on these hosts to say that it is well. With `anyAnswer` it need not be: one that stands on an older
 * version's dump cannot, its migrations are missing until somebody runs them.
 */
export async function waitForHealth(
  hosts: readonly HostState[],
  progress: Progress,
  { anyAnswer }: { readonly anyAnswer: boolean },
): Promise<void> {
  const web = hosts.filter(isWebHost);
  if (web.length === 0) return;
  // Many of them share two processors: each more makes all of them later.
  const patience = 180 + 20 * web.length;
  await progress.step(`waiting for Nautobot on ${namesOf(web)}`, () =>
    eachHost(web, async ({ name, address }) => {
      await until(`Nautobot on ${name}`, patience, async () => {
        const status = await httpStatus(healthUrl(address));
        return status === 200 || (anyAnswer && status !== undefined) ? status : undefined;
      });
    }),
  );
}

/** Whether Nautobot cannot be well yet, because its database is an older version's. */
export function isBehind(state: LabState): boolean {
  return state.dump !== undefined;
}
