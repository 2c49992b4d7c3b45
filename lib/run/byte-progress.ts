import type { Events } from '../events.ts';
import { formatBytes } from '../postgresql/size.ts';
import type { Progress } from '../shell/host-shell.ts';

/** Milliseconds between two words about one transfer: a small file needs none. */
const EVERY = 5_000;

interface Transfer {
  readonly events: Events;
  readonly deployment: string;
  readonly host: string;
  /** `sending FILE`, `fetching FILE`. */
  readonly what: string;
}

/** Tells how far a transfer is, by bytes: once in five seconds. */
export function byteProgress({ events, deployment, host, what }: Transfer): (progress: Progress) => void {
  let told = performance.now();
  return ({ bytes, total }) => {
    if (performance.now() - told < EVERY) return;
    told = performance.now();
    const share = total === undefined ? '' : ` of ${formatBytes(total)}`;
    events.emit('step:progress', { deployment, host, says: `${what}: ${formatBytes(bytes)}${share}` });
  };
}
