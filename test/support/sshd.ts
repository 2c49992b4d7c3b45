import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { aptInstall } from '../../lab/apt.ts';
import { Secret } from '../../lib/secret.ts';
import type { Target } from '../../lib/transport/transport.ts';

/** The password of every test user that has one. */
export const PASSWORD = 'correct horse';
const HASH = '$6$pgup$EuaBSCYKjkaSqPw3RkKR4bi3x6CWUtx8bPlvLF.nx3NTPUWVG4fE2SVJIWGNwF2sahNvqY/KEoBq0ai..owCQ/';

/** Accounts of the test sshd. They exist in its mount namespace only: the machine's own files stay as they are. */
const USERS: Readonly<Record<string, { uid: number; shell: string; sudo?: string }>> = {
  ops: { uid: 29001, shell: '/bin/bash', sudo: 'NOPASSWD: ALL' },
  pat: { uid: 29002, shell: '/bin/bash', sudo: 'ALL' },
  nosudo: { uid: 29003, shell: '/bin/bash' },
  tty: { uid: 29004, shell: '/bin/bash', sudo: 'NOPASSWD: ALL' },
  dashy: { uid: 29005, shell: '/bin/dash', sudo: 'NOPASSWD: ALL' },
  fishy: { uid: 29006, shell: '/usr/bin/fish', sudo: 'NOPASSWD: ALL' },
  cshy: { uid: 29007, shell: '/bin/tcsh', sudo: 'NOPASSWD: ALL' },
  noisy: { uid: 29008, shell: '/bin/bash', sudo: 'NOPASSWD: ALL' },
  nologin: { uid: 29009, shell: '/usr/sbin/nologin' },
  mute: { uid: 29010, shell: '/bin/bash' },
  postgres: { uid: 29011, shell: '/bin/bash' },
};

const PACKAGES: Readonly<Record<string, string>> = {
  '/usr/sbin/sshd': 'openssh-server',
  '/usr/bin/sudo': 'sudo',
  '/usr/bin/busybox': 'busybox',
  '/usr/bin/fish': 'fish',
  '/bin/tcsh': 'tcsh',
  '/bin/mksh': 'mksh',
  '/usr/bin/zsh': 'zsh',
  '/usr/bin/doas': 'doas',
  '/usr/bin/localedef': 'libc-bin',
  '/usr/share/i18n/locales/de_DE': 'locales',
};

/** Installs what the tests of the line need. Returns why they cannot run, to be printed loudly. */
export function missingForSshd(): string | undefined {
  if (userInfo().uid !== 0) return 'the tests on a real sshd need root';
  const packages = Object.entries(PACKAGES).flatMap(([file, name]) => (existsSync(file) ? [] : [name]));
  if (packages.length === 0) return undefined;
  const [file, ...args] = aptInstall(packages);
  const { status, stderr } = spawnSync(file, args, { encoding: 'utf8' });
  return status === 0 ? undefined : `apt-get could not install ${packages.join(' ')}: ${stderr.trim()}`;
}

/** A real sshd on 127.0.0.1 with keys, accounts, sudoers and /var/lib of its own. */
export class Sshd {
  readonly port: number;
  readonly folder: string;
  readonly #process: ChildProcess;

  /** `shell`: what /bin/sh is on this host. `root`: the files of another system, whose sshd it is then. */
  static async start(settings: readonly string[] = [], shell?: string, root?: string): Promise<Sshd> {
    const folder = mkdtempSync(join(tmpdir(), 'pgup-sshd-'));
    const port = await freePort();
    prepare({ folder, port, settings, shell, root });
    const child = spawn('unshare', ['--mount', '--propagation', 'private', 'sh', join(folder, 'start.sh')], {
      stdio: ['ignore', 'ignore', 'ignore'],
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
    });
    const sshd = new Sshd(folder, port, child);
    await sshd.#answers();
    return sshd;
  }

  private constructor(folder: string, port: number, child: ChildProcess) {
    this.folder = folder;
    this.port = port;
    this.#process = child;
  }

  get knownHosts(): string {
    return join(this.folder, 'known_hosts');
  }

  get key(): string {
    return join(this.folder, 'id_ed25519');
  }

  get log(): string {
    return readFileSync(join(this.folder, 'log'), 'utf8');
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** What the hosts see as /var/lib. */
  get varLib(): string {
    return `/proc/${this.pid}/root/var/lib`;
  }

  target(changes: Partial<Target> = {}): Target {
    return {
      kind: 'target',
      host: 'web1',
      transport: 'ssh2',
      address: '127.0.0.1',
      port: this.port,
      user: 'root',
      privateKeyFiles: [this.key],
      knownHostsFiles: [this.knownHosts],
      hostKeyChecking: 'strict',
      jumps: [],
      connectTimeout: 10_000,
      ...changes,
    };
  }

  /** The target through a proxy: the host key is looked up by the sshd's own name. */
  targetAt(port: number, changes: Partial<Target> = {}): Target {
    return this.target({ port, hostKeyAlias: 'sshd', ...changes });
  }

  async stop(): Promise<void> {
    this.#process.kill('SIGTERM');
    for (
      let waited = 0;
      this.#process.exitCode === null && this.#process.signalCode === null && waited < 100;
      waited++
    ) {
      await sleep(20);
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #answers(): Promise<void> {
    for (let attempt = 0; attempt < 200; attempt++) {
      if (await banner(this.port)) return;
      await sleep(25);
    }
    throw new Error(`sshd does not answer: ${existsSync(join(this.folder, 'log')) ? this.log : 'no log'}`);
  }
}

export const password = new Secret(PASSWORD);

interface Wanted {
  readonly folder: string;
  readonly port: number;
  readonly settings: readonly string[];
  readonly shell: string | undefined;
  readonly root: string | undefined;
}

function prepare({ folder, port, settings, shell, root }: Wanted): void {
  chmodSync(folder, 0o755);
  const at = (name: string): string => join(folder, name);
  for (const type of ['ed25519', 'rsa']) {
    execFileSync('ssh-keygen', ['-q', '-t', type, '-N', '', '-C', '', '-f', at(`host_${type}`)]);
  }
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'pgup test', '-f', at('id_ed25519')]);
  const hostKey = readFileSync(at('host_ed25519.pub'), 'utf8').trim();
  writeFileSync(at('known_hosts'), `[127.0.0.1]:${port} ${hostKey}\nsshd ${hostKey}\n`);
  const publicKey = readFileSync(at('id_ed25519.pub'), 'utf8');
  writeFileSync(at('authorized_keys'), publicKey);
  writeFileSync(
    at('sshd_config'),
    [
      ...settings,
      'ListenAddress 127.0.0.1',
      `Port ${port}`,
      `HostKey ${at('host_ed25519')}`,
      `HostKey ${at('host_rsa')}`,
      `PidFile ${at('pid')}`,
      `AuthorizedKeysFile ${at('authorized_keys')}`,
      'StrictModes no',
      'UsePAM no',
      'PermitRootLogin yes',
      'PasswordAuthentication yes',
      'MaxStartups 1000',
      'LogLevel VERBOSE',
      '',
    ].join('\n'),
  );
  accounts(folder);
  const overlay = `upperdir=${at('upper')},workdir=${at('work')}`;
  const here = [
    `mount -t overlay overlay -o lowerdir=/var/lib,${overlay} /var/lib`,
    ...(existsSync('/etc/sudoers') ? [`mount --bind ${at('sudoers')} /etc/sudoers`] : []),
    ...(shell === undefined ? [] : [`mount --bind ${shell} $(readlink -f /bin/sh)`]),
  ];
  const elsewhere = [
    `mkdir ${at('root')}`,
    `mount -t overlay overlay -o lowerdir=${root ?? ''},${overlay} ${at('root')}`,
    ...['proc', 'dev'].map((name) => `mount --rbind /${name} ${at('root')}/${name}`),
    `mkdir -p ${at('root')}${folder}`,
    `mount --bind ${folder} ${at('root')}${folder}`,
  ];
  const base = root === undefined ? '' : at('root');
  const script = [
    'set -e',
    `mkdir ${at('upper')} ${at('work')}`,
    ...(root === undefined ? here : elsewhere),
    `mkdir -p ${base}/run/sshd`,
    ...['passwd', 'shadow', 'group'].map((name) => `mount --bind ${at(name)} ${base}/etc/${name}`),
    `exec ${root === undefined ? '' : `chroot ${base} `}/usr/sbin/sshd -D -e -f ${at('sshd_config')} 2>>${at('log')}`,
    '',
  ];
  writeFileSync(at('start.sh'), script.join('\n'));
}

function accounts(folder: string): void {
  const lines = { passwd: [] as string[], shadow: [] as string[], group: [] as string[], sudoers: [] as string[] };
  for (const name of ['passwd', 'shadow', 'group'] as const) {
    lines[name] = readFileSync(`/etc/${name}`, 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !(line.split(':')[0]! in USERS));
  }
  const hash = HASH;
  // root with a home of its own: what the machine's root has in .bashrc may cost half a second a channel.
  lines.passwd = lines.passwd.map((line) =>
    line.startsWith('root:') ? `root:x:0:0::${join(folder, 'home/root')}:/bin/bash` : line,
  );
  mkdirSync(join(folder, 'home/root'), { recursive: true });
  for (const [name, { uid, shell, sudo }] of Object.entries(USERS)) {
    const home = join(folder, 'home', name);
    mkdirSync(home, { recursive: true });
    execFileSync('chown', [String(uid), home]);
    lines.passwd.push(`${name}:x:${uid}:${uid}::${home}:${shell}`);
    lines.shadow.push(`${name}:${hash}:19000:0:99999:7:::`);
    lines.group.push(`${name}:x:${uid}:`);
    if (sudo !== undefined) lines.sudoers.push(`${name} ALL=(ALL) ${sudo}`);
  }
  lines.sudoers.unshift('Defaults env_reset', 'Defaults:tty requiretty', 'root ALL=(ALL) NOPASSWD: ALL');
  for (const [name, content] of Object.entries(lines)) writeFileSync(join(folder, name), `${content.join('\n')}\n`);
  chmodSync(join(folder, 'sudoers'), 0o440);
  writeFileSync(
    join(folder, 'home/noisy/.bashrc'),
    'echo hello from bashrc\necho oops >&2\nsleep 0.2\nprintf "no newline at the end"\nprintf "\\036" >&2\n',
  );
  appendFileSync(join(folder, 'home/mute/.bashrc'), 'exec sleep 1000\n');
}

export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => {
        resolve(port);
      });
    });
  });
}

function banner(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('data', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => {
      resolve(false);
    });
  });
}
