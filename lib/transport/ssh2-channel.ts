import type { ClientChannel } from 'ssh2';
import type { Channel, Ending } from './transport.ts';

/** After its process has ended a channel may still carry output, or be held open by what that process left behind. */
const GRACE = 1000;
/** How long a host may take to confirm that a channel is closed. */
const CLOSING = 2000;

/**
 * A channel of ssh2 as ours: three endings instead of an exit code that may be undefined, and an end in time although
 * a background process holds the output open for ever.
 */
export class Ssh2Channel implements Channel {
  readonly stdin: ClientChannel;
  readonly stdout: ClientChannel;
  readonly stderr: ClientChannel['stderr'];
  readonly ended: Promise<Ending>;
  readonly #settle: (ending: Ending) => void;
  #exit: Ending | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(channel: ClientChannel) {
    this.stdin = channel;
    this.stdout = channel;
    this.stderr = channel.stderr;
    const { promise, resolve } = withResolvers<Ending>();
    this.ended = promise;
    this.#settle = resolve;
    // Nothing is known to emit these; an `error` without a listener would end the whole program.
    channel.on('error', ignore);
    channel.stderr.on('error', ignore);
    channel.on('exit', (code: number | null, signal?: string) => {
      this.#exit = code === null ? { kind: 'signalled', signal: signal ?? 'unknown' } : { kind: 'exited', code };
      this.#timer = setTimeout(() => {
        this.close();
      }, GRACE);
    });
    channel.on('close', () => {
      this.#finish('the channel was closed before the command ended');
    });
  }

  close(): void {
    clearTimeout(this.#timer);
    this.stdin.close();
    this.#timer = setTimeout(() => {
      this.#finish('the host did not confirm the end of the channel');
    }, CLOSING);
  }

  /** The line is gone: without an exit code seen, nobody knows how it ended. */
  lose(reason: string): void {
    this.#finish(reason);
  }

  #finish(reason: string): void {
    clearTimeout(this.#timer);
    this.#settle(this.#exit ?? { kind: 'unknown', reason });
  }
}

function ignore(): void {
  // See the constructor.
}

/** Promise.withResolvers, which Node 20 lacks. */
export function withResolvers<T>(): {
  promise: Promise<T>;
  resolve: (value: T) => void;
  reject: (error: Error) => void;
} {
  let resolve: (value: T) => void = ignore;
  let reject: (error: Error) => void = ignore;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
