import pLimit, { type LimitFunction } from 'p-limit';

/** sshd's MaxStartups begins to drop at 10 unauthenticated connections; each sshd and bastion gets fewer at a time. */
const PER_SERVER = 8;
/** A handshake costs some 7 ms of processor: too many at once and all of them run into their deadlines. */
const IN_ALL = 32;

/** Keeps handshakes from drowning a server or ourselves. One for the whole program. */
export class Handshakes {
  readonly #all = pLimit(IN_ALL);
  readonly #servers = new Map<string, LimitFunction>();

  /** Runs one handshake when its server and this program have room. The server's room first, so nobody waits in vain. */
  run<T>(options: { address: string; port: number }, handshake: () => Promise<T>): Promise<T> {
    const server = `[${options.address}]:${options.port}`;
    const limit = this.#servers.get(server) ?? pLimit(PER_SERVER);
    this.#servers.set(server, limit);
    return limit(() => this.#all(handshake));
  }
}

/** How long to wait before attempt n (from 1): full jitter, so that hundreds of clients do not come back together. */
export function backoff(options: { attempt: number; base: number; most: number; random: () => number }): number {
  const { attempt, base, most, random } = options;
  return Math.round(random() * Math.min(most, base * 2 ** (attempt - 1)));
}
