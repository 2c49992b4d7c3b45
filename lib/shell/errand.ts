import { randomBytes } from 'node:crypto';
import type { Connection, Ending } from '../transport/transport.ts';
import type { Way } from './become.ts';
import { encodeText } from './bytes.ts';
import { endingOf, errandLine } from './protocol.ts';
import { lessonFor, type Surroundings } from './session.ts';
import { abandon, openShell } from './shell-channel.ts';

export interface ErrandOptions {
  readonly connection: Connection;
  readonly way: Way;
  readonly withPassword: boolean;
  readonly surroundings: Surroundings;
  readonly text: string;
  /** Raw input, sent in pieces as the host takes it. */
  readonly stdin?: Iterable<Uint8Array> | AsyncIterable<Uint8Array> | undefined;
  /** Called for every piece of standard output; without it the output is collected. */
  readonly onStdout?: ((chunk: Buffer) => Promise<void> | void) | undefined;
  /** Milliseconds without a byte in either direction. */
  readonly silence: number;
}

export interface ErrandResult {
  readonly ending: Ending;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

/**
 * One command on a channel of its own, for what the persistent session cannot carry: input or output of any size. The
 * input begins after the host has said that the command runs, because shells read ahead, and what they read ahead of
 * the command would be missing from its input. The channel ends with the command, so unread input is never executed.
 */
export async function runErrand(options: ErrandOptions): Promise<ErrandResult> {
  const { connection, way, withPassword, surroundings, text, silence } = options;
  const { channel, stdout, stderr } = await openShell({ connection, way, withPassword, deadline: 60_000 });
  const nonce = randomBytes(16).toString('hex');
  const errand = new Errand({ nonce, onStdout: options.onStdout });
  const watch = new Watch(silence, () => {
    errand.giveUp(`nothing moved for ${silence / 1000} s`);
    abandon(channel);
  });
  try {
    channel.stdin.write(encodeText(`${lessonFor(way, surroundings)}${errandLine(nonce, text)}`));
    const reading = errand.read({ stdout, stderr, channel, watch });
    const ending = channel.ended.then(async (how) => {
      // The end of the process may be told before its last output is read.
      if (how.kind !== 'unknown') await Promise.race([reading, errand.given]);
      return how;
    });
    const feeding = errand.ready.then(() =>
      feed({ stdin: channel.stdin, source: options.stdin, watch, ended: channel.ended }),
    );
    feeding.catch(() => undefined);
    const how = await Promise.race([ending, errand.given]);
    return errand.result(how);
  } finally {
    watch.stop();
  }
}

class Errand {
  readonly ready: Promise<void>;
  /** Settles when we gave up. */
  readonly given: Promise<Ending>;
  readonly #nonce: string;
  readonly #onStdout: ErrandOptions['onStdout'];
  readonly #out: Buffer[] = [];
  readonly #err: Buffer[] = [];
  #sayReady: () => void = () => undefined;
  #sayGiven: (ending: Ending) => void = () => undefined;
  #head: Buffer | undefined = Buffer.alloc(0);

  constructor(options: { nonce: string; onStdout: ErrandOptions['onStdout'] }) {
    this.#nonce = options.nonce;
    this.#onStdout = options.onStdout;
    this.ready = new Promise((resolve) => {
      this.#sayReady = resolve;
    });
    this.given = new Promise((resolve) => {
      this.#sayGiven = resolve;
    });
  }

  giveUp(reason: string): void {
    this.#sayGiven({ kind: 'unknown', reason });
  }

  async read(options: {
    stdout: Buffer;
    stderr: Buffer;
    channel: { readonly stdout: AsyncIterable<unknown>; readonly stderr: AsyncIterable<unknown> };
    watch: Watch;
  }): Promise<void> {
    const { stdout, stderr, channel, watch } = options;
    const out = async (): Promise<void> => {
      await this.#take(stdout);
      for await (const chunk of channel.stdout) {
        watch.moved();
        await this.#take(chunk as Buffer);
      }
    };
    const err = async (): Promise<void> => {
      this.#err.push(stderr);
      for await (const chunk of channel.stderr) {
        watch.moved();
        this.#err.push(chunk as Buffer);
      }
    };
    await Promise.all([out(), err()]).catch((error: unknown) => {
      this.giveUp((error as Error).message);
    });
  }

  async #take(chunk: Buffer): Promise<void> {
    let rest = chunk;
    if (this.#head) {
      const mark = Buffer.from(`\x1e${this.#nonce} ready\x1e`);
      this.#head = Buffer.concat([this.#head, chunk]);
      const at = this.#head.indexOf(mark);
      if (at < 0) return;
      rest = this.#head.subarray(at + mark.length);
      this.#head = undefined;
      this.#sayReady();
    }
    if (rest.length === 0) return;
    if (this.#onStdout) await this.#onStdout(rest);
    else this.#out.push(rest);
  }

  result(how: Ending): ErrandResult {
    const stdout = Buffer.concat(this.#out);
    const mark = Buffer.from(`\x1e${this.#nonce}.1 exit\x1e`);
    const at = stdout.indexOf(mark);
    const clean = at < 0 ? stdout : Buffer.concat([stdout.subarray(0, at), stdout.subarray(at + mark.length)]);
    const ending = how.kind === 'exited' ? endingOf(how.code, at >= 0) : how;
    return { ending, stdout: clean, stderr: Buffer.concat(this.#err) };
  }
}

/** Gives up on a transfer in which nothing moves. */
class Watch {
  readonly #milliseconds: number;
  readonly #late: () => void;
  #timer: NodeJS.Timeout;
  #stopped = false;

  constructor(milliseconds: number, late: () => void) {
    this.#milliseconds = milliseconds;
    this.#late = late;
    this.#timer = setTimeout(late, milliseconds);
  }

  moved(): void {
    // A piece that was on its way when all was over must not start the watch again: it would keep the program alive.
    if (this.#stopped) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#late, this.#milliseconds);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }
}

async function feed(options: {
  stdin: NodeJS.WritableStream;
  source: ErrandOptions['stdin'];
  watch: Watch;
  ended: Promise<unknown>;
}): Promise<void> {
  const { stdin, source, watch, ended } = options;
  const state = { over: false };
  void ended.then(() => {
    state.over = true;
  });
  try {
    for await (const piece of source ?? []) {
      if (state.over) break;
      // ssh2 forgets the callback of a write to a channel that closes meanwhile: wait for the end as well.
      const written = new Promise<void>((resolve) =>
        stdin.write(piece, () => {
          resolve();
        }),
      );
      await Promise.race([written, ended]);
      watch.moved();
    }
  } finally {
    // Also where the source fails: a command that waits for input that will not come would hang.
    stdin.end();
  }
}
