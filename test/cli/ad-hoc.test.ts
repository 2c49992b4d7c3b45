import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import { runCli } from '../../cli/cli.ts';
import { openHostShell } from '../../lib/shell/open-host-shell.ts';
import { acquire, release } from '../../lib/shell/lock.ts';
import { ssh2Transport } from '../../lib/transport/ssh2-transport.ts';
import { until, useSshd } from '../support/line.ts';
import { PASSWORD } from '../support/sshd.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { testContext } from './support.ts';

type Json = Readonly<Record<string, unknown>>;

describe('verbs without a playbook, on real lines', function () {
  this.timeout(60_000);
  const sshd = useSshd();
  let cwd: string;

  beforeEach(() => {
    cwd = mkdtempSync(join(tmpdir(), 'pgup-cli-'));
    const at = (name: string, user: string, port = sshd().port): string =>
      `${name} ansible_host=127.0.0.1 ansible_port=${port} ansible_user=${user}`;
    const hosts = ['[web]', at('web1', 'ops'), at('web2', 'ops'), at('web10', 'ops'), '[db]', at('db1', 'root')];
    const ini = [...hosts, '[locked]', at('pat1', 'pat'), '[gone]', at('gone1', 'ops', 1), ''].join('\n');
    writeFileSync(join(cwd, 'prod.ini'), ini);
  });
  afterEach(() => {
    rmSync(cwd, { recursive: true });
  });

  async function pgup(argv: readonly string[], changes: Parameters<typeof testContext>[0] = {}) {
    const env = { PGUP_KNOWN_HOSTS: sshd().knownHosts, PGUP_PRIVATE_KEY: sshd().key, PGUP_INVENTORY: 'prod.ini' };
    const context = testContext({ cwd, env, now: Date.now, ...changes });
    const exit = await runCli(argv, context);
    const events = (): Json[] =>
      context
        .out()
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Json);
    return { exit, out: context.out(), err: context.err(), events };
  }
  const made = (file: string): string => join(sshd().varLib, file);

  describe('exec', () => {
    it('shows equal output once, with the hosts that said it, and what went wrong last', async () => {
      const script = 'echo up; case $USER in root) echo odd >&2; exit 3;; esac';
      const { exit, out, err } = await pgup(['exec', 'web:db', '--', script]);
      expect(out).to.equal(
        [
          'web[1:2],web10 (3 hosts): ok',
          '  up',
          'db1: failed, exit code 3',
          '  up',
          '  standard error:',
          '    odd',
          '4 hosts: 3 ok, 1 failed',
          '',
        ].join('\n'),
      );
      expect([exit, err]).to.deep.equal([2, '']);
    });

    it('hands several words on as they are, and one as a line of shell', async () => {
      const several = await pgup(['exec', 'db', '--', 'printf', '[%s]', '$HOME', "it's", '-i', '--check', '']);
      expect(several.out).to.include("  [$HOME][it's][-i][--check][]\n");
      const one = await pgup(['exec', 'db', '--', 'echo a b | tr a-z A-Z']);
      expect(one.out).to.include('  A B\n');
    });

    it('prints one JSON object a host, every byte in it', async () => {
      const script = `printf 'a\\377\\n'; printf '\\033[31m' >&2; kill -9 $$`;
      const { exit, events } = await pgup(['exec', 'db', '--output', 'json', '--', 'sh', '-c', script]);
      const [event, ...others] = events();
      expect(event).to.deep.include({ type: 'exec:host', host: 'db1', status: 'failed', signal: 'SIGKILL' });
      expect(event?.['stdout']).to.equal('a\udcff\n');
      // and what the host's shell has to say about it
      expect(event?.['stderr']).to.match(/^\x1b\[31m(Killed\n)?$/);
      expect(event?.['seconds']).to.be.within(0, 60);
      expect([exit, others]).to.deep.equal([2, []]);
    });

    it('lets no host colour the terminal or pass for another one', async () => {
      const { out } = await pgup(['exec', 'db', '--', `printf '\\033[2Jweb1: ok\\nweb2: ok\\n'`]);
      expect(out).to.equal('db1: ok\n  \\x1b[2Jweb1: ok\n  web2: ok\n1 host: 1 ok\n');
    });

    it('works on so many hosts at a time, and no more', async () => {
      // Each tells when it begins and ends; two must meet, and never three.
      const folder = made('forks');
      const script = `mkdir -p /var/lib/forks; cd /var/lib/forks; touch in.$$; ls in.* | wc -l >>most
        n=0; until [ "$(cat met 2>/dev/null)" ] || [ $n -ge 200 ]; do [ "$(ls in.* | wc -l)" -lt 2 ] || echo x >met; n=$((n+1)); sleep 0.05; done
        rm in.$$`;
      const { exit } = await pgup(['exec', 'web', '--forks', '2', '--become', '--', script]);
      expect(exit).to.equal(0);
      expect(existsSync(join(folder, 'met'))).to.equal(true);
      const counts = readFileSync(join(folder, 'most'), 'utf8').trim().split('\n').map(Number);
      expect(counts).to.have.length(3);
      expect(Math.max(...counts)).to.be.at.most(2);
    });

    it('becomes another user, with a password that is asked for once and stands nowhere', async () => {
      const stdin = new PassThrough();
      stdin.end(`${PASSWORD}\n`);
      const argv = ['exec', 'locked', '-K', '--become', '--output', 'json', '--', 'id -un; env; ps axww'];
      const { exit, err, events, out } = await pgup(argv, { stdin });
      expect([exit, err]).to.deep.equal([0, 'Become password: \n']);
      expect(events()[0]).to.deep.include({ status: 'ok', as: 'root' });
      expect(events()[0]?.['stdout']).to.match(/^root\n/);
      expect(out).to.not.include(PASSWORD);
      const user = await pgup(['exec', 'db', '--become-user', 'postgres', '--', 'id', '-un']);
      expect(user.out).to.include('  postgres\n');
    });

    it('says what is wrong where it cannot become that user', async () => {
      const { exit, out } = await pgup(['exec', 'locked', '--become', '--', 'id']);
      expect(exit).to.equal(4);
      expect(out).to.match(/pat1: unreachable\n {2}error\[become\]: .*wants the password of pat/);
      expect(out).to.include('what to type: give it with --ask-become-pass');
    });

    it('takes no claim, and is refused by a host that a run holds', async () => {
      const shell = await openHostShell({ target: sshd().target(), transport: ssh2Transport() });
      const claim = await acquire({ shells: [shell], run: 'r7', owner: 'me@here 1', deployment: 'prod' });
      try {
        const { exit, out } = await pgup(['exec', 'web:db', '--', 'touch', '/tmp/pgup-test-never']);
        expect(exit).to.equal(2);
        expect(out).to.match(/error\[fence\]: db1 is held by me@here 1 for run r7/);
        expect(out).to.include('what to type: wait for that run, or see how it stands: pgup status r7');
        expect(out).to.include('4 hosts: 4 failed');
        expect(existsSync('/tmp/pgup-test-never')).to.equal(false);
      } finally {
        await release(shell, claim);
        await shell.close();
      }
      expect((await pgup(['exec', 'db', '--', 'true'])).exit).to.equal(0);
      rmSync(made('pgup'), { recursive: true });
    });

    const codes: readonly (readonly [string, readonly string[], number])[] = [
      ['all went well', ['web', '--', 'true'], 0],
      ['a host failed', ['web:db', '--', 'test "$USER" != root'], 2],
      ['a host is unreachable, whatever the others did', ['web:gone', '--', 'false'], 4],
      ['its outcome is unknown', ['db', '--command-timeout', '1', '--', 'sleep 20'], 4],
      ['nothing matches', ['wbe', '--', 'true'], 6],
      ['the limit leaves none', ['web', '--limit', 'db', '--', 'true'], 6],
      ['there is no command', ['web'], 5],
      ['there is no inventory', ['web', '-i', 'nope.ini', '--', 'true'], 5],
      ['a setting is none', ['web', '--forks', '0', '--', 'true'], 5],
      ['it is only checked', ['web', '--check', '--', 'true'], 3],
    ];
    for (const [title, argv, wanted] of codes)
      it(`ends with ${wanted} where ${title}`, async () => {
        const { exit, out, err } = await pgup(['exec', ...argv]);
        expect(exit, `${out}${err}`).to.equal(wanted);
      });

    it('under --check says as whom it would run what, and connects to nothing', async () => {
      const { exit, out } = await pgup(['exec', 'web:gone', '--check', '-b', '--', 'rm', '-r', 'a b']);
      expect(out).to.equal(
        "web[1:2],web10,gone1 (4 hosts): would run as root\n  rm -r 'a b'\n4 hosts: 4 would-change\n",
      );
      expect(exit).to.equal(3);
    });

    it('does not know what became of a command whose line was lost, and does not send it again', async () => {
      const proxy = await TcpProxy.open({ to: sshd().port });
      writeFileSync(join(cwd, 'cut.ini'), `sshd ansible_host=127.0.0.1 ansible_port=${proxy.port} ansible_user=root\n`);
      const known = readFileSync(sshd().knownHosts, 'utf8').replace(`:${sshd().port} `, `:${proxy.port} `);
      writeFileSync(join(cwd, 'known'), known);
      const file = made('cut');
      const running = pgup([
        'exec',
        '-i',
        'cut.ini',
        'all',
        '--known-hosts',
        'known',
        '--',
        'echo x >>/var/lib/cut; sleep 3',
      ]);
      await until('it runs', () => existsSync(file));
      proxy.cut();
      const { exit, out } = await running;
      expect(exit).to.equal(4);
      expect(out).to.match(/sshd: unknown\n {2}error\[connection-lost\]: .*it may have run, and may run still/);
      expect(readFileSync(file, 'utf8')).to.equal('x\n');
      await proxy.close();
    });

    it('begins no further host once it is interrupted', async () => {
      let interrupt: () => void = () => undefined;
      const onInterrupt = (callback: () => void) => {
        interrupt = callback;
        return () => undefined;
      };
      const file = made('interrupted');
      const script = 'echo x >>/var/lib/interrupted; until [ -e /var/lib/go ]; do sleep 0.05; done';
      const running = pgup(['exec', 'web', '-b', '--forks', '1', '--', script], { onInterrupt });
      await until('it runs', () => existsSync(file));
      interrupt();
      writeFileSync(made('go'), '');
      const { exit, out } = await running;
      expect(exit).to.equal(130);
      expect(out).to.include('web1: ok').and.include('(2 hosts): not begun');
      expect(readFileSync(file, 'utf8')).to.equal('x\n');
    });
  });

  describe('ping', () => {
    it('says of each host whether it answers, as whom, and in which time', async () => {
      const { exit, out } = await pgup(['ping', 'web1:db', '-b']);
      expect(exit).to.equal(0);
      expect(out).to.match(/^web1 {2}ok {10}root, ready in [\d.]+ ms, answers in [\d.]+ ms$/m);
      expect(out).to.match(/^db1 {3}ok {10}root, /m);
      expect(out).to.match(/^2 hosts: 2 ok$/m);
    });

    it('says of those that do not what to type, and ends with 4', async () => {
      const { exit, out, events } = await pgup(['ping', '--output', 'json', '--connect-timeout', '20']);
      expect(exit, out).to.equal(4);
      const bad = events().filter(({ status }) => status !== 'ok');
      expect(bad.map(({ host, status }) => [host, status])).to.deep.equal([['gone1', 'unreachable']]);
      expect(bad[0]?.['error']).to.deep.include({ code: 'unreachable' });
      expect((bad[0]?.['error'] as Json)['next']).to.match(/^see whether ssh gets there: ssh -v -p 1 /);
      expect(events()).to.have.length(6);
      expect(events().find(({ host }) => host === 'web1')).to.deep.include({ status: 'ok', user: 'ops' });
    });
  });

  describe('facts', () => {
    it('are one JSON object a host', async () => {
      const argv = ['facts', 'web1', '--path', '/var/lib', '--tool', 'sh', '--package', 'bash', '--output', 'json'];
      const { exit, events } = await pgup(argv);
      expect(exit).to.equal(0);
      expect(events()).to.have.length(1);
      const facts = events()[0]?.['facts'] as Json;
      expect(facts['kind']).to.equal('facts');
      expect(facts['user']).to.deep.include({ name: 'ops' });
      expect(Object.keys(facts['paths'] as Json)).to.deep.equal(['/var/lib']);
      expect(Object.keys(facts['tools'] as Json)).to.deep.equal(['sh']);
      expect((facts['packages'] as Json)['bash']).to.match(/^5/);
      expect(Math.abs((facts['time'] as { offset: number }).offset)).to.be.lessThan(5);
    });

    it('are read as well as told', async () => {
      const { exit, out } = await pgup(['facts', 'db:gone', '--path', '/dev/shm', '--package', 'no-such-package']);
      expect(exit).to.equal(4);
      expect(out).to.match(/^db1: ok\n {2}system {5}Debian GNU\/Linux/m);
      expect(out).to.match(/^ {2}path {7}\/dev\/shm: [\d.]+ .?B free of .*, tmpfs at \/dev\/shm$/m);
      expect(out).to.match(/^ {2}clock .* s (behind|ahead of) this machine, give or take \d/m);
      expect(out).to.include('no-such-package is not installed');
      expect(out).to.match(/^gone1: unreachable\n {2}error\[unreachable\]/m);
    });

    it('of a path that is none are refused before anything is connected', async () => {
      const { exit, err } = await pgup(['facts', '--path', 'srv']);
      expect([exit, err]).to.deep.equal([
        5,
        'pgup: error[usage]: "srv" is not an absolute path\nwhat to type: name paths that begin with /\n',
      ]);
    });
  });
});
