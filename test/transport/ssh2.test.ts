import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { PgupError } from '../../lib/errors.ts';
import { Secret } from '../../lib/secret.ts';
import { ssh2Transport } from '../../lib/transport/ssh2-transport.ts';
import { errorOf, until, useSshd } from '../support/line.ts';
import { Sshd } from '../support/sshd.ts';
import { NETWORKED, run, type Networked } from './ways.ts';

// What every transport keeps is in the contract; here is what ssh2 has of its own.
describe('transport: ssh2 on a real sshd', () => {
  const sshd = useSshd();
  const transport = ssh2Transport();

  it('sends small commands without waiting for acknowledgements (TCP_NODELAY)', async () => {
    const line = await transport.open(sshd().target());
    await run(line, 'true');
    const times: number[] = [];
    for (let index = 0; index < 15; index++) {
      const started = performance.now();
      await run(line, 'true');
      times.push(performance.now() - started);
    }
    // With Nagle's algorithm each of them waits 40 ms for a delayed acknowledgement.
    expect(Math.min(...times)).to.be.lessThan(30);
    await line.close();
  });

  it('does not wait for a whole banner that never comes, byte by byte', async () => {
    const slow = createServer((socket) => {
      const timer = setInterval(() => socket.write('x'), 20);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        clearInterval(timer);
      });
    });
    slow.listen(0, '127.0.0.1');
    await once(slow, 'listening');
    const { port } = slow.address() as { port: number };
    try {
      expect((await errorOf(transport.open(sshd().target({ port, connectTimeout: 300 })))).code).to.equal('deadline');
    } finally {
      slow.close();
    }
  });

  it('goes on through new keys that the server asks for, and takes the host key again', async function () {
    this.timeout(60_000);
    const restless = await Sshd.start(['RekeyLimit 1M', 'LogLevel DEBUG1']);
    try {
      const line = await transport.open(restless.target());
      const bytes = randomBytes(8 * 1024 * 1024);
      const { stdout, ending } = await run(line, 'cat', bytes);
      expect(ending).to.deep.equal({ kind: 'exited', code: 0 });
      expect(stdout.equals(bytes)).to.equal(true);
      await line.close();
      const times = readFileSync(join(restless.folder, 'log'), 'utf8').match(/rekeying/g)?.length ?? 0;
      expect(times, 'new keys').to.be.greaterThan(4);
    } finally {
      await restless.stop();
    }
  });

  it('is a version that keeps to the order of the key exchange (strict KEX, 1.15)', () => {
    const { version } = createRequire(import.meta.url)('ssh2/package.json') as { readonly version: string };
    const [major = 0, minor = 0] = version.split('.').map(Number);
    expect(major * 1000 + minor).to.be.at.least(1015);
  });

  it('says that there is no algorithm in common, and what helps', async function () {
    this.timeout(60_000);
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

describe("transport: the ban of Debian 13's sshd", () => {
  for (const way of Object.keys(NETWORKED) as Networked[]) {
    describe(way, () => {
      // One refused login is a ban of its own here; by default it takes several, each five seconds long.
      const sshd = useSshd(['PerSourcePenalties authfail:60 min:15'], { release: 'trixie' });

      it('is told from a refused login and from a host that is away, and is not knocked at', async function () {
        this.timeout(60_000);
        const wrong = { user: 'pat', privateKeyFiles: [], password: new Secret('wrong') };
        expect((await errorOf(NETWORKED[way]().open(sshd().target(wrong)))).code).to.equal('authentication');
        // The ban begins when the refused login's process has ended.
        await until('the address is banned', async () => {
          const error = await NETWORKED[way]()
            .open(sshd().target())
            .then(
              async (line) => line.close(),
              (thrown: unknown) => thrown,
            );
          if (!(error instanceof PgupError)) return false;
          expect(error.code).to.equal('unreachable');
          expect(error.message).to.include('Not allowed at this time');
          expect(error.next).to.include('PerSourcePenalties');
          return true;
        });
        const drops = (): number => sshd().log.match(/drop connection .*penalty/g)?.length ?? 0;
        await until('sshd has said so too', () => drops() > 0);
        expect(drops()).to.equal(1);
      });
    });
  }
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
