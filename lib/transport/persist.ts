import { setTimeout as sleep } from 'node:timers/promises';
import { backoff } from './handshakes.ts';
import { interrupted, type DialFailure } from './letters.ts';
import type { Connection, Target } from './transport.ts';

/** Attempts and the growing pause between them. Only what failed before any login was refused is tried again. */
const SOON = { attempts: 3, base: 300, most: 1000 };
const LATER = { attempts: 8, base: 250, most: 4000 };

export interface PersistOptions<Line extends Connection> {
  readonly target: Target;
  readonly signal: AbortSignal | undefined;
  readonly random: () => number;
  readonly attempt: () => Promise<Line | DialFailure>;
}

/** Makes attempts at one connection until one stands, one fails for good, or there were enough. */
export async function persist<Line extends Connection>(options: PersistOptions<Line>): Promise<Line> {
  const { target, signal, random, attempt } = options;
  const failures = { soon: 0, later: 0 };
  for (;;) {
    const result = await attempt();
    if (!('again' in result)) return result;
    const { error, again } = result;
    if (again === 'never') throw error;
    failures[again] += 1;
    const { attempts, base, most } = again === 'soon' ? SOON : LATER;
    if (failures[again] >= attempts) throw error;
    const pause = backoff({ attempt: failures[again], base, most, random });
    await sleep(pause, undefined, signal ? { signal } : {}).catch(() => {
      throw interrupted(target);
    });
  }
}
