import { PgupError } from '../errors.ts';
import { prepareAuthentication } from './authentication.ts';
import { Bastions, lastJump } from './bastions.ts';
import { dial } from './dial.ts';
import { Handshakes } from './handshakes.ts';
import { guardHostKey } from './host-keys.ts';
import { Keyring, type Ask } from './keyring.ts';
import { onTheWay, type DialFailure } from './letters.ts';
import { persist } from './persist.ts';
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
  /** Opens the line to a jump host, where that may need another transport. */
  readonly openJump?: ((jump: Target) => Promise<Connection>) | undefined;
}

/** The default transport: the ssh2 library, its faults contained (docs/adr/0002). */
export function ssh2Transport(options: Ssh2Options = {}): Transport {
  return new Ssh2Transport(options);
}

class Ssh2Transport implements Transport {
  readonly #ask: Ask | undefined;
  readonly #keyring: Keyring;
  readonly #handshakes: Handshakes;
  readonly #random: () => number;
  readonly #keepalive: number | undefined;
  readonly #bastions: Bastions<Connection>;

  constructor(options: Ssh2Options) {
    this.#ask = options.ask;
    this.#keyring = new Keyring(options.ask);
    this.#handshakes = options.handshakes ?? new Handshakes();
    this.#random = options.random ?? Math.random;
    this.#keepalive = options.keepalive;
    this.#bastions = new Bastions(options.openJump ?? ((jump) => this.open(jump)));
  }

  open(target: Target, signal?: AbortSignal): Promise<Connection> {
    return persist({ target, signal, random: this.#random, attempt: () => this.#attempt(target, signal) });
  }

  async #attempt(target: Target, signal: AbortSignal | undefined): Promise<Ssh2Connection | DialFailure> {
    const guard = await guardHostKey(target);
    const authentication = await prepareAuthentication({ target, keyring: this.#keyring, ask: this.#ask });
    const keepalive = this.#keepalive;
    const jump = lastJump(target);
    if (!jump) {
      return this.#handshakes.run(target, () =>
        dial({ target, guard, authentication, through: undefined, signal, keepalive }),
      );
    }
    const { line, giveBack } = await this.#bastions.borrow(jump, target);
    try {
      const through = await line.forward(target.address, target.port);
      const result = await this.#handshakes.run(target, () =>
        dial({ target, guard, authentication, through, signal, keepalive }),
      );
      if (result instanceof Ssh2Connection) void result.lost.then(giveBack);
      else await giveBack();
      return result;
    } catch (error) {
      await giveBack();
      if (!(error instanceof PgupError)) throw error;
      return { error: onTheWay(target, error), again: error.code === 'unreachable' ? 'soon' : 'never' };
    }
  }
}
