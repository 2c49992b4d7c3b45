import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { Secret } from '../../lib/secret.ts';
import type { Connection, Target, Transport } from '../../lib/transport/transport.ts';
import { errorOf } from '../support/line.ts';
import { freePort, password, type Sshd } from '../support/sshd.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { run, type WayOptions } from './ways.ts';

export interface NetworkContract {
  readonly sshd: () => Sshd;
  readonly transport: (options?: WayOptions) => Transport;
}

/** What every transport keeps that reaches its hosts over a network. */
export function keepsTheNetworkContract({ sshd, transport: make }: NetworkContract): void {
  const transport = make({ keepalive: 200 });
  const proxies: TcpProxy[] = [];
  const lines: Connection[] = [];
  const servers: Server[] = [];
  const sockets: Socket[] = [];

  const open = async (changes: Partial<Target> = {}): Promise<Connection> => {
    const line = await transport.open(sshd().target(changes));
    lines.push(line);
    return line;
  };
  const proxied = async (delay = 0): Promise<TcpProxy> => {
    const proxy = await TcpProxy.open({ to: sshd().port, delay });
    proxies.push(proxy);
    return proxy;
  };
  const openThrough = async (delay = 0): Promise<{ line: Connection; proxy: TcpProxy }> => {
    const proxy = await proxied(delay);
    const line = await transport.open(sshd().targetAt(proxy.port));
    lines.push(line);
    return { line, proxy };
  };
  const server = async (behave: (socket: Socket, count: number) => void): Promise<number> => {
    let count = 0;
    const listening = createServer((socket) => {
      count += 1;
      sockets.push(socket);
      socket.on('error', () => undefined);
      behave(socket, count);
    });
    listening.listen(0, '127.0.0.1');
    await once(listening, 'listening');
    servers.push(listening);
    return (listening.address() as { port: number }).port;
  };
  afterEach(async () => {
    await Promise.all(lines.splice(0).map((line) => line.close()));
    await Promise.all(proxies.splice(0).map((proxy) => proxy.close()));
    for (const listening of servers.splice(0)) listening.close();
    for (const socket of sockets.splice(0)) socket.destroy();
  });

  it('tells how a command ended whose end arrives with its beginning', async function () {
    this.timeout(30_000);
    const proxy = await TcpProxy.open({ to: sshd().port, gather: 250 });
    proxies.push(proxy);
    const line = await make().open(sshd().targetAt(proxy.port));
    lines.push(line);
    for (let round = 0; round < 3; round++) {
      const { ending, stdout } = await run(line, 'echo short; exit 7');
      expect(ending).to.deep.equal({ kind: 'exited', code: 7 });
      expect(String(stdout)).to.equal('short\n');
    }
  });

  describe('a line that dies', () => {
    it('is no error of the program when it is reset while nothing runs', async () => {
      const { line, proxy } = await openThrough();
      proxy.cut();
      expect(await line.lost).to.match(/reset|ECONNRESET|closed|broken pipe/i);
      await sleep(50);
    });

    it('leaves what ran unknown, and refuses further work with its reason', async () => {
      const { line, proxy } = await openThrough();
      const channel = await line.exec('echo started; sleep 5');
      await once(channel.stdout, 'data');
      proxy.cut();
      expect((await channel.ended).kind).to.equal('unknown');
      const reason = await line.lost;
      const error = await errorOf(line.exec('true'));
      expect(error.code).to.equal('connection-lost');
      expect(error.message).to.include(reason);
      expect((await errorOf(line.forward('127.0.0.1', 1))).code).to.equal('connection-lost');
    });

    it('keeps the end that was seen before', async () => {
      const { line, proxy } = await openThrough();
      // The background process holds the output open, so the channel is still there when the line is cut.
      const channel = await line.exec('sleep 3 & echo $$ >&2; exit 5');
      channel.stdout.resume();
      await once(channel.stderr, 'data');
      await sleep(300);
      proxy.cut();
      expect(await channel.ended).to.deep.equal({ kind: 'exited', code: 5 });
    });

    it('is found when the peer freezes', async () => {
      const { line, proxy } = await openThrough();
      const channel = await line.exec('sleep 100');
      await sleep(300);
      proxy.freeze();
      const started = Date.now();
      expect(await line.lost).to.include('keepalive');
      expect(Date.now() - started).to.be.lessThan(8000);
      expect((await channel.ended).kind).to.equal('unknown');
    });

    it('fails what was being opened when it died', async () => {
      const { line, proxy } = await openThrough(100);
      const opening = errorOf(line.exec('true'));
      await sleep(50);
      proxy.cut();
      expect((await opening).code).to.equal('connection-lost');
    });

    it('does not hang who writes to it', async () => {
      const { line, proxy } = await openThrough();
      const channel = await line.exec('sleep 100');
      channel.stdin.write(Buffer.alloc(8 * 1024 * 1024));
      proxy.cut();
      expect((await channel.ended).kind).to.equal('unknown');
    });

    it('ends a forwarded stream', async () => {
      const { line, proxy } = await openThrough();
      const port = await server(() => undefined);
      const stream = await line.forward('127.0.0.1', port);
      stream.on('error', () => undefined);
      stream.resume();
      const closed = new Promise((resolve) => stream.once('close', resolve));
      proxy.cut();
      await closed;
    });
  });

  describe('jump hosts', () => {
    it('goes through them, and shares one connection to each', async () => {
      const proxy = await proxied();
      const jump = sshd().targetAt(proxy.port, { host: 'bastion', user: 'ops' });
      const shared = make();
      const all = await Promise.all([1, 2, 3].map(() => shared.open(sshd().target({ jumps: [jump] }))));
      expect(String((await run(all[0]!, 'id -un')).stdout)).to.equal('root\n');
      expect(proxy.accepted).to.equal(1);
      await Promise.all(all.map((line) => line.close()));
      // The last one out closes it; the next one in opens it anew.
      const next = await shared.open(sshd().target({ jumps: [jump] }));
      expect(proxy.accepted).to.equal(2);
      await next.close();
    });

    it('goes through several', async () => {
      const jump = sshd().target({ host: 'bastion', user: 'ops' });
      const line = await open({ jumps: [jump, { ...jump, user: 'dashy' }, { ...jump, user: 'noisy' }] });
      expect(String((await run(line, 'id -un')).stdout)).to.equal('root\n');
    });

    it('is lost with its jump host', async () => {
      const proxy = await proxied();
      const line = await open({ jumps: [sshd().targetAt(proxy.port, { host: 'bastion' })] });
      proxy.cut();
      expect(await line.lost).to.be.a('string');
    });

    it('says which of them failed', async () => {
      const jump = sshd().target({ host: 'bastion', knownHostsFiles: [] });
      const error = await errorOf(open({ jumps: [jump] }));
      expect(error.code).to.equal('host-key-unknown');
      expect(error.message).to.include('on the way to web1').and.include('bastion');
    });

    it('says that a jump host does not reach the next', async () => {
      const error = await errorOf(open({ port: await freePort(), jumps: [sshd().target({ host: 'bastion' })] }));
      expect(error.code).to.equal('unreachable');
      expect(error.message).to.include('as seen from bastion');
    });

    it('checks the key of the host behind it by its own address', async () => {
      const proxy = await proxied();
      const error = await errorOf(open({ port: proxy.port, jumps: [sshd().target({ host: 'bastion' })] }));
      expect(error.code).to.equal('host-key-unknown');
    });
  });

  describe('logging in', () => {
    it('takes a password', async () => {
      const line = await open({ user: 'pat', privateKeyFiles: [], password });
      expect(String((await run(line, 'id -un')).stdout)).to.equal('pat\n');
    });

    it('tries a wrong password once, and a refused login too: more would count towards a ban', async () => {
      const proxy = await proxied();
      const before = sshd().log.match(/Failed password for pat/g)?.length ?? 0;
      const target = sshd().targetAt(proxy.port, {
        user: 'pat',
        privateKeyFiles: [],
        password: new Secret('hunter2-wrong'),
      });
      const error = await errorOf(transport.open(target));
      expect(error.code).to.equal('authentication');
      expect(proxy.accepted).to.equal(1);
      expect((sshd().log.match(/Failed password for pat/g)?.length ?? 0) - before).to.equal(1);
      expect(JSON.stringify([error, error.message, error.next, error.stack])).to.not.include('hunter2');
    });

    it('says what was tried, what the host takes, and how to see more', async () => {
      const error = await errorOf(open({ user: 'nosudo', privateKeyFiles: [] }));
      expect(error.code).to.equal('authentication');
      expect(error.message).to.match(/web1|nosudo/);
      expect(error.next).to.include(`ssh -v -p ${sshd().port} nosudo@127.0.0.1`);
    });
  });

  describe('connecting', () => {
    it('says that nothing listens', async () => {
      const error = await errorOf(open({ port: await freePort() }));
      expect(error.code).to.equal('unreachable');
      expect(error.message).to.include('ECONNREFUSED');
      expect(error.next).to.match(/^see whether ssh gets there: ssh -v -p \d+ root@127\.0\.0\.1$/);
    });

    it('says that a name does not resolve', async () => {
      const error = await errorOf(open({ address: 'no-such-host.invalid' }));
      expect(error.code).to.equal('unreachable');
      expect(error.message).to.include('does not resolve');
    });

    it('gives up on a server that says nothing', async () => {
      const error = await errorOf(open({ port: await server(() => undefined), connectTimeout: 300 }));
      expect(error.code).to.equal('deadline');
      expect(error.message).to.include('SSH handshake within 0.3 s');
    });

    it('gives up on a server that speaks another protocol', async () => {
      const web = await server((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
      const error = await errorOf(open({ port: web }));
      expect(error.code).to.equal('unreachable');
      expect(error.message).to.include('HTTP/1.1 400');
    });

    it('comes back to a server that is too busy to greet it', async () => {
      const proxy = await proxied();
      proxy.refuse = true;
      setTimeout(() => (proxy.refuse = false), 300);
      const line = await transport.open(sshd().targetAt(proxy.port));
      lines.push(line);
      expect(proxy.accepted).to.be.greaterThan(1);
    });

    it('says that it was banned, and does not come back', async () => {
      let count = 0;
      const banning = await server((socket) => {
        count += 1;
        socket.end('Not allowed at this time\r\n');
      });
      const error = await errorOf(open({ port: banning }));
      expect(error.message).to.include('Not allowed at this time');
      expect(error.next).to.include('PerSourcePenalties');
      expect(count).to.equal(1);
    });

    it('stops when it is told to', async () => {
      const silent = await server(() => undefined);
      const stop = new AbortController();
      const opening = errorOf(transport.open(sshd().target({ port: silent }), stop.signal));
      setTimeout(() => {
        stop.abort();
      }, 50);
      expect((await opening).code).to.equal('interrupted');
    });
  });
}
