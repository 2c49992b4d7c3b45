import { Duplex, Readable } from 'node:stream';
import { MESSAGE, flag, text, uint32 } from './mux-wire.ts';

/** What a host may send before it is told to go on; both outputs together. */
export const WINDOW = 2 * 1024 * 1024;
export const MOST_DATA = 32 * 1024;

/** Sends one message of the connection layer; false where the line is full, and `drained` says when it is not. */
export interface Outlet {
  send(type: number, ...parts: readonly Uint8Array[]): boolean;
  drained(then: () => void): void;
}

interface Waiting {
  bytes: Buffer;
  readonly done: (error?: Error | null) => void;
}

/**
 * One open channel: standard input and output as a Duplex, and the other output beside it. What is read is credited to
 * the host's window as it is read, so a reader that stops stops the host, and memory stays at one window.
 */
export class MuxStream extends Duplex {
  readonly stderr: Readable;
  readonly #outlet: Outlet;
  readonly #remote: number;
  readonly #mostData: number;
  #window: number;
  #waiting: Waiting | undefined;
  #credit = 0;
  /** Bytes taken in by an output whose reader has not asked for more yet. */
  readonly #held = { stdout: 0, stderr: 0 };
  #closed = false;
  #closeSent = false;
  #ended = false;

  constructor(options: { outlet: Outlet; remote: number; window: number; mostData: number; forward: boolean }) {
    // A process may close its output long before it ends, and its ending comes last: only a forwarded connection is
    // over once both directions are.
    super({ autoDestroy: options.forward });
    this.#outlet = options.outlet;
    this.#remote = options.remote;
    this.#window = options.window;
    this.#mostData = Math.min(options.mostData, MOST_DATA);
    this.stderr = new Readable({
      read: () => {
        this.#release('stderr');
      },
    });
    this.on('error', ignore);
    this.stderr.on('error', ignore);
  }

  override _read(): void {
    this.#release('stdout');
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#waiting = { bytes: chunk, done };
    this.#pump();
  }

  override _final(done: (error?: Error | null) => void): void {
    if (!this.#closed && !this.#closeSent) this.#outlet.send(MESSAGE.channelEof, uint32(this.#remote));
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.shut();
    this.#settle(error ?? new Error('the channel is closed'));
    done(error);
  }

  /** The host takes so many more bytes. */
  widen(amount: number): void {
    this.#window += amount;
    this.#pump();
  }

  receive(output: 'stdout' | 'stderr', bytes: Buffer): void {
    const stream = output === 'stdout' ? this : this.stderr;
    if (this.#ended || stream.destroyed) {
      this.#give(bytes.length);
      return;
    }
    this.#held[output] += bytes.length;
    if (stream.push(bytes)) this.#release(output);
  }

  /** No more output will come. */
  endOutput(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.push(null);
    this.stderr.push(null);
  }

  request(name: string, options: { answer: boolean; payload?: Buffer }): void {
    const parts = [text(name), flag(options.answer), ...(options.payload ? [options.payload] : [])];
    if (!this.#closed && !this.#closeSent) this.#outlet.send(MESSAGE.channelRequest, uint32(this.#remote), ...parts);
  }

  /** Refuses a request of the host's that wants an answer: sshd asks so whether we are still there. */
  refuse(): void {
    if (!this.#closed && !this.#closeSent) this.#outlet.send(MESSAGE.channelFailure, uint32(this.#remote));
  }

  /** Closes our end, once. */
  shut(): void {
    if (this.#closeSent || this.#closed) return;
    this.#closeSent = true;
    this.#outlet.send(MESSAGE.channelClose, uint32(this.#remote));
  }

  /**
   * The other end is closed, or the line is lost. What waits to be written is dropped without an error, which would
   * take the output with it that nobody has read yet: how the process ended is told by its ending.
   */
  closedByPeer(): void {
    this.shut();
    this.#closed = true;
    this.endOutput();
    this.#settle();
  }

  #pump(): void {
    const waiting = this.#waiting;
    if (!waiting) return;
    if (this.#closed || this.#closeSent) {
      this.#settle();
      return;
    }
    let room = true;
    while (room && waiting.bytes.length > 0 && this.#window > 0) {
      const piece = waiting.bytes.subarray(0, Math.min(this.#window, this.#mostData));
      this.#window -= piece.length;
      waiting.bytes = waiting.bytes.subarray(piece.length);
      room = this.#outlet.send(MESSAGE.channelData, uint32(this.#remote), text(piece));
    }
    if (!room) {
      this.#outlet.drained(() => {
        this.#pump();
      });
    } else if (waiting.bytes.length === 0) {
      this.#settle();
    }
  }

  #settle(error?: Error): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.done(error);
  }

  #release(output: 'stdout' | 'stderr'): void {
    const amount = this.#held[output];
    this.#held[output] = 0;
    if (amount > 0) this.#give(amount);
  }

  #give(amount: number): void {
    this.#credit += amount;
    if (this.#credit < WINDOW / 2 || this.#closed || this.#closeSent) return;
    this.#outlet.send(MESSAGE.channelWindowAdjust, uint32(this.#remote), uint32(this.#credit));
    this.#credit = 0;
  }
}

function ignore(): void {
  // An error without a listener would end the program; whoever reads or writes has listeners of their own.
}
