import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { connect } from 'node:net';
import type { Duplex, Readable, Writable } from 'node:stream';
import { EndingWatch } from './ending-watch.ts';
import { lineLost, nothingAnswers, refuseTooLong } from './letters.ts';
import type { Channel, Connection, Ending, Target, Transport } from './transport.ts';
import { withResolvers } from './with-resolvers.ts';

/** This machine itself, without a network. `environment` is what commands see. */
export function localTransport(options: {
  environment: Readonly<Record<string, string | undefined>>;
  home: string;
}): Transport {
  return { open: (target) => Promise.resolve(new LocalConnection({ target, ...options })) };
}

class LocalConnection implements Connection {
  readonly target: Target;
  readonly lost: Promise<string>;
  readonly #environment: Readonly<Record<string, string | undefined>>;
  readonly #home: string;
  readonly #channels = new Set<LocalChannel>();
  readonly #settleLost: (reason: string) => void;
  #closed = false;

  constructor(options: { target: Target; environment: Readonly<Record<string, string | undefined>>; home: string }) {
    this.target = options.target;
    this.#environment = options.environment;
    this.#home = options.home;
    const { promise, resolve } = withResolvers<string>();
    this.lost = promise;
    this.#settleLost = resolve;
  }

  async exec(commandLine: string): Promise<Channel> {
    this.#refuseClosed();
    refuseTooLong(commandLine);
    const child = spawn('/bin/sh', ['-c', commandLine], {
      // In a session of its own, as on a host: an interrupt at our terminal is not meant for it.
      detached: true,
      cwd: this.#home,
      env: this.#environment,
    });
    const { promise, resolve, reject } = withResolvers<undefined>();
    child.once('spawn', () => {
      resolve(undefined);
    });
    child.once('error', (error) => {
      reject(lineLost({ host: this.target.host, reason: error.message }));
    });
    await promise;
    const channel = new LocalChannel(child);
    this.#channels.add(channel);
    void channel.ended.then(() => this.#channels.delete(channel));
    return channel;
  }

  forward(address: string, port: number): Promise<Duplex> {
    const { host } = this.target;
    const { promise, resolve, reject } = withResolvers<Duplex>();
    if (this.#closed) return Promise.reject(lineLost({ host, reason: CLOSED }));
    const socket = connect({ host: address, port, noDelay: true, allowHalfOpen: true });
    socket.on('error', (cause) => {
      reject(nothingAnswers({ host, at: `${address}:${port}`, cause }));
    });
    socket.on('connect', () => {
      resolve(socket);
    });
    return promise;
  }

  /** As with a line that is closed: what was started goes on, and its ending is not known any more. */
  close(): Promise<void> {
    this.#closed = true;
    this.#settleLost(CLOSED);
    for (const channel of this.#channels) channel.lose();
    return Promise.resolve();
  }

  #refuseClosed(): void {
    if (this.#closed) throw lineLost({ host: this.target.host, reason: CLOSED });
  }
}

const CLOSED = 'closed by us';

class LocalChannel implements Channel {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #watch: EndingWatch;

  constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child;
    this.stdin = child.stdin;
    this.stdout = child.stdout;
    this.stderr = child.stderr;
    this.#watch = new EndingWatch(() => {
      this.#letGo();
    });
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream.on('error', ignore);
    child.on('exit', (code, signal) => {
      this.#watch.exit(signal === null ? { kind: 'exited', code: code ?? 0 } : { kind: 'signalled', signal });
    });
    child.on('close', () => {
      this.#watch.finish('the process was let go');
    });
  }

  get ended(): Promise<Ending> {
    return this.#watch.ended;
  }

  close(): void {
    this.#watch.close();
  }

  lose(): void {
    this.#letGo();
    this.#watch.finish(CLOSED);
  }

  #letGo(): void {
    this.#child.stdin.destroy();
    this.#child.stdout.destroy();
    this.#child.stderr.destroy();
    this.#child.unref();
  }
}

function ignore(): void {
  // A process that does not read its input ends as it ends; its ending tells.
}
