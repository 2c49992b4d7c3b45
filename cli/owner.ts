import type { StampedEntry } from '../lib/run/journal.ts';
import type { CliContext } from './context.ts';

type Machine = Pick<CliContext, 'user' | 'hostname'>;

/** Who holds a run, for people. */
export function ownerOf({ user, hostname }: Machine, pid: number): string {
  return `${user}@${hostname} pid ${pid}`;
}

/**
 * Whether those who claimed last, one for each deployment, ran on this machine and do not run any more. The token says
 * which claim was the last: what one that took a run over learned of its hosts stands behind its own in the journal.
 */
export function isGone(before: readonly StampedEntry[], context: Machine & Pick<CliContext, 'isRunning'>): boolean {
  const last = new Map<string, { readonly token: number; readonly owner: string }>();
  for (const entry of before) {
    if (entry.kind !== 'claim') continue;
    const { token = 0 } = last.get(entry.deployment) ?? {};
    if (entry.token >= token) last.set(entry.deployment, entry);
  }
  const owners = [...last.values()].map(({ owner }) => owner);
  return owners.length > 0 && owners.every((owner) => isGoneOwner(owner, context));
}

function isGoneOwner(owner: string, context: Machine & Pick<CliContext, 'isRunning'>): boolean {
  const pid = Number(/ pid (\d+)$/.exec(owner)?.[1]);
  return owner === ownerOf(context, pid) && !context.isRunning(pid);
}
