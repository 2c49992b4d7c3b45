import { setTimeout as sleep } from 'node:timers/promises';
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { mutation } from '../../lib/shell/fence.ts';
import type { Claim, HostShell, Result } from '../../lib/shell/host-shell.ts';
import { stateMutation } from '../../lib/shell/host-state.ts';
import { acquire, heartbeat, readLock, release } from '../../lib/shell/lock.ts';
import { openHostShell } from '../../lib/shell/open-host-shell.ts';
import { raw, sh } from '../../lib/shell/sh.ts';
import { ssh2Transport } from '../../lib/transport/ssh2-transport.ts';
import { errorOf, until, useSshd } from '../support/line.ts';
import { password, type Sshd } from '../support/sshd.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';

const transport = ssh2Transport({ keepalive: 300 });
const root = { kind: 'become', user: 'root', method: 'sudo', password } as const;

describe('shell: lock and fence', () => {
  const one = useSshd();
  const two = useSshd();
  const open: HostShell[] = [];

  const shellOf = async (sshd: Sshd, host: string, user = 'ops'): Promise<HostShell> => {
    const shell = await openHostShell({ target: sshd.target({ host, user }), transport, become: root });
    open.push(shell);
    return shell;
  };
  const both = (): Promise<HostShell[]> => Promise.all([shellOf(one(), 'web1'), shellOf(two(), 'db1')]);
  const state = (sshd: Sshd): string => join(sshd.varLib, 'pgup');
  const touch = (file: string): ReturnType<typeof raw> => sh`touch /var/lib/${file}`;
  const made = (sshd: Sshd, file: string): boolean => existsSync(join(sshd.varLib, file));
  const code = (result: Result): unknown => (result.ending.kind === 'exited' ? result.ending.code : result.ending);
  const ours = { run: 'r1', owner: 'me@here 1', deployment: 'prod' };

  afterEach(async () => {
    await Promise.all(open.splice(0).map((shell) => shell.close()));
    for (const sshd of [one(), two()]) rmSync(state(sshd), { recursive: true, force: true });
  });

  describe('acquire', () => {
    it('claims every host with one token above the highest', async () => {
      const shells = await both();
      await release(shells[1]!, await acquire({ ...ours, shells: [shells[1]!] }));
      await release(shells[1]!, await acquire({ ...ours, shells: [shells[1]!] }));
      const claim = await acquire({ ...ours, shells });
      expect(claim.token).to.equal(3);
      for (const shell of shells) {
        expect(await readLock(shell)).to.deep.include({ kind: 'held', token: 3, ...ours, openJobs: [], busy: false });
      }
      expect(statSync(state(one())).mode & 0o777).to.equal(0o711);
      expect(statSync(join(state(one()), 'guard')).mode & 0o777).to.equal(0o600);
    });

    it('changes nothing where nothing was ever claimed, until it claims', async () => {
      const [shell] = await both();
      expect(await readLock(shell!)).to.deep.equal({ kind: 'none' });
      expect(existsSync(state(one()))).to.equal(false);
    });

    it('refuses a host that another run holds, names it, and leaves the others alone', async () => {
      const shells = await both();
      await acquire({ ...ours, shells: [shells[1]!] });
      const error = await errorOf(acquire({ ...ours, run: 'r2', owner: 'you@there 2', shells }));
      expect(error.code).to.equal('locked');
      expect(error.message).to.include('db1 is held by me@here 1 for run r1 of deployment prod');
      expect(error.message).to.match(/last sign of life \d+ s ago/);
      expect(error.next).to.include('pgup resume r1');
      expect(await readLock(shells[0]!)).to.deep.equal({ kind: 'none' });
    });

    it('refuses another controller of the same run while that one lives, and yields once it is silent', async () => {
      const shells = await both();
      const first = await acquire({ ...ours, shells });
      const other = { ...ours, owner: 'me@elsewhere 9', shells };
      expect((await errorOf(acquire(other))).message).to.include('alive');
      const beat = join(state(one()), 'heartbeat');
      for (const sshd of [one(), two()]) {
        writeFileSync(join(state(sshd), 'heartbeat'), `${Math.floor(Date.now() / 1000) - 100} ${first.token}\n`);
      }
      expect(readFileSync(beat, 'utf8')).to.match(/ 1\n$/);
      const second = await acquire(other);
      expect(second.token).to.equal(2);
      expect((await errorOf(shells[0]!.change(mutation({ command: touch('old'), claim: first })))).code).to.equal(
        'handed-over',
      );
      expect(made(one(), 'old')).to.equal(false);
    });

    it('lets one of many at once have all hosts, and the others nothing', async () => {
      const many = await Promise.all([1, 2, 3, 4].map(() => both()));
      const results = await Promise.allSettled(
        many.map((shells, index) => acquire({ ...ours, run: `r${index}`, owner: `o${index}`, shells })),
      );
      const won = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
      expect(won).to.have.length(1);
      for (const shell of many[0]!) {
        expect(await readLock(shell)).to.deep.include({ kind: 'held', run: won[0]!.run, token: won[0]!.token });
      }
    });

    it('lets one of many deployments of one run have the machine that they have in common', async () => {
      const many = await Promise.all([1, 2, 3, 4].map(() => both()));
      const results = await Promise.allSettled(
        many.map((shells, index) => acquire({ ...ours, deployment: `d${index}`, shells })),
      );
      const won = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value.deployment] : []));
      expect(won).to.have.length(1);
      for (const shell of many[0]!) {
        expect(await readLock(shell)).to.deep.include({ kind: 'held', deployment: won[0]! });
      }
    });

    it('gives back what it took when a host cannot be claimed', async () => {
      const shells = await both();
      // A file stands where the folder has to be.
      writeFileSync(state(two()), '');
      const names = [shells[1]!, shells[0]!];
      const error = await errorOf(acquire({ ...ours, shells: names }));
      expect(error.code).to.equal('command-failed');
      rmSync(state(two()));
      expect((await readLock(shells[0]!)).kind).to.not.equal('held');
    });

    it('takes back its own claim', async () => {
      const shells = await both();
      const first = await acquire({ ...ours, shells });
      const second = await acquire({ ...ours, shells });
      expect(second.token).to.equal(first.token + 1);
    });

    it('keeps odd names whole', async () => {
      const shells = [await shellOf(one(), 'web1')];
      const odd = { run: 'r 1/%', owner: "o'neill@höst $(id) 1", deployment: 'prod *\n2' };
      const claim = await acquire({ ...odd, shells });
      expect(await readLock(shells[0]!)).to.deep.include({ kind: 'held', ...odd });
      expect(code(await shells[0]!.change(mutation({ command: sh`true`, claim })))).to.equal(0);
    });
  });

  it('gives signs of life, also while a long change runs', async () => {
    const shells = await both();
    const claim = await acquire({ ...ours, shells });
    const [shell] = shells;
    const long = shell!.change(mutation({ command: sh`sleep 1.5`, claim }));
    await sleep(1100);
    const lock = await readLock(shell!);
    expect(lock).to.deep.include({ kind: 'held', busy: true });
    expect(lock.kind === 'held' && lock.silence).to.be.greaterThan(0);
    const started = Date.now();
    await heartbeat(shell!, claim);
    expect(Date.now() - started).to.be.lessThan(400);
    expect(await readLock(shell!)).to.deep.include({ kind: 'held', silence: 0 });
    await long;
  });

  it('keeps the token after the release, and refuses a heartbeat', async () => {
    const shells = await both();
    const claim = await acquire({ ...ours, shells });
    await release(shells[0]!, claim);
    expect(await readLock(shells[0]!)).to.deep.equal({
      kind: 'free',
      token: 1,
      run: 'r1',
      owner: 'me@here 1',
      openJobs: [],
    });
    expect((await errorOf(heartbeat(shells[0]!, claim))).code).to.equal('handed-over');
  });

  describe('mutation', () => {
    let shell: HostShell;
    let claim: Claim;
    beforeEach(async () => {
      shell = await shellOf(one(), 'web1');
      claim = await acquire({ ...ours, shells: [shell] });
    });

    it('runs under the claim, and gives the result of the command itself', async () => {
      const result = await shell.change(
        mutation({ command: sh`echo out; echo err >&2; id -un; exit 3`, claim, as: 'postgres' }),
      );
      expect(result.ending).to.deep.equal({ kind: 'exited', code: 3 });
      expect([String(result.stdout), String(result.stderr)]).to.deep.equal(['out\npostgres\n', 'err\n']);
    });

    const endings: readonly [string, object][] = [
      ['exit 113', { kind: 'exited', code: 113 }],
      ['exit 140', { kind: 'exited', code: 140 }],
      ["sh -c 'kill -9 $$'", { kind: 'signalled', signal: 'SIGKILL' }],
      ['echo "unbalanced', { kind: 'exited', code: 2 }],
      [') ; touch /var/lib/escaped; (', { kind: 'exited', code: 2 }],
    ];
    for (const [text, ending] of endings) {
      it(`is not confused by: ${text}`, async () => {
        expect((await shell.change(mutation({ command: raw(text), claim }))).ending).to.deep.equal(ending);
        expect(made(one(), 'escaped')).to.equal(false);
      });
    }

    const strangers: readonly [string, Partial<Claim>][] = [
      ['an older token', { token: 0 }],
      ['a token that is to come', { token: 2 }],
      ['the same token of another owner', { owner: 'you@there 2' }],
      ['the same token of another run', { run: 'r2' }],
    ];
    for (const [title, change] of strangers) {
      it(`refuses ${title}, and says who has the host`, async () => {
        const error = await errorOf(
          shell.change(mutation({ command: touch('stranger'), claim: { ...claim, ...change } })),
        );
        expect(error.code).to.equal('handed-over');
        expect(error.message).to.include('me@here 1 for run r1');
        expect(made(one(), 'stranger')).to.equal(false);
      });
    }

    it('refuses what no claim covers while a run holds the host, also for users who are not root', async () => {
      const error = await errorOf(shell.change(mutation({ command: touch('unclaimed'), claim: 'unclaimed' })));
      expect(error.code).to.equal('fence');
      expect(error.message).to.include('web1 is held by me@here 1');
      const plain = await openHostShell({ target: one().target({ user: 'dashy' }), transport });
      open.push(plain);
      expect((await errorOf(plain.change(mutation({ command: sh`true`, claim: 'unclaimed' })))).code).to.equal('fence');
      await release(shell, claim);
      expect(code(await plain.change(mutation({ command: sh`true`, claim: 'unclaimed' })))).to.equal(0);
      expect(code(await shell.change(mutation({ command: sh`true`, claim: 'unclaimed' })))).to.equal(0);
    });

    it('leaves no trace on a host where no run ever was', async () => {
      const other = await shellOf(two(), 'db1');
      expect(code(await other.change(mutation({ command: sh`true`, claim: 'unclaimed' })))).to.equal(0);
      expect(existsSync(state(two()))).to.equal(false);
    });

    it('refuses where the lock was taken away', async () => {
      rmSync(state(one()), { recursive: true });
      expect((await errorOf(shell.change(mutation({ command: touch('no-lock'), claim })))).code).to.equal('fence');
      expect(made(one(), 'no-lock')).to.equal(false);
    });

    it('lets changes of the same run follow each other, never overlap', async () => {
      const text = raw('mkdir /var/lib/inside && sleep 0.05 && rmdir /var/lib/inside');
      const results = await Promise.all(
        Array.from({ length: 6 }, () => shell.change(mutation({ command: text, claim }))),
      );
      expect(results.map(code)).to.deep.equal([0, 0, 0, 0, 0, 0]);
    });

    it('keeps the host for a change in flight, until it ends: a new owner waits for it', async () => {
      const proxy = await TcpProxy.open({ to: one().port });
      const doomed = await openHostShell({
        target: one().targetAt(proxy.port, { user: 'ops' }),
        transport,
        become: root,
      });
      open.push(doomed);
      const change = doomed.change(mutation({ command: raw('sleep 1; touch /var/lib/in-flight'), claim }));
      await sleep(300);
      proxy.cut();
      expect((await change).ending.kind).to.equal('unknown');
      const next = await acquire({ ...ours, owner: 'me@new 2', takeOver: true, shells: [shell] });
      expect(made(one(), 'in-flight')).to.equal(true);
      expect(next.token).to.equal(2);
      await proxy.close();
    });

    it('does not hand the lock to what a command leaves in the background', async () => {
      await shell.change(mutation({ command: raw('sleep 3 >/dev/null 2>&1 &'), claim }));
      const started = Date.now();
      await shell.change(mutation({ command: sh`true`, claim }));
      expect(Date.now() - started).to.be.lessThan(2000);
    });

    it('is sent once, whatever happens to the line', async () => {
      const proxy = await TcpProxy.open({ to: one().port });
      const doomed = await openHostShell({
        target: one().targetAt(proxy.port, { user: 'ops' }),
        transport,
        become: root,
      });
      open.push(doomed);
      for (let round = 0; round < 5; round++) {
        const file = `/var/lib/count-${round}`;
        const change = doomed.change(mutation({ command: sh`echo x >>${file}; sleep 0.2`, claim }));
        await until('it began', () => existsSync(join(one().varLib, `count-${round}`)));
        proxy.cut();
        expect((await change).ending.kind).to.equal('unknown');
        await doomed.ask({ kind: 'query', command: sh`true` });
        await sleep(100);
        expect(readFileSync(join(one().varLib, `count-${round}`), 'utf8')).to.equal('x\n');
      }
      await proxy.close();
    });

    it('is refused where it was not built by mutation()', async () => {
      const copy = { ...mutation({ command: touch('copy'), claim }) };
      expect((await errorOf(shell.change(copy))).code).to.equal('internal');
      expect(made(one(), 'copy')).to.equal(false);
    });

    it('takes input of any size, secret or not', async () => {
      const small = await shell.change(mutation({ command: sh`wc -c`, claim, stdin: 'x'.repeat(1000) }));
      const large = await shell.change(mutation({ command: sh`wc -c`, claim, stdin: Buffer.alloc(3_000_000, 1) }));
      expect([String(small.stdout), String(large.stdout)]).to.deep.equal(['1000\n', '3000000\n']);
      const ended = await shell.change(mutation({ command: sh`exit 140`, claim, stdin: Buffer.alloc(300_000) }));
      expect(ended.ending).to.deep.equal({ kind: 'exited', code: 140 });
    });

    it('does not execute input that its command does not read', async () => {
      const stdin = Buffer.from('touch /var/lib/executed\n'.repeat(20_000));
      await shell.change(mutation({ command: sh`head -c 10`, claim, stdin }));
      await sleep(200);
      expect(made(one(), 'executed')).to.equal(false);
    });

    it('has the host know what was done before, while a large file still goes over', async () => {
      await shell.change(stateMutation({ claim, plan: '{}', record: '' }));
      const kept = (): string => readFileSync(join(state(one()), 'run/journal.jsonl'), 'utf8');
      const seen: string[] = [];
      const result = await shell.upload({
        ...{ content: Buffer.alloc(2_000_000, 1), path: '/var/lib/large', mode: '0600', claim },
        record: '{"n":7}\n',
        onProgress: () => seen.push(`${kept()}${String(made(one(), 'large'))}`),
      });
      expect(code(result), String(result.stderr)).to.equal(0);
      expect(seen[0]).to.equal('{"n":7}\nfalse');
      expect(kept(), 'once').to.equal('{"n":7}\n');
      expect(made(one(), 'large')).to.equal(true);
    });

    it('takes a command of a megabyte, as another user too', async () => {
      const word = 'ü'.repeat(400_000);
      const result = await shell.change(mutation({ command: sh`printf %s ${word} | wc -c`, claim, as: 'postgres' }));
      expect(String(result.stdout)).to.equal('800000\n');
    });
  });
});
