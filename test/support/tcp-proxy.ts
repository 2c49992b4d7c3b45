import { createServer, connect, type NetConnectOpts, type Server, type Socket } from 'node:net';

/** A TCP proxy in front of an sshd whose lines a test can cut, freeze, delay and count. */
export class TcpProxy {
  readonly port: number;
  readonly #server: Server;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  readonly #near = new Set<Socket>();
  #frozen = false;
  accepted = 0;
  refuse = false;

  /** `gather`: what the server says is collected for so many milliseconds, and arrives at once. */
  static async open(options: { to: number; address?: string; delay?: number; gather?: number }): Promise<TcpProxy> {
    const server = createServer({ noDelay: true });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const far = { host: options.address ?? '127.0.0.1', port: options.to, noDelay: true };
    return new TcpProxy({ server, far, delay: options.delay ?? 0, gather: options.gather ?? 0 });
  }

  private constructor(options: { server: Server; far: NetConnectOpts; delay: number; gather: number }) {
    const { server, far: to, delay, gather } = options;
    this.#server = server;
    this.port = (server.address() as { port: number }).port;
    server.on('connection', (near) => {
      this.accepted += 1;
      this.#near.add(near);
      near.on('close', () => this.#near.delete(near));
      if (this.refuse) {
        near.destroy();
        return;
      }
      const far = connect(to);
      const pair = [near, far] as const;
      this.#pairs.add(pair);
      this.#join(near, far, delay);
      if (gather > 0) this.#gather(far, near, gather);
      else this.#join(far, near, delay);
      // The far end is kept until it is closed too, or a frozen line would keep the process alive.
      far.on('close', () => this.#pairs.delete(pair));
    });
  }

  #join(from: Socket, to: Socket, delay: number): void {
    const later = (what: () => void): void => {
      if (delay > 0) setTimeout(what, delay);
      else what();
    };
    from.on('data', (chunk: Buffer) => {
      if (this.#frozen) return;
      later(() => to.destroyed || to.write(chunk));
    });
    from.on('error', () => to.destroy());
    from.on('close', () => {
      if (!this.#frozen) later(() => to.destroy());
    });
  }

  #gather(from: Socket, to: Socket, milliseconds: number): void {
    let parts: Buffer[] = [];
    from.on('data', (chunk: Buffer) => {
      if (parts.length === 0) {
        setTimeout(() => {
          if (!to.destroyed) to.write(Buffer.concat(parts));
          parts = [];
        }, milliseconds);
      }
      parts.push(chunk);
    });
    from.on('error', () => to.destroy());
    from.on('close', () => to.destroy());
  }

  /** Resets every line, as a firewall that forgets does. */
  cut(): void {
    for (const [near, far] of this.#pairs) {
      near.resetAndDestroy();
      far.resetAndDestroy();
    }
    this.#pairs.clear();
  }

  /** From now on nothing passes, and nobody is told. */
  freeze(): void {
    this.#frozen = true;
  }

  thaw(): void {
    this.#frozen = false;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.cut();
    for (const socket of this.#near) socket.destroy();
    await closed;
  }
}
