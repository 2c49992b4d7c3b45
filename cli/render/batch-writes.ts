import type { Writable } from 'node:stream';

/**
 * Holds what is written back to the end of the turn, so that fifty hosts that answer at once are one write and not a
 * hundred. `release` writes what is still held.
 */
export function batchWrites(stream: Writable): { readonly hold: () => void; readonly release: () => void } {
  let held = false;
  const release = (): void => {
    if (!held) return;
    held = false;
    stream.uncork();
  };
  return {
    hold: () => {
      if (held) return;
      held = true;
      stream.cork();
      setImmediate(release);
    },
    release,
  };
}
