import { Socket, connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { NodeSSH } from 'node-ssh';
import type { Client } from 'ssh2';
import { PgupError } from '../errors.ts';
import { algorithms } from './algorithms.ts';
import type { Authentication } from './authentication.ts';
import type { HostKeyGuard } from './host-keys.ts';
import { Deadline } from './deadline.ts';
import { KEEPALIVE } from './keepalive.ts';
import { hungUp, interrupted, nextFor, placeOf, tooSlow, type DialFailure, type Phase } from './letters.ts';
import { Ssh2Connection } from './ssh2-connection.ts';
import type { Target } from './transport.ts';
import { withResolvers } from './with-resolvers.ts';

/** What ssh2 and sockets put on their errors. */
interface LineError extends Error {
  readonly level?: string;
  readonly code?: unknown;
}

export interface DialOptions {
  readonly target: Target;
  readonly guard: HostKeyGuard;
  readonly authentication: Authentication;
  /** The stream through a jump host; a TCP connection is made without it. */
  readonly through: Duplex | undefined;
  readonly signal: AbortSignal | undefined;
  /** Milliseconds between two signs of life. */
  readonly keepalive: number | undefined;
}

/** One attempt at one connection, bounded by the target's connect timeout. Never throws. */
export async function dial(options: DialOptions): Promise<Ssh2Connection | DialFailure> {
  const attempt = new Attempt(options);
  try {
    return await attempt.run();
  } finally {
    attempt.settled();
  }
}

class Attempt {
  readonly #options: DialOptions;
  readonly #stop = withResolvers<DialFailure>();
  #phase: Phase = 'tcp';
  #client: Client | undefined;
  #stream: Duplex | undefined;
  #connection: Ssh2Connection | undefined;
  #firstError: LineError | undefined;
  #deadline: Deadline | undefined;
  #heard = '';
  readonly #abort = (): void => {
    this.#fail(interrupted(this.#options.target), 'never');
  };

  constructor(options: DialOptions) {
    this.#options = options;
  }

  async run(): Promise<Ssh2Connection | DialFailure> {
    const { signal, target, authentication } = this.#options;
    if (signal?.aborted === true) this.#abort();
    signal?.addEventListener('abort', this.#abort);
    const deadline = new Deadline(target.connectTimeout, () => {
      this.#fail(tooSlow(target, this.#phase), this.#phase === 'authentication' ? 'never' : 'soon');
    });
    this.#deadline = deadline;
    authentication.onPerson((asking) => {
      deadline.person(asking);
    });
    const result = await Promise.race([this.#connect(), this.#stop.promise]);
    if (!(result instanceof Ssh2Connection)) this.#tearDown();
    return result;
  }

  settled(): void {
    this.#deadline?.stop();
    this.#options.signal?.removeEventListener('abort', this.#abort);
  }

  #fail(error: PgupError, again: DialFailure['again']): void {
    this.#stop.resolve({ error, again });
  }

  #tearDown(): void {
    this.#client?.destroy();
    this.#stream?.destroy();
  }

  async #connect(): Promise<Ssh2Connection | DialFailure> {
    try {
      this.#stream = this.#options.through ?? (await this.#openSocket());
      this.#phase = 'handshake';
      return await this.#handshake(this.#stream);
    } catch (error) {
      return this.#explain(error as Error);
    }
  }

  /** Our own socket: ssh2 leaves Nagle's algorithm on, which costs 40 ms a command, and tells TCP faults from others. */
  #openSocket(): Promise<Socket> {
    const { address, port } = this.#options.target;
    const { promise, resolve, reject } = withResolvers<Socket>();
    const socket = connect({ host: address, port, noDelay: true });
    this.#stream = socket;
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.removeListener('error', reject);
      resolve(socket);
    });
    return promise;
  }

  async #handshake(stream: Duplex): Promise<Ssh2Connection> {
    const { target, guard, authentication } = this.#options;
    const ssh = new NodeSSH();
    const connecting = ssh.connect({
      host: target.address,
      port: target.port,
      username: target.user,
      sock: stream,
      algorithms: algorithms(guard.algorithms),
      hostVerifier: (key: Buffer) => guard.verify(key),
      // ssh2 asks with (null, null) first and takes `false` for "no more ways"; its types know neither.
      authHandler: (left, partial) => authentication.handler(left, partial),
      readyTimeout: 0,
      keepaliveInterval: 0,
    });
    const client = ssh.connection;
    if (client) this.#watch(client, stream);
    await connecting;
    if (!client || !this.#connection) throw new Error('no client');
    await guard.remember();
    this.#connection.keepAlive({
      interval: this.#options.keepalive ?? KEEPALIVE,
      received: () => (stream instanceof Socket ? stream.bytesRead : 0),
    });
    return this.#connection;
  }

  /**
   * Listens for the client's whole life. node-ssh takes its own `error` listener away once the client is ready, and
   * the next error of the socket would end the program: ours is attached in the same tick as the client is made.
   */
  #watch(client: Client, stream: Duplex): void {
    this.#client = client;
    const connection = new Ssh2Connection({
      target: this.#options.target,
      client,
      // A closed socket's unsent words are delivered by the kernel for a quarter of an hour, should the line heal; a
      // reset one's are not. What was given up as lost must not come late.
      discard: () => {
        if (stream instanceof Socket && !stream.destroyed) stream.resetAndDestroy();
      },
    });
    client.on('error', (error: Error) => {
      this.#firstError ??= error;
      if (this.#phase === 'ready') connection.lose(error.message);
    });
    client.on('handshake', () => {
      this.#phase = this.#phase === 'handshake' ? 'authentication' : this.#phase;
    });
    client.on('ready', () => {
      this.#phase = 'ready';
      this.#connection = connection;
    });
    client.on('end', () => {
      connection.lose('the host closed the line');
    });
    client.on('close', () => {
      connection.lose('the line was closed');
    });
    this.#listenBeforeHandshake(stream);
  }

  /** What a server says instead of its SSH banner (`Not allowed at this time`) explains why it hangs up. */
  #listenBeforeHandshake(stream: Duplex): void {
    const hear = (chunk: Buffer): void => {
      this.#heard = (this.#heard + chunk.toString('latin1')).slice(0, 500);
      if (this.#heard.includes('SSH-') || this.#heard.length >= 500) stream.removeListener('data', hear);
    };
    stream.on('data', hear);
  }

  #explain(thrown: Error): DialFailure {
    const { target, guard, authentication } = this.#options;
    const refusal = guard.refusal();
    if (refusal) return { error: refusal, again: 'never' };
    const error: LineError = this.#firstError ?? thrown;
    const cause = { host: target.host, cause: error };
    const place = placeOf(target);
    if (error.level === 'client-authentication') return { error: authentication.refusal(), again: 'never' };
    if (this.#phase === 'authentication' && !authentication.refusedAny() && isSocketError(error)) {
      const says = `the line to ${place} was lost during the login: ${error.message}`;
      return { error: new PgupError('connection-lost', says, { ...cause, ...nextFor(target) }), again: 'soon' };
    }
    if (this.#phase === 'authentication') {
      const says = `${place} closed the line during the login: ${error.message}`;
      return { error: new PgupError('authentication', says, { ...cause, ...nextFor(target) }), again: 'never' };
    }
    if (/no matching .*algorithm/i.test(error.message)) {
      return { error: noCommonAlgorithm(target, error), again: 'never' };
    }
    if (this.#phase === 'tcp') {
      const says = `no connection to ${place}: ${tcpReason(error)}`;
      // Refused may be an sshd that restarts; a name that does not resolve stays so.
      const again = error.code === 'ENOTFOUND' ? 'never' : 'soon';
      return { error: new PgupError('unreachable', says, { ...cause, ...nextFor(target) }), again };
    }
    const said = this.#heard.split(/\r?\n/).find((line) => line !== '' && !line.startsWith('SSH-'));
    return hungUp({ target, said, cause: error });
  }
}

/** The network's doing, not the server's: it said nothing before the line was gone. */
function isSocketError(error: LineError): boolean {
  return error.level === 'client-socket' || error.message === 'No response from server';
}

function noCommonAlgorithm(target: Target, error: Error): PgupError {
  return new PgupError('transport', `${placeOf(target)} and ssh2 have no algorithm in common: ${error.message}`, {
    host: target.host,
    cause: error,
    next: `set ansible_connection=openssh for ${target.host}: the system's ssh knows more (post-quantum key exchange)`,
  });
}

function tcpReason(error: LineError): string {
  switch (error.code) {
    case 'ECONNREFUSED':
      return 'nothing listens there (ECONNREFUSED)';
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return `no route to it (${error.code})`;
    case 'ENOTFOUND':
      return 'the name does not resolve (ENOTFOUND)';
    case 'ETIMEDOUT':
      return 'no answer (ETIMEDOUT)';
    default:
      return error.message || String(error.code);
  }
}
