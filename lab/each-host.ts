import pLimit from 'p-limit';
import type { HostState } from './state.ts';

/** Hosts boot this many at a time: more would only wait for each other's processor. */
const AT_ONCE = 4;

/** Runs something for each of these hosts, a few at a time, and waits for all of them even where one fails. */
export async function eachHost(hosts: readonly HostState[], work: (host: HostState) => Promise<void>): Promise<void> {
  const limit = pLimit(AT_ONCE);
  const results = await Promise.allSettled(hosts.map((host) => limit(() => work(host))));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

/** The hosts for a line of text: their names, or how many where the names would fill the line. */
export function namesOf(hosts: readonly { readonly name: string }[]): string {
  return hosts.length > 6 ? `${hosts.length} hosts` : hosts.map(({ name }) => name).join(' ');
}
