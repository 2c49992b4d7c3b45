import { setTimeout as sleep } from 'node:timers/promises';
import type { Duplex } from 'node:stream';
import pLimit from 'p-limit';
import { KEEPALIVE, Keepalive } from './keepalive.ts';
import { MOST_CHANNELS, channelRefused, forwardRefused, lineLost, nothingAnswers, refuseTooLong } from './letters.ts';
import type { MuxChannel } from './mux-channel.ts';
import { ChannelRefused, type MuxClient } from './mux-client.ts';
import type { Channel, Connection, Target } from './transport.ts';
import { withResolvers } from './with-resolvers.ts';

/** The `ssh` that holds the line. */
export interface Master {
  readonly controlPath: string;
  /** Settles when it has ended, with its last words. */
  readonly ended: Promise<string>;
  /** Ends it and removes its folder. */
  end(): Promise<void>;
}

/** How often a refused channel is asked for again: another channel of ours may just be closing. */
const OPEN_ATTEMPTS = 5;
/** RFC 4254 5.1. */
const PROHIBITED = 1;

/** A line that the system's `ssh` holds, used through its control socket. */
export class OpenSshConnection implements Connection {
  readonly target: Target;
  readonly lost: Promise<string>;
  readonly controlPath: string;
  readonly #master: Master;
  readonly #mux: MuxClient;
  readonly #room = pLimit(MOST_CHANNELS);
  readonly #keepalive: Keepalive;
  readonly #settleLost: (reason: string) => void;
  #lostReason: string | undefined;

  constructor(options: { target: Target; master: Master; mux: MuxClient; keepalive: number | undefined }) {
    const { target, master, mux, keepalive } = options;
    this.target = target;
    this.controlPath = master.controlPath;
    this.#master = master;
    this.#mux = mux;
    const { promise, resolve } = withResolvers<string>();
    this.lost = promise;
    this.#settleLost = resolve;
    this.#keepalive = new Keepalive({
      interval: keepalive ?? KEEPALIVE,
      ping: (heard) => mux.ping(heard),
      received: () => mux.received,
      onDead: (reason) => {
        void this.#lose(reason);
      },
    });
    // ssh's own words say more than that its socket is closed, and come a moment later.
    void mux.lost.then(async (reason) => {
      void this.#lose(await Promise.race([master.ended, sleep(500, reason)]));
    });
    void master.ended.then((words) => this.#lose(words));
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
    try {
      return await this.#mux.forward(address, port);
    } catch (error) {
      if (!(error instanceof ChannelRefused)) throw await this.#gone(error as Error);
      const at = `${address}:${port}`;
      throw error.reason === PROHIBITED
        ? forwardRefused({ host, at, cause: error })
        : nothingAnswers({ host, at, cause: error });
    }
  }

  async close(): Promise<void> {
    await this.#lose('closed by us');
  }

  async #open(commandLine: string): Promise<MuxChannel> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#mux.exec(commandLine);
      } catch (error) {
        if (!(error instanceof ChannelRefused)) throw await this.#gone(error as Error);
        if (attempt === OPEN_ATTEMPTS) throw channelRefused({ host: this.target.host, cause: error });
        await sleep(50 * 2 ** attempt);
      }
    }
  }

  /** The error of what was wanted on a line that is gone: the reason is the line's. */
  async #gone(error: Error): Promise<Error> {
    const reason = await Promise.race([this.lost, sleep(1000, error.message)]);
    return lineLost({ host: this.target.host, reason });
  }

  async #lose(reason: string): Promise<void> {
    if (this.#lostReason === undefined) {
      this.#lostReason = reason;
      this.#keepalive.stop();
      this.#settleLost(reason);
      this.#mux.end(reason);
    }
    await this.#master.end();
  }
}
