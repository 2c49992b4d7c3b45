import type { AnyEvent } from '../../events.ts';

export type ExecEvent = Extract<AnyEvent, { readonly type: 'exec:host' }>;

/** Hosts on which exactly the same came of a command. */
export interface Block {
  readonly hosts: readonly string[];
  /** Any of their events: but for host and time they are equal. */
  readonly event: ExecEvent;
}

/**
 * Equal answers as one block with the hosts that gave them. Blocks stand in the order of the inventory, those that went
 * well first, so that what needs a person is at the end, where the eye is.
 */
export function foldAnswers(events: readonly ExecEvent[], order: readonly string[]): readonly Block[] {
  const place = new Map(order.map((host, index) => [host, index]));
  const placeOf = (host: string | undefined): number => place.get(host ?? '') ?? order.length;
  const blocks = new Map<string, { hosts: string[]; event: ExecEvent }>();
  for (const event of [...events].sort((a, b) => placeOf(a.host) - placeOf(b.host))) {
    const { host, status, as, code, signal, stdout, stderr, error } = event;
    const key = JSON.stringify([status, as, code, signal, stdout, stderr, error]);
    const block = blocks.get(key);
    if (block) block.hosts.push(host);
    else blocks.set(key, { hosts: [host], event });
  }
  const isGood = ({ event }: Block): boolean => event.status === 'ok' || event.status === 'would-change';
  const all = [...blocks.values()];
  return [...all.filter(isGood), ...all.filter((block) => !isGood(block))];
}
