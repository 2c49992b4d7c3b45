import { setTimeout as sleep } from 'node:timers/promises';
import type { Duplex } from 'node:stream';
import pLimit from 'p-limit';
import type { Client, ClientChannel } from 'ssh2';
import { PgupError } from '../errors.ts';
import { MOST_CHANNELS, channelRefused, forwardRefused, lineLost, nothingAnswers, refuseTooLong } from './letters.ts';
import { Keepalive } from './keepalive.ts';
import { Ssh2Channel } from './ssh2-channel.ts';
import type { Channel, Connection, Target } from './transport.ts';
import { withResolvers } from './with-resolvers.ts';

/** How often a refused channel is asked for again: another channel of ours may just be closing. */
const OPEN_ATTEMPTS = 5;

/** An authenticated ssh2 client. Its `error` listener was attached before it connected and stays for its life. */
export class Ssh2Connection implements Connection {
  readonly target: Target;
  readonly lost: Promise<string>;
  readonly #client: Client;
  readonly #room = pLimit(MOST_CHANNELS);
  readonly #channels = new Set<Ssh2Channel>();
  readonly #discard: () => void;
  readonly #settleLost: (reason: string) => void;
  #lostReason: string | undefined;

  #keepalive: Keepalive | undefined;
  #closing = false;

  constructor(options: { target: Target; client: Client; discard: () => void }) {
    this.target = options.target;
    this.#client = options.client;
    this.#discard = options.discard;
    const { promise, resolve } = withResolvers<string>();
    this.lost = promise;
    this.#settleLost = resolve;
  }

  /** Watches the line from the login on. ssh2's own keepalive has no patience with a session that opens slowly. */
  keepAlive(options: { interval: number; received: () => number }): void {
    this.#keepalive = new Keepalive({
      ...options,
      ping: (heard) => {
        // The one global request of ssh2's that does nothing: sshd refuses to undo a forwarding that was never made.
        void this.#request<undefined>((done) => {
          this.#client.unforwardIn('127.0.0.1', 1, (error) => {
            done(error ?? undefined);
          });
        }).catch((error: unknown) => {
          if (!(error instanceof PgupError)) heard();
        });
        return true;
      },
      onDead: (reason) => {
        this.lose(reason);
      },
    });
  }

  /** Called once by whoever hears first that the line is gone. Every open channel ends with it. */
  lose(reason: string): void {
    if (this.#lostReason !== undefined) return;
    const why = this.#closing ? 'closed by us' : reason;
    this.#lostReason = why;
    this.#keepalive?.stop();
    this.#settleLost(why);
    for (const channel of this.#channels) channel.lose(why);
    this.#channels.clear();
    this.#discard();
    this.#client.destroy();
  }

  async exec(commandLine: string): Promise<Channel> {
    refuseTooLong(commandLine);
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
      const at = `${address}:${port}`;
      if (reasonOf(error) === PROHIBITED) throw forwardRefused({ host, at, cause: error });
      throw nothingAnswers({ host, at, cause: error });
    });
    stream.on('error', () => undefined);
    return stream;
  }

  async close(): Promise<void> {
    if (this.#lostReason !== undefined) return;
    this.#closing = true;
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
        return await this.#request<Ssh2Channel>((done) => {
          this.#client.exec(commandLine, (error, raw) => {
            // Listened to at once: the ending of a short command may stand in the packet right behind this answer.
            if (error) done(error);
            else done(undefined, this.#adopt(raw));
          });
        });
      } catch (error) {
        if (error instanceof PgupError) throw error;
        if (attempt === OPEN_ATTEMPTS) {
          throw channelRefused({ host: this.target.host, cause: error as Error });
        }
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

  /** One request to ssh2, whose callback may never come when the line dies, and which throws when it is dead. */
  #request<T>(start: (done: (error: Error | undefined, value?: T) => void) => void): Promise<T> {
    const { promise, resolve, reject } = withResolvers<T>();
    const gone = (reason: string): void => {
      reject(lineLost({ host: this.target.host, reason }));
    };
    if (this.#lostReason === undefined) {
      void this.lost.then(gone);
      try {
        start((error, value) => {
          if (error) reject(error);
          else resolve(value as T);
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
