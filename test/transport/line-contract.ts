import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { expect } from 'chai';
import type { Connection } from '../../lib/transport/transport.ts';
import { errorOf, until } from '../support/line.ts';
import { freePort } from '../support/sshd.ts';
import { listen, run } from './ways.ts';

/** What every line keeps, however it is made. */
export function keepsTheLineContract(open: () => Promise<Connection>): void {
  let line: Connection;
  beforeEach(async () => {
    line = await open();
  });
  afterEach(() => line.close());

  describe('endings', () => {
    it('tells exit codes, also those that ssh itself uses', async () => {
      for (const code of [0, 7, 137, 255]) {
        expect((await run(line, `exit ${code}`)).ending).to.deep.equal({ kind: 'exited', code });
      }
    });

    it('tells signals', async () => {
      expect((await run(line, 'kill -TERM $$')).ending).to.deep.equal({ kind: 'signalled', signal: 'SIGTERM' });
      expect((await run(line, 'kill -KILL $$')).ending).to.deep.equal({ kind: 'signalled', signal: 'SIGKILL' });
    });

    it('takes a line that was closed for nothing but unknown', async () => {
      const channel = await line.exec('echo started; exec sleep 2');
      await once(channel.stdout, 'data');
      await line.close();
      expect((await channel.ended).kind).to.equal('unknown');
      expect(await line.lost).to.be.a('string');
    });

    it('does not wait for what a command left in the background', async () => {
      const started = Date.now();
      const { ending, stdout } = await run(line, 'sleep 20 & echo hi');
      expect(ending).to.deep.equal({ kind: 'exited', code: 0 });
      expect(String(stdout)).to.equal('hi\n');
      expect(Date.now() - started).to.be.lessThan(15_000);
    });

    it('waits for the end of a process that closed its outputs before', async () => {
      const { ending } = await run(line, 'exec >&- 2>&-; sleep 0.3; exit 4');
      expect(ending).to.deep.equal({ kind: 'exited', code: 4 });
    });

    it('ends the input, so that a command that reads it does not wait for ever', async () => {
      expect(String((await run(line, 'cat; echo end', 'x')).stdout)).to.equal('xend\n');
    });

    it('ends with a command that does not read its input, however much there is', async () => {
      const { ending, stdout } = await run(line, 'echo enough; exit 3', Buffer.alloc(8 * 1024 * 1024));
      expect(ending).to.deep.equal({ kind: 'exited', code: 3 });
      expect(String(stdout)).to.equal('enough\n');
    });

    it('lets go of a channel that is closed, whose process may live on', async () => {
      const channel = await line.exec('exec sleep 0.5');
      channel.stdout.resume();
      channel.stderr.resume();
      channel.close();
      await channel.ended;
      expect((await run(line, 'exit 0')).ending).to.deep.equal({ kind: 'exited', code: 0 });
    });
  });

  describe('output', () => {
    it('keeps characters whole that were split over packets', async () => {
      const { stdout } = await run(line, "printf '\\303'; sleep 0.1; printf '\\251'");
      expect(String(stdout)).to.equal('é');
    });

    it('carries more on stderr than the window takes, with nobody reading stdout first', async () => {
      const { ending, stderr } = await run(line, 'head -c 6000000 /dev/zero >&2; exit 3');
      expect(stderr.length).to.equal(6_000_000);
      expect(ending).to.deep.equal({ kind: 'exited', code: 3 });
    });

    it('keeps both outputs apart, and what is nothing nothing', async () => {
      const { stdout, stderr } = await run(line, 'echo out; echo err >&2');
      expect([String(stdout), String(stderr)]).to.deep.equal(['out\n', 'err\n']);
      expect((await run(line, ':')).stdout).to.deep.equal(Buffer.alloc(0));
    });

    it('carries every byte there and back', async () => {
      const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
      expect((await run(line, 'cat', bytes)).stdout.equals(bytes)).to.equal(true);
    });

    it('carries 24 MB there and back', async function () {
      this.timeout(60_000);
      const bytes = randomBytes(24 * 1024 * 1024);
      const { stdout, ending } = await run(line, 'cat', bytes);
      expect(ending).to.deep.equal({ kind: 'exited', code: 0 });
      const sum = (buffer: Buffer): string => createHash('sha256').update(buffer).digest('hex');
      expect(sum(stdout)).to.equal(sum(bytes));
    });

    it('stops the host while nobody reads', async () => {
      const mark = `/tmp/pgup-contract-${randomBytes(6).toString('hex')}`;
      const channel = await line.exec(
        `i=0; while [ $i -lt 400 ]; do head -c 65536 /dev/zero; i=$((i+1)); echo $i >${mark}; done; rm ${mark}`,
      );
      const progress = async (): Promise<number> => Number(String((await run(line, `cat ${mark}`)).stdout));
      // 25 MB are on their way: the host gets no further than what windows and pipes take.
      let seen = -1;
      await until('the host stands still', async () => {
        const now = await progress();
        const still = now > 0 && now === seen;
        seen = now;
        if (!still) await new Promise((resolve) => setTimeout(resolve, 300));
        return still;
      });
      expect(seen).to.be.lessThan(200);
      const { stdout, ending } = await listen(channel);
      expect(stdout.length).to.equal(400 * 65_536);
      expect(ending).to.deep.equal({ kind: 'exited', code: 0 });
    });
  });

  describe('limits', () => {
    it('queues what goes beyond eight channels, so that MaxSessions is never met', async () => {
      const all = await Promise.all(Array.from({ length: 30 }, (_, index) => run(line, `echo ${index}`)));
      expect(all.map(({ stdout }) => Number(String(stdout)))).to.deep.equal(Array.from({ length: 30 }, (_, i) => i));
    });

    it('refuses a command line that a host could not take', async () => {
      expect((await errorOf(line.exec(`: ${'x'.repeat(140_000)}`))).code).to.equal('internal');
    });

    it('leaves no listener behind over many commands', async function () {
      this.timeout(60_000);
      const warnings: Error[] = [];
      const hear = (warning: Error): void => void warnings.push(warning);
      process.on('warning', hear);
      for (let round = 0; round < 25; round++) {
        await Promise.all(Array.from({ length: 8 }, () => run(line, 'exit 0')));
      }
      process.off('warning', hear);
      expect(warnings).to.deep.equal([]);
    });
  });

  describe('after its end', () => {
    it('closes twice without complaint', async () => {
      await Promise.all([line.close(), line.close()]);
      await line.close();
      expect(await line.lost).to.equal('closed by us');
    });

    it('refuses further work with its reason', async () => {
      await line.close();
      const error = await errorOf(line.exec('true'));
      expect(error.code).to.equal('connection-lost');
      expect(error.message).to.include('closed by us');
      expect((await errorOf(line.forward('127.0.0.1', 1))).code).to.equal('connection-lost');
    });
  });

  describe('forward', () => {
    let echo: Server | undefined;
    let port = 0;
    const sockets: Socket[] = [];
    before(async () => {
      echo = createServer({ allowHalfOpen: true }, (socket) => {
        sockets.push(socket);
        socket.on('error', () => undefined);
        socket.pipe(socket);
      });
      echo.listen(0, '127.0.0.1');
      await once(echo, 'listening');
      port = (echo.address() as { port: number }).port;
    });
    after(() => echo?.close());
    // A line that is closed leaves half of what went through it open.
    afterEach(() => {
      for (const socket of sockets.splice(0)) socket.destroy();
    });

    it('reaches what the host reaches, and ends as that ends', async () => {
      const stream = await line.forward('127.0.0.1', port);
      stream.end('hello');
      const chunks: Buffer[] = [];
      for await (const chunk of stream) chunks.push(chunk as Buffer);
      expect(String(Buffer.concat(chunks))).to.equal('hello');
    });

    it('says that nothing listens there', async () => {
      const error = await errorOf(line.forward('127.0.0.1', await freePort()));
      expect(error.code).to.equal('unreachable');
      expect(error.message).to.include('as seen from web1');
    });
  });
}
