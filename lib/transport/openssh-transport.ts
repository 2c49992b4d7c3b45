import { PgupError } from '../errors.ts';
import { passphrasesOnce } from './ask-once.ts';
import { Bastions, lastJump } from './bastions.ts';
import { Handshakes } from './handshakes.ts';
import type { Ask } from './keyring.ts';
import { onTheWay, type DialFailure } from './letters.ts';
import type { OpenSshConnection } from './openssh-connection.ts';
import { listAgent } from './openssh-identities.ts';
import { dialByOpenSsh, type Surroundings } from './openssh-master.ts';
import { persist } from './persist.ts';
import type { Connection, Target, Transport } from './transport.ts';

export interface OpenSshOptions {
  readonly surroundings: Surroundings;
  /** Asks the person at the terminal; without it, locked keys and odd prompts are errors. */
  readonly ask?: Ask | undefined;
  /** Shared with other transports of the same program. */
  readonly handshakes?: Handshakes | undefined;
  readonly random?: (() => number) | undefined;
  /** Milliseconds between two signs of life; three may stay unanswered. */
  readonly keepalive?: number | undefined;
}

/** The system's `ssh`, for what ssh2 cannot do (docs/adr/0005). */
export function openSshTransport(options: OpenSshOptions): Transport {
  return new OpenSshTransport(options);
}

class OpenSshTransport implements Transport {
  readonly #options: OpenSshOptions;
  readonly #handshakes: Handshakes;
  readonly #bastions: Bastions<OpenSshConnection>;
  readonly #agents = new Map<string, Promise<readonly string[]>>();

  constructor(options: OpenSshOptions) {
    this.#options = { ...options, ask: passphrasesOnce(options.ask) };
    this.#handshakes = options.handshakes ?? new Handshakes();
    this.#bastions = new Bastions((jump) => this.#open(jump, undefined));
  }

  open(target: Target, signal?: AbortSignal): Promise<Connection> {
    return this.#open(target, signal);
  }

  #open(target: Target, signal: AbortSignal | undefined): Promise<OpenSshConnection> {
    const random = this.#options.random ?? Math.random;
    return persist({ target, signal, random, attempt: () => this.#attempt(target, signal) });
  }

  async #attempt(target: Target, signal: AbortSignal | undefined): Promise<OpenSshConnection | DialFailure> {
    const jump = lastJump(target);
    if (!jump) return this.#dial(target, signal, undefined);
    const { line, giveBack } = await this.#bastions.borrow(jump, target);
    try {
      const result = await this.#dial(target, signal, line.controlPath);
      if (!('again' in result)) {
        void result.lost.then(giveBack);
        return result;
      }
      const failure = result.jumpRefused === true ? await askWhy({ line, target, failure: result }) : result;
      await giveBack();
      return failure;
    } catch (error) {
      await giveBack();
      throw error;
    }
  }

  async #dial(target: Target, signal: AbortSignal | undefined, through: string | undefined) {
    const { surroundings, ask, keepalive } = this.#options;
    const agentKeys = target.agentSocket === undefined ? [] : await this.#agent(target.agentSocket);
    return this.#handshakes.run(target, () =>
      dialByOpenSsh({ target, surroundings, ask, agentKeys, through, signal, keepalive }),
    );
  }

  #agent(socket: string): Promise<readonly string[]> {
    const known = this.#agents.get(socket);
    if (known) return known;
    const asking = listAgent({ socket, environment: this.#options.surroundings.environment });
    this.#agents.set(socket, asking);
    return asking;
  }
}

/** ssh does not tell why a jump host would not connect further; asked once more, the jump host does. */
async function askWhy(options: {
  line: OpenSshConnection;
  target: Target;
  failure: DialFailure;
}): Promise<DialFailure> {
  const { line, target, failure } = options;
  try {
    (await line.forward(target.address, target.port)).destroy();
    return failure;
  } catch (error) {
    if (!(error instanceof PgupError)) throw error;
    return { error: onTheWay(target, error), again: error.code === 'unreachable' ? 'soon' : 'never' };
  }
}
