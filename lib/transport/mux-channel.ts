import type { Readable } from 'node:stream';
import { EndingWatch } from './ending-watch.ts';
import type { MuxStream } from './mux-stream.ts';
import type { Reader } from './mux-wire.ts';
import type { Channel, Ending } from './transport.ts';

/** Output that nobody has read for so long is not waited for. */
const UNREAD = 1000;

/** A process at the other end of a channel of the control connection. */
export class MuxChannel implements Channel {
  readonly stdin: MuxStream;
  readonly stdout: MuxStream;
  readonly stderr: Readable;
  readonly #watch: EndingWatch;

  constructor(stream: MuxStream) {
    this.stdin = stream;
    this.stdout = stream;
    this.stderr = stream.stderr;
    this.#watch = new EndingWatch(() => {
      stream.shut();
    });
  }

  get ended(): Promise<Ending> {
    return this.#watch.ended;
  }

  close(): void {
    this.#watch.close();
  }

  /** What sshd tells of the process (RFC 4254 6.10). */
  hear(name: string, payload: Reader): void {
    if (name === 'exit-status') this.#watch.exit({ kind: 'exited', code: payload.uint32() });
    // sshd leaves the SIG away, as the RFC has it.
    if (name === 'exit-signal') this.#watch.exit({ kind: 'signalled', signal: `SIG${payload.text()}` });
  }

  /** The host has closed the channel. What it sent before is read first, if anybody reads it at all. */
  closed(): void {
    this.stdin.closedByPeer();
    const finish = (): void => {
      clearTimeout(timer);
      this.#watch.finish('the channel was closed before the command ended');
    };
    const timer = setTimeout(finish, UNREAD);
    void Promise.all([endOf(this.stdout), endOf(this.stderr)]).then(finish);
  }

  /** The line is gone. */
  lose(reason: string): void {
    this.stdin.closedByPeer();
    this.#watch.finish(reason);
  }
}

function endOf(output: Readable): Promise<void> {
  if (output.readableEnded) return Promise.resolve();
  return new Promise((resolve) => {
    output.once('end', resolve);
  });
}
