import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { gatherFacts } from '../../lib/modules/facts/facts.ts';
import type { Become } from '../../lib/shell/become.ts';
import { mutation } from '../../lib/shell/fence.ts';
import type { HostShell } from '../../lib/shell/host-shell.ts';
import { openHostShell } from '../../lib/shell/open-host-shell.ts';
import type { Surroundings } from '../../lib/shell/session.ts';
import { raw, sh } from '../../lib/shell/sh.ts';
import { ssh2Transport } from '../../lib/transport/ssh2-transport.ts';
import { addAccount, inNamespace, type Account } from '../support/furnish.ts';
import { useSshd } from '../support/line.ts';

const sudo: Become = { kind: 'become', user: 'root', method: 'sudo' };
const noise = 'echo hello; echo oops >&2; printf "no newline at the end"';
const german = 'export LANG=de_DE.UTF-8 LC_ALL=de_DE.UTF-8 LANGUAGE=de\n';

const accounts: readonly Account[] = [
  { name: 'slow', shell: '/bin/bash', files: { '.bashrc': 'sleep 2\n' } },
  { name: 'loudbash', shell: '/bin/bash', files: { '.bashrc': `${noise}\n` } },
  { name: 'loudfish', shell: '/usr/bin/fish', files: { '.config/fish/config.fish': `${noise}\nset -x LS_COLORS x\n` } },
  {
    name: 'loudcsh',
    shell: '/bin/tcsh',
    files: { '.cshrc': 'echo hello; set prompt="%n! "; setenv X y; alias echo "echo no"\n' },
  },
  {
    name: 'loudzsh',
    shell: '/usr/bin/zsh',
    files: { '.zshenv': `${noise}\nsetopt noclobber; alias echo="echo no"\n` },
  },
  { name: 'loudmksh', shell: '/bin/mksh', files: { '.profile': `${noise}\n`, '.mkshrc': `${noise}\n` } },
  {
    name: 'terminal',
    shell: '/bin/bash',
    files: {
      '.bashrc': 'stty sane; tput setaf 1; clear; mesg y; printf "\\033]0;title\\007"; [ -z "$TERM" ] || echo $TERM\n',
    },
  },
  {
    name: 'hostile',
    shell: '/bin/bash',
    files: {
      '.bashrc':
        'export CDPATH=/:/usr ENV=/nonexistent BASH_ENV=/nonexistent POSIXLY_CORRECT=1 GREP_OPTIONS=-v GREP_COLORS=x\n' +
        'export IFS=/ PS4="+ " LS_COLORS=x\numask 077\nset -o noclobber\nshopt -s nullglob\ntrap "echo bye" EXIT\ncd /tmp\n',
    },
  },
  { name: 'deutsch', shell: '/bin/bash', files: { '.bashrc': german } },
];

describe('shell: whatever the login is like', function () {
  this.timeout(60_000);
  const sshd = useSshd();
  const open: HostShell[] = [];

  before(() => {
    for (const account of accounts) addAccount(sshd(), { ...account, sudo: 'NOPASSWD: ALL' });
    const locales = join(sshd().folder, 'locale');
    mkdirSync(locales);
    execFileSync('localedef', ['-i', 'de_DE', '-f', 'UTF-8', join(locales, 'de_DE.utf8')]);
    execFileSync('localedef', ['-i', 'C', '-f', 'UTF-8', join(locales, 'C.utf8')]);
    inNamespace(sshd(), `mount --bind ${locales} /usr/lib/locale`);
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((shell) => shell.close()));
  });

  const shellOf = async (user: string, become?: Become, surroundings?: Surroundings): Promise<HostShell> => {
    const target = sshd().target({ user });
    const shell = await openHostShell({ target, transport: ssh2Transport(), become, surroundings });
    open.push(shell);
    return shell;
  };
  const ask = async (shell: HostShell, text: string) => {
    const { ending, stdout, stderr } = await shell.ask({ kind: 'query', command: raw(text) });
    return { ending, stdout: String(stdout), stderr: String(stderr) };
  };

  for (const { name } of accounts)
    for (const [title, become, user] of [
      ['itself', undefined, name],
      ['root', sudo, 'root'],
      ['postgres', { ...sudo, user: 'postgres' }, 'postgres'],
    ] as const) {
      it(`keeps outputs and exit code exact, and the surroundings the same: ${name} as ${title}`, async () => {
        const shell = await shellOf(name, become);
        const script = 'id -un; pwd; umask; echo "$LC_ALL ${LANGUAGE-none} ${CDPATH-none}"; echo err >&2; exit 3';
        expect(await ask(shell, script)).to.deep.equal({
          ending: { kind: 'exited', code: 3 },
          stdout: `${user}\n/\n0022\nC.UTF-8 none none\n`,
          stderr: 'err\n',
        });
        expect(await ask(shell, 'cat; echo x | grep x; set -- a b; echo "$*"; ls -d /etc')).to.deep.equal({
          ending: { kind: 'exited', code: 0 },
          stdout: 'x\na b\n/etc\n',
          stderr: '',
        });
      });
    }

  it('understands what programs say: in English, whatever the login speaks', async () => {
    const home = await ask(await shellOf('deutsch', undefined, 'login'), 'ls /nope');
    // Without this the test would prove nothing.
    expect(home.stderr).to.include('nicht gefunden');
    const neutral = await ask(await shellOf('deutsch'), 'ls /nope');
    expect(neutral.stderr).to.include('No such file or directory');
    const { system } = await gatherFacts(await shellOf('deutsch', undefined, 'login'), { now: Date.now });
    expect(system.os).to.equal('debian');
  });

  it('leaves a generic play the language of its login, also through sudo', async () => {
    const script = 'ls /nope; echo "${LC_ALL-none}"';
    addAccount(sshd(), {
      name: 'german',
      shell: '/bin/bash',
      sudo: 'NOPASSWD: ALL',
      files: { '.bashrc': 'export LANG=de_DE.UTF-8\n' },
    });
    const said = await ask(await shellOf('german', sudo, 'login'), script);
    expect([said.stderr, said.stdout]).to.deep.equal([
      "ls: Zugriff auf '/nope' nicht möglich: Datei oder Verzeichnis nicht gefunden\n",
      'none\n',
    ]);
  });

  it('needs no room and runs nothing from /tmp: full disks, mounted noexec', async () => {
    // The sshd's own folder is below /tmp, and stays.
    const { folder } = sshd();
    inNamespace(
      sshd(),
      `mkdir -p /var/lib/hold; mount --bind ${folder} /var/lib/hold
      for d in /tmp /var/tmp /dev/shm; do mount -t tmpfs -o noexec,nosuid,size=16k,mode=1777 tmpfs $d; done
      mkdir -p ${folder}; mount --bind /var/lib/hold ${folder}
      for d in /tmp /var/tmp /dev/shm; do head -c 1m /dev/zero >$d/fill 2>/dev/null || :; done`,
    );
    try {
      const shell = await shellOf('ops', sudo);
      expect((await ask(shell, 'echo x >/tmp/probe')).ending).to.deep.equal({ kind: 'exited', code: 1 });
      const words = Array.from({ length: 2000 }, (_, index) => `word ${index} 'ä' "\n"`);
      const long = await shell.ask({ kind: 'query', command: sh`printf '%s,' ${words}` });
      expect(String(long.stdout)).to.equal(words.map((word) => `${word},`).join(''));
      const large = 'x'.repeat(300_000);
      const piped = await shell.ask({ kind: 'query', command: sh`cat`, stdin: large });
      expect(String(piped.stdout)).to.equal(large);
      const asOther = await shell.ask({ kind: 'query', command: sh`id -un`, as: 'postgres' });
      expect(String(asOther.stdout)).to.equal('postgres\n');
      const change = await shell.change(mutation({ command: sh`echo done`, claim: 'unclaimed' }));
      expect(String(change.stdout)).to.equal('done\n');
      const facts = await gatherFacts(shell, { paths: ['/tmp'], now: Date.now });
      expect(facts.paths['/tmp']).to.deep.include({ type: 'tmpfs', free: 0 });
    } finally {
      inNamespace(sshd(), `umount -l ${folder} /tmp /var/tmp /dev/shm`);
    }
  });
});
