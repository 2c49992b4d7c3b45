import type { ClientChannel } from 'ssh2';
import { EndingWatch } from './ending-watch.ts';
import type { Channel, Ending } from './transport.ts';

/** A channel of ssh2 as ours: three endings instead of an exit code that may be undefined. */
export class Ssh2Channel implements Channel {
  readonly stdin: ClientChannel;
  readonly stdout: ClientChannel;
  readonly stderr: ClientChannel['stderr'];
  readonly #watch: EndingWatch;

  constructor(channel: ClientChannel) {
    this.stdin = channel;
    this.stdout = channel;
    this.stderr = channel.stderr;
    this.#watch = new EndingWatch(() => {
      channel.close();
    });
    // Nothing is known to emit these; an `error` without a listener would end the whole program.
    channel.on('error', ignore);
    channel.stderr.on('error', ignore);
    channel.on('exit', (code: number | null, signal?: string) => {
      this.#watch.exit(code === null ? { kind: 'signalled', signal: signal ?? 'unknown' } : { kind: 'exited', code });
    });
    channel.on('close', () => {
      this.#watch.finish('the channel was closed before the command ended');
    });
  }

  get ended(): Promise<Ending> {
    return this.#watch.ended;
  }

  close(): void {
    this.#watch.close();
  }

  /** The line is gone: without an exit code seen, nobody knows how it ended. */
  lose(reason: string): void {
    this.#watch.finish(reason);
  }
}

function ignore(): void {
  // See the constructor.
}
