import { asPgupError } from '../errors.ts';
import type { HostShell } from '../shell/host-shell.ts';
import { readLock } from '../shell/lock.ts';

/** Milliseconds between two looks. */
const PAUSE = 500;

interface Patience {
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** Milliseconds to go on trying to reach the host. */
  readonly reconnectTimeout: number;
  readonly park: AbortSignal;
}

/**
 * After a lost line: waits, over a new one, until nothing that was sent before is still changing the host. Only then
 * is what a module reads the truth and not a moment of somebody's work.
 */
export async function settleHost(shell: HostShell, { sleep, reconnectTimeout, park }: Patience): Promise<void> {
  let unheard = performance.now();
  for (;;) {
    try {
      const lock = await readLock(shell);
      if (lock.kind !== 'held' || !lock.busy) return;
      unheard = performance.now();
    } catch (thrown) {
      const lost = ['connection-lost', 'unreachable', 'deadline'].includes(asPgupError(thrown).code);
      if (!lost || park.aborted || performance.now() - unheard > reconnectTimeout) throw thrown;
    }
    await sleep(PAUSE);
  }
}
