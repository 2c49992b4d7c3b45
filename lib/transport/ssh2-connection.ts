import { setTimeout as sleep } from 'node:timers/promises';
import type { Duplex } from 'node:stream';
import pLimit from 'p-limit';
import type { Client, ClientChannel } from 'ssh2';
import { PgupError } from '../errors.ts';
import { Ssh2Channel, withResolvers } from './ssh2-channel.ts';
import type { Channel, Connection, Target } from './transport.ts';

/** sshd's MaxSessions is 10 by default; two are left for others that share the account's limits. */
const MOST_CHANNELS = 8;
/** execve takes at most 128 KiB as one argument, and sshd resets the line at twice that. */
const LONGEST_COMMAND = 131_000;
/** How often a refused channel is asked for again: another channel of ours may just be closing. */
const OPEN_ATTEMPTS = 5;

/** An authenticated ssh2 client. Its `error` listener was attached before it connected and stays for its life. */
export class Ssh2Connection implements Connection {
  readonly target: Target;
  readonly lost: Promise<string>;
  readonly #client: Client;
  readonly #room = pLimit(MOST_CHANNELS);
  readonly #channels = new Set<Ssh2Channel>();
  readonly #settleLost: (reason: string) => void;
  #lostReason: string | undefined;

  constructor(options: { target: Target; client: Client }) {
    this.target = options.target;
    this.#client = options.client;
    const { promise, resolve } = withResolvers<string>();
    this.lost = promise;
    this.#settleLost = resolve;
  }

  /** Called once by whoever hears first that the line is gone. Every open channel ends with it. */
  lose(reason: string): void {
    if (this.#lostReason !== undefined) return;
    this.#lostReason = reason;
    this.#settleLost(reason);
    for (const channel of this.#channels) channel.lose(reason);
    this.#channels.clear();
    this.#client.destroy();
  }

  exec(commandLine: string): Promise<Channel> {
    if (Buffer.byteLength(commandLine) > LONGEST_COMMAND) {
      return Promise.reject(
        new PgupError('internal', 'a command line is too long for a channel: scripts go by standard input'),
      );
    }
    const { promise, resolve, reject } = withResolvers<Channel>();
    // The room is kept until the channel has ended, so that the ninth command waits instead of being refused.
    void this.#room(async () => {
      try {
        const channel = await this.#open(commandLine);
        resolve(channel);
        await channel.ended;
      } catch (error) {
        reject(error as Error);
      }
    });
    return promise;
  }

  async forward(address: string, port: number): Promise<Duplex> {
    const { host } = this.target;
    const stream = await this.#request<ClientChannel>((done) => {
      this.#client.forwardOut('127.0.0.1', 0, address, port, done);
    }).catch((error: unknown) => {
      if (error instanceof PgupError) throw error;
      if (reasonOf(error) === PROHIBITED) {
        throw new PgupError('transport', `${host} does not forward connections to ${address}:${port}`, {
          host,
          next: `allow it in sshd_config on ${host}: AllowTcpForwarding yes, and no PermitOpen that leaves it out`,
          cause: error,
        });
      }
      throw new PgupError('unreachable', `nothing answers on ${address}:${port} as seen from ${host}`, {
        host,
        cause: error,
      });
    });
    stream.on('error', () => undefined);
    return stream;
  }

  async close(): Promise<void> {
    if (this.#lostReason !== undefined) return;
    this.#client.end();
    const timer = setTimeout(() => {
      this.lose('closed by us');
    }, 2000);
    await this.lost;
    clearTimeout(timer);
  }

  async #open(commandLine: string): Promise<Ssh2Channel> {
    for (let attempt = 1; ; attempt++) {
      try {
        const raw = await this.#request<ClientChannel>((done) => {
          this.#client.exec(commandLine, done);
        });
        return this.#adopt(raw);
      } catch (error) {
        if (error instanceof PgupError) throw error;
        if (attempt === OPEN_ATTEMPTS) throw this.#channelRefused(error);
        await sleep(50 * 2 ** attempt);
      }
    }
  }

  #adopt(raw: ClientChannel): Ssh2Channel {
    const channel = new Ssh2Channel(raw);
    this.#channels.add(channel);
    void channel.ended.then(() => this.#channels.delete(channel));
    return channel;
  }

  #channelRefused(error: unknown): PgupError {
    const { host } = this.target;
    return new PgupError(
      'transport',
      `${host} opens no further session on this connection: ${(error as Error).message}`,
      {
        host,
        next: `raise MaxSessions in sshd_config on ${host} (10 is its default; pgup uses at most ${MOST_CHANNELS})`,
        cause: error,
      },
    );
  }

  /** One request to ssh2, whose callback may never come when the line dies, and which throws when it is dead. */
  #request<T>(start: (done: (error: Error | undefined, value: T) => void) => void): Promise<T> {
    const { promise, resolve, reject } = withResolvers<T>();
    const gone = (reason: string): void => {
      reject(
        new PgupError('connection-lost', `the line to ${this.target.host} is lost: ${reason}`, {
          host: this.target.host,
        }),
      );
    };
    if (this.#lostReason === undefined) {
      void this.lost.then(gone);
      try {
        start((error, value) => {
          if (error) reject(error);
          else resolve(value);
        });
      } catch (error) {
        gone((error as Error).message);
      }
    } else {
      gone(this.#lostReason);
    }
    return promise;
  }
}

/** RFC 4254 5.1. */
const PROHIBITED = 1;

function reasonOf(error: unknown): unknown {
  return (error as { reason?: unknown }).reason;
}
