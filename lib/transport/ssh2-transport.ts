import { setTimeout as sleep } from 'node:timers/promises';
import { PgupError } from '../errors.ts';
import { prepareAuthentication } from './authentication.ts';
import { dial, type DialFailure } from './dial.ts';
import { Handshakes, backoff } from './handshakes.ts';
import { guardHostKey } from './host-keys.ts';
import { Keyring, type Ask } from './keyring.ts';
import { Ssh2Connection } from './ssh2-connection.ts';
import type { Connection, Target, Transport } from './transport.ts';

export interface Ssh2Options {
  /** Asks the person at the terminal; without it, locked keys and odd prompts are errors. */
  readonly ask?: Ask | undefined;
  /** Shared with other transports of the same program. */
  readonly handshakes?: Handshakes | undefined;
  readonly random?: (() => number) | undefined;
  /** Milliseconds between two signs of life; three may stay unanswered. */
  readonly keepalive?: number | undefined;
}

/** Attempts and the growing pause between them. Only what failed before any login was refused is tried again. */
const SOON = { attempts: 3, base: 300, most: 1000 };
const LATER = { attempts: 8, base: 250, most: 4000 };

/** The default transport: the ssh2 library, its faults contained (docs/adr/0002). */
export function ssh2Transport(options: Ssh2Options = {}): Transport {
  return new Ssh2Transport(options);
}

/** A connection to a jump host, shared by all that go through it, closed after the last of them. */
interface Bastion {
  readonly opening: Promise<Connection>;
  users: number;
}

class Ssh2Transport implements Transport {
  readonly #ask: Ask | undefined;
  readonly #keyring: Keyring;
  readonly #handshakes: Handshakes;
  readonly #random: () => number;
  readonly #keepalive: number | undefined;
  readonly #bastions = new Map<string, Bastion>();

  constructor(options: Ssh2Options) {
    this.#ask = options.ask;
    this.#keyring = new Keyring(options.ask);
    this.#handshakes = options.handshakes ?? new Handshakes();
    this.#random = options.random ?? Math.random;
    this.#keepalive = options.keepalive;
  }

  async open(target: Target, signal?: AbortSignal): Promise<Connection> {
    const failures = { soon: 0, later: 0 };
    for (;;) {
      const result = await this.#attempt(target, signal);
      if (result instanceof Ssh2Connection) return result;
      const pause = this.#pause(result, failures);
      if (pause === undefined) throw result.error;
      await sleep(pause, undefined, signal ? { signal } : {}).catch(() => {
        throw new PgupError('interrupted', `connecting to ${target.host} was interrupted`, { host: target.host });
      });
    }
  }

  #pause(failure: DialFailure, failures: { soon: number; later: number }): number | undefined {
    if (failure.again === 'never') return undefined;
    failures[failure.again] += 1;
    const attempt = failures[failure.again];
    const { attempts, base, most } = failure.again === 'soon' ? SOON : LATER;
    return attempt >= attempts ? undefined : backoff({ attempt, base, most, random: this.#random });
  }

  async #attempt(target: Target, signal: AbortSignal | undefined): Promise<Ssh2Connection | DialFailure> {
    const guard = await guardHostKey(target);
    const authentication = await prepareAuthentication({ target, keyring: this.#keyring, ask: this.#ask });
    const keepalive = this.#keepalive;
    const bastion = lastJump(target);
    if (!bastion) {
      return this.#handshakes.run(target, () =>
        dial({ target, guard, authentication, through: undefined, signal, keepalive }),
      );
    }
    const line = await this.#borrow(bastion, target, signal);
    try {
      const through = await line.forward(target.address, target.port);
      const result = await this.#handshakes.run(target, () =>
        dial({ target, guard, authentication, through, signal, keepalive }),
      );
      if (result instanceof Ssh2Connection) void result.lost.then(() => this.#giveBack(bastion));
      else await this.#giveBack(bastion);
      return result;
    } catch (error) {
      await this.#giveBack(bastion);
      if (!(error instanceof PgupError)) throw error;
      return { error: onTheWay(target, error), again: error.code === 'unreachable' ? 'soon' : 'never' };
    }
  }

  async #borrow(jump: Target, target: Target, signal: AbortSignal | undefined): Promise<Connection> {
    const key = identity(jump);
    let bastion = this.#bastions.get(key);
    if (!bastion) {
      bastion = { opening: this.open(jump, signal), users: 0 };
      this.#bastions.set(key, bastion);
      const forget = (): void => {
        if (this.#bastions.get(key) === bastion) this.#bastions.delete(key);
      };
      bastion.opening.then((line) => line.lost.then(forget), forget);
    }
    bastion.users += 1;
    try {
      return await bastion.opening;
    } catch (error) {
      throw error instanceof PgupError ? onTheWay(target, error) : error;
    }
  }

  async #giveBack(jump: Target): Promise<void> {
    const bastion = this.#bastions.get(identity(jump));
    if (!bastion) return;
    bastion.users -= 1;
    if (bastion.users > 0) return;
    this.#bastions.delete(identity(jump));
    const line = await bastion.opening.catch(() => undefined);
    await line?.close();
  }
}

/** The jump host next to the target, reached through the ones before it. */
function lastJump(target: Target): Target | undefined {
  const last = target.jumps.at(-1);
  return last && { ...last, jumps: target.jumps.slice(0, -1) };
}

/** Equal values, one connection. */
function identity(target: Target): string {
  const { address, port, user, privateKeyFiles, agentSocket, hostKeyChecking, knownHostsFiles } = target;
  const jumps = target.jumps.map(identity);
  return JSON.stringify([address, port, user, privateKeyFiles, agentSocket, hostKeyChecking, knownHostsFiles, jumps]);
}

function onTheWay(target: Target, error: PgupError): PgupError {
  return new PgupError(error.code, `on the way to ${target.host}: ${error.message}`, {
    host: target.host,
    next: error.next,
    output: error.output,
    cause: error,
  });
}
