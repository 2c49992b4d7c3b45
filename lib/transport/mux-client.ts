import { connect, type Socket } from 'node:net';
import { MESSAGE, Packets, Reader, text, uint32 } from './mux-wire.ts';
import { MuxChannel } from './mux-channel.ts';
import { MOST_DATA, MuxStream, WINDOW, type Outlet } from './mux-stream.ts';
import { withResolvers } from './with-resolvers.ts';

/** Messages of OpenSSH's PROTOCOL.mux. */
const MUX = { hello: 1, proxy: 0x1000000f, proxyAgreed: 0x8000000f } as const;
const MUX_VERSION = 4;

/** A channel that the host would not open; `reason` as in RFC 4254 5.1. */
export class ChannelRefused extends Error {
  readonly reason: number;

  constructor(reason: number, message: string) {
    super(message);
    this.reason = reason;
  }
}

interface Opening {
  readonly kind: 'opening';
  readonly forward: boolean;
  readonly resolve: (open: Open) => void;
  readonly reject: (error: Error) => void;
}

interface Open {
  readonly kind: 'open';
  readonly stream: MuxStream;
  channel: MuxChannel | undefined;
  /** Those who wait for the answers to their requests, in order. */
  readonly answers: ((ok: boolean) => void)[];
}

/**
 * Speaks to the control socket of a running `ssh` in its proxy mode: the socket then carries the messages of SSH's
 * connection layer in the clear, and ssh puts them on its line. A command costs no process of its own here, and ends
 * with the exit code or the signal that the host tells, where `ssh` itself would end with 255 for a signal, a lost
 * line and a command that ended with 255.
 */
export class MuxClient implements Outlet {
  /** Settles with the reason when the control connection is gone. */
  readonly lost: Promise<string>;
  readonly #socket: Socket;
  readonly #lose: (reason: string) => void;
  readonly #channels = new Map<number, Opening | Open>();
  readonly #packets = new Packets();
  readonly #agreed = withResolvers<undefined>();
  #drain: (() => void)[] = [];
  #isProxy = false;
  #next = 0;
  #gone: string | undefined;

  /** Connects to a control socket. */
  static async connect(path: string): Promise<MuxClient> {
    const client = new MuxClient(connect(path));
    await client.#agreed.promise;
    return client;
  }

  private constructor(socket: Socket) {
    const { promise, resolve } = withResolvers<string>();
    this.lost = promise;
    this.#lose = resolve;
    this.#socket = socket;
    socket.on('connect', () => {
      socket.write(text(Buffer.concat([uint32(MUX.hello), uint32(MUX_VERSION)])));
    });
    socket.on('data', (chunk: Buffer) => {
      this.#read(chunk);
    });
    socket.on('drain', () => {
      for (const then of this.#drain.splice(0)) then();
    });
    socket.on('error', (error) => {
      this.end(error.message);
    });
    socket.on('close', () => {
      this.end('ssh ended');
    });
  }

  /** How many bytes came over the control connection so far. */
  get received(): number {
    return this.#socket.bytesRead;
  }

  /** Ends all channels with this reason. */
  end(reason: string): void {
    if (this.#gone !== undefined) return;
    this.#gone = reason;
    this.#lose(reason);
    this.#agreed.reject(new Error(reason));
    for (const entry of this.#channels.values()) {
      if (entry.kind === 'opening') entry.reject(new Error(reason));
      else this.#forget(entry, reason);
    }
    this.#channels.clear();
    this.#drain = [];
    this.#socket.destroy();
  }

  /** Runs a command line in the login shell. Rejects with ChannelRefused, or any Error where the line is lost. */
  async exec(commandLine: string): Promise<MuxChannel> {
    const open = await this.#open({ type: 'session', extra: [] });
    const channel = new MuxChannel(open.stream);
    open.channel = channel;
    const ran = await new Promise<boolean>((resolve) => {
      open.answers.push(resolve);
      open.stream.request('exec', { answer: true, payload: text(commandLine) });
    });
    if (ran) return channel;
    channel.close();
    throw this.#gone === undefined ? new ChannelRefused(1, 'the host runs no command') : new Error(this.#gone);
  }

  /** A stream to an address that the host can reach. */
  async forward(address: string, port: number): Promise<MuxStream> {
    const extra = [text(address), uint32(port), text('127.0.0.1'), uint32(0)];
    return (await this.#open({ type: 'direct-tcpip', extra })).stream;
  }

  /** Asks the host for a sign of life on one of the open channels; false where there is none, and nothing to lose. */
  ping(heard: () => void): boolean {
    for (const entry of this.#channels.values()) {
      if (entry.kind !== 'open') continue;
      entry.answers.push(heard);
      entry.stream.request('keepalive@openssh.com', { answer: true });
      return true;
    }
    return false;
  }

  send(type: number, ...parts: readonly Uint8Array[]): boolean {
    if (this.#gone !== undefined) return true;
    const size = parts.reduce((sum, part) => sum + part.length, 2);
    return this.#socket.write(Buffer.concat([uint32(size), Buffer.from([0, type]), ...parts]));
  }

  drained(then: () => void): void {
    this.#drain.push(then);
  }

  #open(options: { type: 'session' | 'direct-tcpip'; extra: readonly Buffer[] }): Promise<Open> {
    if (this.#gone !== undefined) return Promise.reject(new Error(this.#gone));
    const { promise, resolve, reject } = withResolvers<Open>();
    const mine = this.#next;
    this.#next += 1;
    const { type, extra } = options;
    this.#channels.set(mine, { kind: 'opening', forward: type === 'direct-tcpip', resolve, reject });
    this.send(MESSAGE.channelOpen, text(type), uint32(mine), uint32(WINDOW), uint32(MOST_DATA), ...extra);
    return promise;
  }

  #read(chunk: Buffer): void {
    try {
      for (const packet of this.#packets.feed(chunk)) {
        if (this.#isProxy) this.#message(packet);
        else this.#greeting(packet);
      }
    } catch (error) {
      this.end(`ssh's control socket said what was not understood: ${(error as Error).message}`);
    }
  }

  #greeting(packet: Buffer): void {
    const reader = new Reader(packet);
    switch (reader.uint32()) {
      case MUX.hello:
        this.#socket.write(text(Buffer.concat([uint32(MUX.proxy), uint32(0)])));
        break;
      case MUX.proxyAgreed:
        this.#isProxy = true;
        this.#agreed.resolve(undefined);
        break;
      default:
        this.end('ssh refused its control socket (7.4 is the oldest that has what is needed)');
    }
  }

  #message(packet: Buffer): void {
    // The first byte is the length of a padding that is never there.
    const reader = new Reader(packet, 1);
    const type = reader.byte();
    if (type < MESSAGE.channelOpenConfirmation || type > MESSAGE.channelFailure) return;
    const mine = reader.uint32();
    const entry = this.#channels.get(mine);
    if (entry?.kind === 'opening') this.#opened({ mine, entry, type, reader });
    else if (entry) this.#happened({ mine, entry, type, reader });
  }

  #opened(options: { mine: number; entry: Opening; type: number; reader: Reader }): void {
    const { mine, entry, type, reader } = options;
    if (type === MESSAGE.channelOpenConfirmation) {
      const [remote, window, mostData] = [reader.uint32(), reader.uint32(), reader.uint32()];
      const stream = new MuxStream({ outlet: this, remote, window, mostData, forward: entry.forward });
      const open: Open = { kind: 'open', stream, channel: undefined, answers: [] };
      this.#channels.set(mine, open);
      entry.resolve(open);
    } else if (type === MESSAGE.channelOpenFailure) {
      this.#channels.delete(mine);
      const reason = reader.uint32();
      entry.reject(new ChannelRefused(reason, reader.text()));
    }
  }

  #happened(options: { mine: number; entry: Open; type: number; reader: Reader }): void {
    const { mine, entry, type, reader } = options;
    const { stream, channel, answers } = entry;
    switch (type) {
      case MESSAGE.channelWindowAdjust:
        stream.widen(reader.uint32());
        break;
      case MESSAGE.channelData:
        stream.receive('stdout', reader.bytes());
        break;
      case MESSAGE.channelExtendedData:
        reader.uint32();
        stream.receive('stderr', reader.bytes());
        break;
      case MESSAGE.channelEof:
        stream.endOutput();
        break;
      case MESSAGE.channelClose:
        this.#channels.delete(mine);
        for (const answer of answers.splice(0)) answer(false);
        if (channel) channel.closed();
        else stream.closedByPeer();
        break;
      case MESSAGE.channelRequest: {
        const [name, wantsAnswer] = [reader.text(), reader.byte() !== 0];
        channel?.hear(name, reader);
        if (wantsAnswer) stream.refuse();
        break;
      }
      case MESSAGE.channelSuccess:
      case MESSAGE.channelFailure:
        answers.shift()?.(type === MESSAGE.channelSuccess);
        break;
    }
  }

  #forget({ stream, channel, answers }: Open, reason: string): void {
    for (const answer of answers.splice(0)) answer(false);
    if (channel) channel.lose(reason);
    else stream.destroy(new Error(reason));
  }
}
