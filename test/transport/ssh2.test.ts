import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { ssh2Transport } from '../../lib/transport/ssh2-transport.ts';
import type { Channel, Connection, Ending, Target } from '../../lib/transport/transport.ts';
import { errorOf, until, useSshd } from '../support/line.ts';
import { freePort } from '../support/sshd.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';

interface Said {
  readonly ending: Ending;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

async function listen(channel: Channel): Promise<Said> {
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  channel.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  channel.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  const ending = await channel.ended;
  return { ending, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr) };
}

async function run(connection: Connection, command: string, stdin = ''): Promise<Said> {
  const channel = await connection.exec(command);
  channel.stdin.end(stdin);
  return listen(channel);
}

describe('transport: ssh2 on a real sshd', () => {
  const sshd = useSshd();
  const transport = ssh2Transport({ keepalive: 200 });
  const proxies: TcpProxy[] = [];
  const lines: Connection[] = [];

  const open = async (changes: Partial<Target> = {}): Promise<Connection> => {
    const line = await transport.open(sshd().target(changes));
    lines.push(line);
    return line;
  };
  const openThrough = async (delay = 0): Promise<{ line: Connection; proxy: TcpProxy }> => {
    const proxy = await TcpProxy.open({ to: sshd().port, delay });
    proxies.push(proxy);
    const line = await transport.open(sshd().targetAt(proxy.port));
    lines.push(line);
    return { line, proxy };
  };
  afterEach(async () => {
    await Promise.all(lines.splice(0).map((line) => line.close()));
    await Promise.all(proxies.splice(0).map((proxy) => proxy.close()));
  });

  describe('endings', () => {
    it('tells exit codes', async () => {
      const line = await open();
      expect((await run(line, 'exit 0')).ending).to.deep.equal({ kind: 'exited', code: 0 });
      expect((await run(line, 'exit 7')).ending).to.deep.equal({ kind: 'exited', code: 7 });
      expect((await run(line, 'exit 137')).ending).to.deep.equal({ kind: 'exited', code: 137 });
    });

    it('tells signals', async () => {
      const line = await open();
      expect((await run(line, 'kill -TERM $$')).ending).to.deep.equal({ kind: 'signalled', signal: 'SIGTERM' });
    });

    it('takes a lost line for nothing but unknown', async () => {
      const { line, proxy } = await openThrough();
      const channel = await line.exec('echo started; sleep 5');
      await once(channel.stdout, 'data');
      proxy.cut();
      expect((await channel.ended).kind).to.equal('unknown');
      expect(await line.lost).to.be.a('string');
    });

    it('knows of the end that was seen before the line was lost', async () => {
      const { line, proxy } = await openThrough();
      // The background process holds the output open, so the channel is still there when the line is cut.
      const channel = await line.exec('sleep 3 & exit 5');
      channel.stdout.resume();
      channel.stderr.resume();
      await once(channel.stdout, 'exit');
      proxy.cut();
      expect(await channel.ended).to.deep.equal({ kind: 'exited', code: 5 });
    });

    it('does not wait for what a command left in the background', async () => {
      const line = await open();
      const started = Date.now();
      const { ending, stdout } = await run(line, 'sleep 20 & echo hi');
      expect(ending).to.deep.equal({ kind: 'exited', code: 0 });
      expect(String(stdout)).to.equal('hi\n');
      expect(Date.now() - started).to.be.lessThan(5000);
    });

    it('ends the input, so that a command that reads it does not wait for ever', async () => {
      const line = await open();
      expect(String((await run(line, 'cat; echo end', 'x')).stdout)).to.equal('xend\n');
    });
  });

  describe('a line that dies', () => {
    it('is no error of the program when it is reset while nothing runs', async () => {
      const { line, proxy } = await openThrough();
      proxy.cut();
      expect(await line.lost).to.match(/ECONNRESET|closed/);
      await sleep(50);
    });

    it('is found when the peer freezes', async () => {
      const { line, proxy } = await openThrough();
      const channel = await line.exec('sleep 100');
      proxy.freeze();
      const started = Date.now();
      expect(await line.lost).to.include('keepalive');
      expect(Date.now() - started).to.be.lessThan(3000);
      expect((await channel.ended).kind).to.equal('unknown');
    });

    it('refuses further work with its reason', async () => {
      const { line, proxy } = await openThrough();
      proxy.cut();
      await line.lost;
      const exec = await errorOf(line.exec('true'));
      expect(exec.code).to.equal('connection-lost');
      expect((await errorOf(line.forward('127.0.0.1', 1))).code).to.equal('connection-lost');
    });

    it('fails what was being opened when it died', async () => {
      const { line, proxy } = await openThrough(100);
      const opening = errorOf(line.exec('true'));
      await sleep(50);
      proxy.cut();
      expect((await opening).code).to.equal('connection-lost');
    });

    it('does not hang a write whose callback ssh2 forgets', async () => {
      const { line, proxy } = await openThrough();
      const channel = await line.exec('sleep 100');
      channel.stdin.write(Buffer.alloc(8 * 1024 * 1024));
      proxy.cut();
      expect((await channel.ended).kind).to.equal('unknown');
    });

    it('closes twice without complaint', async () => {
      const line = await open();
      await Promise.all([line.close(), line.close()]);
      await line.close();
      expect(await line.lost).to.be.a('string');
    });
  });

  describe('output', () => {
    it('keeps characters whole that were split over packets', async () => {
      const line = await open();
      const { stdout } = await run(line, "printf '\\303'; sleep 0.1; printf '\\251'");
      expect(String(stdout)).to.equal('é');
    });

    it('carries more on stderr than the window takes, with nobody reading stdout first', async () => {
      const line = await open();
      const { ending, stderr } = await run(line, 'head -c 6000000 /dev/zero >&2; exit 3');
      expect(stderr.length).to.equal(6_000_000);
      expect(ending).to.deep.equal({ kind: 'exited', code: 3 });
    });

    it('carries every byte', async () => {
      const line = await open();
      const { stdout } = await run(line, 'cat', Buffer.from(Array.from({ length: 256 }, (_, index) => index)) as never);
      expect([...stdout]).to.deep.equal(Array.from({ length: 256 }, (_, index) => index));
    });
  });

  describe('limits', () => {
    it('queues what goes beyond eight channels, so that MaxSessions is never met', async () => {
      const line = await open();
      const all = await Promise.all(Array.from({ length: 30 }, (_, index) => run(line, `echo ${index}`)));
      expect(all.map(({ stdout }) => Number(String(stdout)))).to.deep.equal(Array.from({ length: 30 }, (_, i) => i));
    });

    it('refuses a command line that a host could not take', async () => {
      const line = await open();
      expect((await errorOf(line.exec(`: ${'x'.repeat(140_000)}`))).code).to.equal('internal');
    });

    it('leaves no listener behind over many commands', async function () {
      this.timeout(60_000);
      const line = await open();
      const warnings: Error[] = [];
      const hear = (warning: Error): void => void warnings.push(warning);
      process.on('warning', hear);
      for (let round = 0; round < 40; round++) {
        await Promise.all(Array.from({ length: 8 }, () => run(line, 'exit 0')));
      }
      process.off('warning', hear);
      expect(warnings).to.deep.equal([]);
    });
  });

  it('sends small commands without waiting for acknowledgements (TCP_NODELAY)', async () => {
    const line = await open();
    await run(line, 'true');
    const times: number[] = [];
    for (let index = 0; index < 15; index++) {
      const started = performance.now();
      await run(line, 'true');
      times.push(performance.now() - started);
    }
    // With Nagle's algorithm each of them waits 40 ms for a delayed acknowledgement.
    expect(Math.min(...times)).to.be.lessThan(30);
  });

  describe('forward', () => {
    let echo: Server | undefined;
    let port = 0;
    before(async () => {
      echo = createServer((socket) => socket.pipe(socket));
      echo.listen(0, '127.0.0.1');
      await once(echo, 'listening');
      port = (echo.address() as { port: number }).port;
    });
    after(() => echo?.close());

    it('reaches what the host reaches', async () => {
      const line = await open();
      const stream = await line.forward('127.0.0.1', port);
      stream.end('hello');
      const [chunk] = (await once(stream, 'data')) as [Buffer];
      expect(String(chunk)).to.equal('hello');
    });

    it('says that nothing listens there', async () => {
      const line = await open();
      const error = await errorOf(line.forward('127.0.0.1', await freePort()));
      expect(error.code).to.equal('unreachable');
    });
  });

  describe('jump hosts', () => {
    it('goes through them, and shares one connection to each', async () => {
      const proxy = await TcpProxy.open({ to: sshd().port });
      proxies.push(proxy);
      const jump = sshd().targetAt(proxy.port, { host: 'bastion', user: 'ops' });
      const shared = ssh2Transport();
      const all = await Promise.all([1, 2, 3, 4].map(() => shared.open(sshd().target({ jumps: [jump] }))));
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
      const line = await open({ jumps: [jump, { ...jump, user: 'dashy' }] });
      expect(String((await run(line, 'id -un')).stdout)).to.equal('root\n');
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
      const proxy = await TcpProxy.open({ to: sshd().port });
      proxies.push(proxy);
      const error = await errorOf(open({ port: proxy.port, jumps: [sshd().target({ host: 'bastion' })] }));
      expect(error.code).to.equal('host-key-unknown');
    });
  });

  describe('connecting', () => {
    const server = async (
      behave: (socket: Socket, count: number) => void,
    ): Promise<{ port: number; count: () => number }> => {
      let count = 0;
      const listening = createServer((socket) => {
        count += 1;
        socket.on('error', () => undefined);
        behave(socket, count);
      });
      listening.listen(0, '127.0.0.1');
      await once(listening, 'listening');
      closing.push(listening);
      return { port: (listening.address() as { port: number }).port, count: () => count };
    };
    const closing: Server[] = [];
    afterEach(() => {
      for (const listening of closing.splice(0)) listening.close();
    });

    it('says that nothing listens', async () => {
      const error = await errorOf(open({ port: await freePort() }));
      expect(error.code).to.equal('unreachable');
      expect(error.message).to.include('ECONNREFUSED');
      expect(error.next).to.match(/^see whether ssh gets there: ssh -v -p \d+ root@127\.0\.0\.1$/);
    });

    it('says that a name does not resolve', async () => {
      expect((await errorOf(open({ address: 'no-such-host.invalid' }))).message).to.include('does not resolve');
    });

    it('gives up on a server that says nothing', async () => {
      const silent = await server(() => undefined);
      const error = await errorOf(open({ port: silent.port, connectTimeout: 200 }));
      expect(error.code).to.equal('deadline');
      expect(error.message).to.include('SSH handshake within 0.2 s');
    });

    it('gives up on a server that speaks another protocol', async () => {
      const web = await server((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
      const error = await errorOf(open({ port: web.port }));
      expect(error.code).to.equal('unreachable');
      expect(error.message).to.include('HTTP/1.1 400');
    });

    it('comes back to a server that is too busy to greet it', async () => {
      const proxy = await TcpProxy.open({ to: sshd().port });
      proxies.push(proxy);
      proxy.refuse = true;
      setTimeout(() => (proxy.refuse = false), 300);
      const line = await transport.open(sshd().targetAt(proxy.port));
      lines.push(line);
      expect(proxy.accepted).to.be.greaterThan(1);
    });

    it('says that it was banned', async () => {
      const banning = await server((socket) => socket.end('Not allowed at this time\r\n'));
      const error = await errorOf(ssh2Transport({ random: () => 0 }).open(sshd().target({ port: banning.port })));
      expect(error.message).to.include('Not allowed at this time');
      expect(error.next).to.include('PerSourcePenalties');
    });

    it('does not wait for a whole banner that never comes, byte by byte', async () => {
      const slow = await server((socket) => {
        const timer = setInterval(() => socket.write('x'), 20);
        socket.on('close', () => {
          clearInterval(timer);
        });
      });
      expect((await errorOf(open({ port: slow.port, connectTimeout: 300 }))).code).to.equal('deadline');
    });

    it('stops when it is told to', async () => {
      const silent = await server(() => undefined);
      const stop = new AbortController();
      const opening = errorOf(transport.open(sshd().target({ port: silent.port }), stop.signal));
      setTimeout(() => {
        stop.abort();
      }, 50);
      expect((await opening).code).to.equal('interrupted');
    });

    it('says that there is no algorithm in common, and what helps', async () => {
      const { Sshd } = await import('../support/sshd.ts');
      const modern = await Sshd.start(['KexAlgorithms sntrup761x25519-sha512@openssh.com']);
      try {
        const error = await errorOf(transport.open(modern.target()));
        expect(error.code).to.equal('transport');
        expect(error.next).to.include('ansible_connection=openssh');
      } finally {
        await modern.stop();
      }
    });
  });
});

describe('transport: handshakes', () => {
  const sshd = useSshd(['MaxStartups 10:30:100']);

  it('connects a hundred times at once under the default MaxStartups', async function () {
    this.timeout(60_000);
    const transport = ssh2Transport();
    const all = await Promise.all(Array.from({ length: 100 }, () => transport.open(sshd().target())));
    await until('all are there', () => all.length === 100);
    await Promise.all(all.map((line) => line.close()));
    expect(sshd().log).to.not.include('drop connection');
  });
});
