import { expect } from 'chai';
import fc from 'fast-check';
import { decodeBytes, encodeText } from '../../lib/shell/bytes.ts';
import { Secret } from '../../lib/secret.ts';
import { Session, type Answer, type Request } from '../../lib/shell/session.ts';
import { quote } from '../../lib/shell/sh.ts';
import { ssh2Transport } from '../../lib/transport/ssh2-transport.ts';
import type { Connection } from '../../lib/transport/transport.ts';
import { useSshd } from '../support/line.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';

type Answered = Answer & { kind: 'answered' };

for (const [kind, path] of [
  ['dash', undefined],
  ['bash', '/bin/bash'],
  ['busybox', '/usr/bin/busybox'],
] as const)
  describe(`shell: session in ${kind}`, () => {
    const sshd = useSshd([], { shell: path });
    const transport = ssh2Transport({ keepalive: 300 });
    const open: Connection[] = [];

    const session = async (user = 'root', port?: number): Promise<Session> => {
      const target = port === undefined ? sshd().target({ user }) : sshd().targetAt(port, { user });
      const connection = await transport.open(target);
      open.push(connection);
      return Session.open({
        connection,
        way: { login: user, become: undefined, as: undefined },
        withPassword: false,
        surroundings: 'neutral',
        deadline: 10_000,
      });
    };
    const ask = async (shell: Session, text: string, more: Partial<Request> = {}): Promise<Answered> => {
      const answer = await shell.run({ text, deadline: 10_000, ...more });
      if (answer.kind !== 'answered') throw new Error(`no answer: ${JSON.stringify(answer)}`);
      return answer;
    };
    const said = async (shell: Session, text: string, more: Partial<Request> = {}): Promise<string> => {
      const { stdout, stderr } = await ask(shell, text, more);
      expect(String(stderr)).to.equal('');
      return String(stdout);
    };
    afterEach(async () => {
      await Promise.all(open.splice(0).map((connection) => connection.close()));
    });

    describe('endings', () => {
      const endings: readonly [string, object][] = [
        ['true', { kind: 'exited', code: 0 }],
        ['false', { kind: 'exited', code: 1 }],
        ['exit 255', { kind: 'exited', code: 255 }],
        ['exit 137', { kind: 'exited', code: 137 }],
        ['(exit 4)', { kind: 'exited', code: 4 }],
        ['no-such-command-here', { kind: 'exited', code: 127 }],
        ['sh -c \'kill -9 "$$"\'', { kind: 'signalled', signal: 'SIGKILL' }],
        ['sh -c \'kill -SEGV "$$"\'', { kind: 'signalled', signal: 'SIGSEGV' }],
        ['exec sh -c \'kill -TERM "$$"\'', { kind: 'signalled', signal: 'SIGTERM' }],
        ['set -e; false; echo no', { kind: 'exited', code: 1 }],
        ['echo "unbalanced', { kind: 'exited', code: 2 }],
        ['cd /; if true', { kind: 'exited', code: 2 }],
        ['trap "exit 9" EXIT; exit 3', { kind: 'exited', code: 9 }],
        ['return 5', { kind: 'exited', code: 5 }],
      ];
      it('are exact', async () => {
        const shell = await session();
        for (const [text, wanted] of endings) {
          expect((await ask(shell, text)).ending, text).to.deep.equal(wanted);
        }
        expect(shell.usable()).to.equal(true);
      });

      it('of a command that kills the session are no answer, and the reason is not the line', async () => {
        const shell = await session();
        const answer = await shell.run({ text: 'echo before; kill -9 $$', deadline: 10_000 });
        expect(answer).to.deep.include({ kind: 'unanswered', cause: 'session' });
        expect(answer.kind === 'unanswered' && answer.reason).to.include('SIGKILL');
        expect(shell.usable()).to.equal(false);
        expect(await shell.run({ text: 'true', deadline: 1000 })).to.deep.include({
          kind: 'unanswered',
          cause: 'session',
        });
      });

      it('are not known when the line is lost', async () => {
        const proxy = await TcpProxy.open({ to: sshd().port });
        const shell = await session('root', proxy.port);
        setTimeout(() => {
          proxy.cut();
        }, 100);
        expect(await shell.run({ text: 'sleep 1', deadline: 10_000 })).to.deep.include({
          kind: 'unanswered',
          cause: 'line',
        });
        await proxy.close();
      });

      it('are not known when the peer freezes', async () => {
        const proxy = await TcpProxy.open({ to: sshd().port });
        const shell = await session('root', proxy.port);
        proxy.freeze();
        expect(await shell.run({ text: 'true', deadline: 10_000 })).to.deep.include({
          kind: 'unanswered',
          cause: 'line',
        });
        await proxy.close();
      });

      it('are not waited for beyond the deadline', async () => {
        const shell = await session();
        const started = Date.now();
        const answer = await shell.run({ text: 'echo partial; sleep 5', deadline: 200 });
        expect(answer).to.deep.include({ kind: 'unanswered', cause: 'deadline' });
        expect(answer.kind === 'unanswered' && String(answer.stdout)).to.equal('partial\n');
        expect(Date.now() - started).to.be.lessThan(2000);
        expect(shell.usable()).to.equal(false);
      });
    });

    describe('framing', () => {
      it('keeps the outputs apart and whole', async () => {
        const shell = await session();
        const { stdout, stderr } = await ask(shell, 'printf out; printf err >&2; printf "more\\n"');
        expect([String(stdout), String(stderr)]).to.deep.equal(['outmore\n', 'err']);
      });

      it('keeps every byte, also the one that marks the end', async () => {
        const shell = await session();
        const { stdout } = await ask(shell, 'cat', { stdin: Uint8Array.from({ length: 256 }, (_, index) => index) });
        expect([...stdout]).to.deep.equal(Array.from({ length: 256 }, (_, index) => index));
      });

      it('is not broken by a command that prints what it knows of the session', async () => {
        const shell = await session();
        const text = `set; env; cat /proc/$$/cmdline; printf '\\036'; printf '\\036%s%s 0 clean\\036' "$__pgup_a" x`;
        const { ending } = await ask(shell, text);
        expect(ending).to.deep.equal({ kind: 'exited', code: 0 });
        expect(await said(shell, 'echo still here')).to.equal('still here\n');
      });

      it('is not broken by a command that says its end itself, and goes on', async () => {
        // It lies about its own end, which is its own affair; the next command must not hear the rest of it.
        const lie = `printf '\\036%s%s 0 clean\\036' "$__pgup_a" "$__pgup_b"`;
        const lies = [
          `${lie}; ${lie} >&2; echo rest`,
          `${lie}; ${lie} >&2; sleep 0.1; echo rest; exit 5`,
          `${lie} >&2; echo rest >&2; ${lie}; sleep 0.3; echo rest >&2`,
        ];
        for (const text of lies) {
          const shell = await session();
          await ask(shell, text);
          const next = await shell.run({ text: 'echo mine', deadline: 10_000 });
          if (next.kind === 'answered') expect(String(next.stdout)).to.equal('mine\n');
          else expect(next).to.deep.include({ kind: 'unanswered', cause: 'session' });
          expect(shell.usable()).to.equal(false);
        }
      });

      it('is not broken by closed or redirected outputs', async () => {
        const shell = await session();
        await ask(shell, 'exec >/dev/null 2>&1; echo x');
        await ask(shell, 'exec >&- 2>&-; echo x');
        await ask(shell, 'exec 8>&-; exit 140');
        expect(await said(shell, 'echo still here')).to.equal('still here\n');
      });

      it('does not carry over folder, variables, traps, options or functions', async () => {
        const shell = await session();
        await ask(
          shell,
          'cd /tmp; A=b; export A; trap "echo trapped" EXIT; set -u; f() { :; }; umask 0777; exec 5</dev/null',
        );
        const left = await said(
          shell,
          'pwd; echo "[$A]"; echo "$nothing"; umask; command -v f; [ ! -e /proc/self/fd/5 ]',
        );
        expect(left).to.equal('/\n[]\n\n0022\n');
      });

      it('gives a command no input to read but its own', async () => {
        const shell = await session();
        const first = said(shell, 'cat; echo "[$(cat)]"; read x; echo "[$x]"');
        const second = said(shell, 'echo next');
        expect(await first).to.equal('[]\n[]\n');
        expect(await second).to.equal('next\n');
      });

      it('hands no descriptor of the session to a command but its outputs', async () => {
        const shell = await session();
        const fds = (await said(shell, 'ls -l /proc/self/fd'))
          .split('\n')
          .filter((line) => /(pipe|socket):/.test(line));
        expect(fds.map((line) => /(\d+) ->/.exec(line)?.[1]).sort()).to.deep.equal(['1', '2', '8']);
      });

      it('takes a command that is longer than an argument may be', async () => {
        const shell = await session();
        const long = 'x'.repeat(300_000);
        expect(await said(shell, `a=${quote(long)}; echo "\${#a}"`)).to.equal('300000\n');
      });

      it('carries floods on both outputs', async function () {
        this.timeout(30_000);
        const shell = await session();
        const text = 'head -c 9000000 /dev/zero >&2 & head -c 8000000 /dev/zero; wait';
        const { stdout, stderr } = await ask(shell, text);
        expect([stdout.length, stderr.length]).to.deep.equal([8_000_000, 9_000_000]);
      });
    });

    describe('what a command leaves in the background', () => {
      it('does not hold it up', async () => {
        const shell = await session();
        const started = Date.now();
        expect(String((await ask(shell, 'sleep 5 & echo hi')).stdout)).to.equal('hi\n');
        expect(Date.now() - started).to.be.lessThan(3000);
      });

      const holders: readonly [string, string][] = [
        ['a plain background process', '(sleep 0.2; echo late; echo late >&2) &'],
        ['one whose parent is gone', 'sh -c "(sleep 0.2; echo late; echo late >&2) & exit 0"'],
        ['one in a session of its own', 'setsid -f sh -c "sleep 0.2; echo late; echo late >&2"'],
        ['one that forks again while we look', 'sh -c "(sh -c \'sleep 0.2; echo late; echo late >&2\' & exit) & exit"'],
        ['one that holds another descriptor only', '(exec 7>&1 >/dev/null; sleep 0.2; echo late >&7) &'],
      ];
      for (const [title, text] of holders) {
        it(`never prints into a later command: ${title}`, async () => {
          const shell = await session();
          await ask(shell, text);
          // The session knows that it is spoilt before the next command is sent into it.
          expect(shell.usable()).to.equal(false);
        });
      }

      it('spoils nothing where it holds none of the outputs', async () => {
        const shell = await session();
        // 8 is what it closes last; until it has, it does hold them.
        await ask(shell, '(exec >/dev/null 2>&1 8>&-; exec sleep 2) & while [ -e /proc/$!/fd/8 ]; do :; done');
        expect(shell.usable()).to.equal(true);
      });

      it('is not suspected where there is none', async () => {
        const shell = await session();
        for (let index = 0; index < 20; index++) await ask(shell, 'ls / >/dev/null; id -u | cat; (true)');
        expect(shell.usable()).to.equal(true);
      });
    });

    describe('input', () => {
      it('reaches the command', async () => {
        const shell = await session();
        expect(await said(shell, 'cat', { stdin: "it's \\ $HOME `id` \n\t é" })).to.equal("it's \\ $HOME `id` \n\t é");
      });

      it('need not be read', async () => {
        const shell = await session();
        expect(await said(shell, 'echo no', { stdin: 'x'.repeat(40_000) })).to.equal('no\n');
        expect(await said(shell, 'echo yes')).to.equal('yes\n');
      });

      it('that is a secret stands in no argv and no environment', async () => {
        const shell = await session();
        const secret = new Secret('hunter2-secret');
        const text = `s=$(cat); grep -la hunter2-secret /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null; echo "\${#s}"`;
        expect(await said(shell, text, { stdin: secret })).to.equal('14\n');
      });

      it('that is too large for the session is not sent', async () => {
        const shell = await session();
        expect(await shell.run({ text: 'cat', stdin: 'x'.repeat(50_000), deadline: 1000 })).to.deep.equal({
          kind: 'input-refused',
        });
      });
    });

    describe('surroundings', () => {
      it('are the same everywhere', async () => {
        const shell = await session('ops');
        const text = 'pwd; echo "$LC_ALL"; echo "${LANGUAGE-none}"; command -v useradd; echo "$HOME"';
        const [folder, locale, language, useradd, home] = (await said(shell, text)).split('\n');
        expect([folder, locale, language, useradd]).to.deep.equal(['/', 'C.UTF-8', 'none', '/usr/sbin/useradd']);
        expect(home).to.match(/home\/ops$/);
      });

      for (const user of [...(path === undefined ? ['dashy'] : []), 'fishy', 'cshy', 'noisy']) {
        it(`do not depend on the login shell or its start-up files: ${user}`, async () => {
          const shell = await session(user);
          const { stdout, stderr, ending } = await ask(shell, 'echo "$0 `id -un`"; echo err >&2; exit 3');
          expect(String(stdout)).to.equal(`/bin/sh ${user}\n`);
          expect(String(stderr)).to.equal('err\n');
          expect(ending).to.deep.equal({ kind: 'exited', code: 3 });
        });
      }
    });

    it('runs one command at a time, in order', async () => {
      const shell = await session();
      const texts = Array.from({ length: 50 }, (_, index) => `sleep 0.00${index % 5}; echo ${index}`);
      const answers = await Promise.all(texts.map((text) => said(shell, text)));
      expect(answers).to.deep.equal(texts.map((_, index) => `${index}\n`));
    });

    it('makes no file on the host', async () => {
      // Empty folders in the sshd's own mount namespace: the machine's are used by other tests at the same time.
      const folders = '/tmp /var/tmp /dev/shm /root /run';
      const shell = await session();
      await ask(shell, `for each in ${folders}; do mount -t tmpfs tmpfs $each || exit 1; done`);
      try {
        await ask(shell, 'cat >/dev/null; echo x >&2', { stdin: 'y'.repeat(30_000) });
        expect(await said(shell, `find ${folders} -mindepth 1`)).to.equal('');
        await ask(shell, 'touch /run/one');
        expect(await said(shell, `find ${folders} -mindepth 1`)).to.equal('/run/one\n');
      } finally {
        await ask(shell, `umount ${folders}`);
      }
    });

    // What would be left behind is left on this side: the shell at the other end makes no difference.
    const many = kind === 'bash' ? 10_000 : 1000;
    it(`leaves no listener behind over ${many} commands`, async function () {
      this.timeout(120_000);
      let shell = await session();
      const warnings: Error[] = [];
      const hear = (warning: Error): void => void warnings.push(warning);
      process.on('warning', hear);
      let reopened = 0;
      for (let index = 0; index < many; index++) {
        await ask(shell, ':');
        // Where the kernel's pids begin anew, nobody can tell what was left behind: the shell is given up unharmed.
        if (shell.usable()) continue;
        reopened += 1;
        shell = await session();
      }
      process.off('warning', hear);
      expect(warnings).to.deep.equal([]);
      expect(reopened).to.be.lessThan(5);
    });

    describe('quoting, on the host', () => {
      // Bytes of every kind: control characters, quotes, newlines, UTF-8 and what is not UTF-8.
      const word = fc.oneof(
        fc.uint8Array({ minLength: 0, maxLength: 24, min: 1 }).map((bytes) => decodeBytes(bytes)),
        fc.string({ unit: 'binary', maxLength: 24 }).map((text) => text.replaceAll('\0', '')),
        fc.string({
          unit: fc.constantFrom("'", '"', '\\', '$', '`', '\n', ' ', '!', '*', '\x1e', 'a', '-'),
          maxLength: 24,
        }),
      );
      for (const shellName of ['sh', 'bash', 'busybox sh']) {
        it(`brings 10,000 random words through ${shellName} unchanged`, async function () {
          this.timeout(120_000);
          const shell = await session();
          const words = fc.sample(word, 10_000);
          for (let at = 0; at < words.length; at += 500) {
            const part = words.slice(at, at + 500);
            const script = `printf '%s\\0' ${part.map(quote).join(' ')}`;
            const { stdout } = await ask(shell, `exec ${shellName} -c ${quote(script)}`);
            const wanted = Buffer.concat(part.flatMap((each) => [encodeText(each), Buffer.from([0])]));
            expect(stdout.equals(wanted), `words from ${at}`).to.equal(true);
          }
        });
      }
    });
  });
