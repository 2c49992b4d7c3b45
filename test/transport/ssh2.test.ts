import { once } from 'node:events';
import { createServer } from 'node:net';
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
