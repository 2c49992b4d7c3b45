import { chmodSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { PgupError } from '../../lib/errors.ts';
import { Secret } from '../../lib/secret.ts';
import type { Become } from '../../lib/shell/become.ts';
import type { HostShell } from '../../lib/shell/host-shell.ts';
import { openHostShell } from '../../lib/shell/open-host-shell.ts';
import { raw, sh } from '../../lib/shell/sh.ts';
import { openShell } from '../../lib/shell/shell-channel.ts';
import { ssh2Transport } from '../../lib/transport/ssh2-transport.ts';
import { addAccount, addSudoers, furnishEtc } from '../support/furnish.ts';
import { errorOf, useSshd } from '../support/line.ts';
import { password } from '../support/sshd.ts';

const sudo: Become = { kind: 'become', user: 'root', method: 'sudo' };

describe('shell: become', () => {
  const sshd = useSshd();
  const open: HostShell[] = [];

  before(() => {
    addAccount(sshd(), { name: 'nautobot', shell: '/usr/sbin/nologin' });
    addAccount(sshd(), { name: 'bare', shell: '/bin/bash', files: { '.bashrc': 'PATH=$HOME/bin\n', 'bin/x': '' } });
    symlinkSync('/usr/bin/env', join(sshd().folder, 'home/bare/bin/env'));
    addSudoers(sshd(), `Defaults logfile=${sshd().folder}/sudo.log, loglinelen=0`);
    const pam = readFileSync('/etc/pam.d/su', 'utf8');
    furnishEtc(sshd(), {
      'doas.conf': 'permit nopass ops\npermit nopass fishy\npermit pat\n',
      'pam.d/su': `auth sufficient pam_succeed_if.so quiet ruser in ops:cshy\n${pam}`,
    });
    chmodSync(join(sshd().folder, 'etc-upper/doas.conf'), 0o400);
  });

  const shellOf = async (user: string, become: Become | undefined): Promise<HostShell> => {
    const shell = await openHostShell({ target: sshd().target({ user }), transport: ssh2Transport(), become });
    open.push(shell);
    return shell;
  };
  const who = async (shell: HostShell, as?: string): Promise<string> => {
    const command = sh`id -un; echo $HOME $USER $LOGNAME; pwd`;
    return String((await shell.ask({ kind: 'query', command, as })).stdout);
  };
  const home = (user: string): string => `${sshd().folder}/home/${user}`;
  const be = (user: string): string => `${user}\n${home(user)} ${user} ${user}\n/\n`;
  afterEach(async () => {
    await Promise.all(open.splice(0).map((shell) => shell.close()));
  });

  const ways: readonly [string, string, Become | undefined, string | undefined, string][] = [
    ['root stays root', 'root', undefined, undefined, 'root'],
    ['root stays root, asked to become root', 'root', sudo, undefined, 'root'],
    ['root becomes another without sudo', 'root', { ...sudo, user: 'postgres' }, undefined, 'postgres'],
    ['root becomes another for one command', 'root', undefined, 'postgres', 'postgres'],
    ['sudo without password', 'ops', sudo, undefined, 'root'],
    ['sudo without password, then another user', 'ops', sudo, 'postgres', 'postgres'],
    ['sudo with password', 'pat', { ...sudo, password }, undefined, 'root'],
    ['sudo with password, then another user', 'pat', { ...sudo, password }, 'postgres', 'postgres'],
    ['a password that sudo does not want', 'ops', { ...sudo, password }, undefined, 'root'],
    ['sudo to another user than root', 'ops', { ...sudo, user: 'postgres' }, undefined, 'postgres'],
    ['nobody', 'ops', undefined, undefined, 'ops'],
    ['another user for one command, without become', 'ops', undefined, 'postgres', 'postgres'],
    ['oneself for one command', 'ops', undefined, 'ops', 'ops'],
    ['the become user for one command', 'ops', sudo, 'root', 'root'],
    ['through fish', 'fishy', sudo, 'postgres', 'postgres'],
    ['through csh', 'cshy', sudo, 'postgres', 'postgres'],
    ['through noisy start-up files', 'noisy', sudo, 'postgres', 'postgres'],
    ['to nautobot', 'ops', { ...sudo, user: 'nautobot' }, undefined, 'nautobot'],
    ['to nautobot, from root', 'pat', { ...sudo, password }, 'nautobot', 'nautobot'],
    ['runuser, by root', 'root', { ...sudo, method: 'runuser', user: 'nautobot' }, undefined, 'nautobot'],
    ['su, by root', 'root', { ...sudo, method: 'su', user: 'postgres' }, undefined, 'postgres'],
    ['su without password', 'ops', { ...sudo, method: 'su', user: 'postgres' }, undefined, 'postgres'],
    ['su without password, then another user', 'ops', { ...sudo, method: 'su' }, 'postgres', 'postgres'],
    ['su without password, through csh', 'cshy', { ...sudo, method: 'su' }, 'nautobot', 'nautobot'],
    ['doas without password', 'ops', { ...sudo, method: 'doas' }, undefined, 'root'],
    ['doas without password, then another user', 'ops', { ...sudo, method: 'doas' }, 'postgres', 'postgres'],
    ['doas, through fish', 'fishy', { ...sudo, method: 'doas', user: 'nautobot' }, undefined, 'nautobot'],
  ];
  for (const [title, login, become, as, user] of ways) {
    it(`becomes: ${title}`, async () => {
      expect(await who(await shellOf(login, become), as)).to.equal(be(user));
    });
  }

  it('asks sudo for the password once a shell, and asks without one only until it knows', async () => {
    const entries = (): string[] => readFileSync(join(sshd().folder, 'sudo.log'), 'utf8').split('\n').filter(Boolean);
    await (await shellOf('pat', { ...sudo, password })).close();
    const before = entries().length;
    const shell = await shellOf('pat', { ...sudo, password });
    for (let index = 0; index < 5; index++) await who(shell);
    await who(shell, 'postgres');
    // The first shell: refused without a password, then let in with it. The second: let in at once. No command is asked for.
    const since = entries().slice(before);
    expect(
      since.filter((line) => line.includes('a password is required')),
      since.join('\n'),
    ).to.have.length(1);
    expect(since).to.have.length(3);
    expect(entries().join('\n')).to.not.include('correct horse');
  });

  it('gives the password to sudo, never to the command', async () => {
    // sudo -S without asking would hand it on where none is wanted.
    const shell = await shellOf('ops', { ...sudo, password });
    const seen = await shell.ask({
      kind: 'query',
      command: raw('cat; cat /proc/*/cmdline /proc/*/environ 2>/dev/null | grep -ac "correct[ ]horse"'),
    });
    expect(String(seen.stdout)).to.equal('0\n');
  });

  const refusals: readonly [string, string, Become, RegExp, RegExp][] = [
    ['no password for a sudo that wants one', 'pat', sudo, /wants the password of pat/, /ansible_become_password/],
    [
      'a wrong password',
      'pat',
      { ...sudo, password: new Secret('wrong') },
      /refused the password.*tried once/,
      /ansible_become_password/,
    ],
    ['not in sudoers', 'nosudo', { ...sudo, password }, /does not let nosudo become root/, /sudo -l -U nosudo/],
    ['requiretty', 'tty', sudo, /requiretty/, /Defaults:tty !requiretty/],
    ['an unknown user', 'ops', { ...sudo, user: 'nobody-here' }, /no user nobody-here/, /getent passwd nobody-here/],
    ['an unknown user, as root', 'root', { ...sudo, user: 'nobody-here' }, /no user nobody-here/, /getent/],
    ['a name that is none', 'ops', { ...sudo, user: 'a; reboot' }, /is not a user name/, /^$/],
    [
      'runuser without being root',
      'ops',
      { ...sudo, method: 'runuser' },
      /runuser works for root only/,
      /become_method=sudo/,
    ],
    ['sudo, which is not there', 'bare', sudo, /sudo is not installed on web1/, /log in to web1 as root/],
    [
      'doas that does not let',
      'nosudo',
      { ...sudo, method: 'doas' },
      /doas on web1 does not let nosudo become root/,
      /doas.conf/,
    ],
    [
      'doas that wants a password',
      'pat',
      { ...sudo, method: 'doas', password },
      /doas on web1 wants a password, and pgup gives passwords to sudo only/,
      /become_method=sudo/,
    ],
    [
      'su that wants a password',
      'pat',
      { ...sudo, method: 'su', password },
      /su on web1 wants a password, and pgup gives passwords to sudo only/,
      /let pat become root without one/,
    ],
  ];
  for (const [title, login, become, message, next] of refusals) {
    it(`refuses: ${title}`, async () => {
      const error = await errorOf(shellOf(login, become));
      expect(error).to.be.instanceOf(PgupError);
      expect(error.code).to.equal('become');
      expect(error.message).to.match(message);
      expect(error.next ?? '').to.match(next);
      expect(JSON.stringify(error)).to.not.include('correct horse');
    });
  }

  it('tries a wrong password once: the second prompt is the answer', async () => {
    const before = (sshd().log.match(/incorrect password/g) ?? []).length;
    const started = Date.now();
    await errorOf(shellOf('pat', { ...sudo, password: new Secret('wrong') }));
    expect(Date.now() - started).to.be.lessThan(8000);
    expect((sshd().log.match(/incorrect password/g) ?? []).length - before).to.be.lessThan(2);
  });

  it('says that a login shell takes no commands', async () => {
    const error = await errorOf(shellOf('nologin', undefined));
    expect(error.code).to.equal('transport');
    expect(error.message).to.include('This account is currently not available');
  });

  it('does not wait for ever for start-up files that never end', async () => {
    const connection = await ssh2Transport().open(sshd().target({ user: 'mute' }));
    const way = { login: 'mute', become: undefined, as: undefined };
    const error = await errorOf(openShell({ connection, way, withPassword: false, deadline: 500 }));
    await connection.close();
    expect(error.code).to.equal('deadline');
    expect(error.next).to.include('start-up files of mute');
  });
});
