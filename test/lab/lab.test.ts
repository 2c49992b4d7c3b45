import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { command } from '../../lab/command.ts';
import { leaderOf } from '../../lab/host-process.ts';
import { bridgeName, firstNetworkNumber, machineName } from '../../lab/names.ts';
import { labOf, openLab } from '../../lab/open-lab.ts';
import type { Lab } from '../../lab/open-lab.ts';
import { overlayFolders } from '../../lab/overlay-folder.ts';
import { mountsBelow } from '../../lab/overlay.ts';
import { stateFolder } from '../../lab/paths.ts';
import { containerLeaders, withArgument } from '../../lab/processes.ts';
import { silentProgress } from '../../lab/progress.ts';
import { labFolder, readState, writeState } from '../../lab/state.ts';
import { bringUp } from '../../lab/up.ts';
import { banner } from '../../lab/wait.ts';
import { HOST_TIMEOUT, IMAGE_TIMEOUT, labErrorOf, skipWithoutRoot, testLabName } from './support.ts';

const PAIR = resolve('test/data/lab/pair.yml');
const MAIN = resolve('dist/lab/main.js');

/** Everything of a lab of this name that is still on the machine. */
async function traces(name: string): Promise<string[]> {
  const below = (path: string): boolean => path.includes(`/${name}/`);
  const machine = machineName(name, 1).replace(/1$/, '');
  const { stdout } = await command(['ip', '-brief', 'link']);
  const links = stdout
    .split('\n')
    .filter((line) => line.startsWith(bridgeName(name)) || line.startsWith(`vb-${machine}`));
  const bookkeeping = ['propagate', 'unix-export'].map((folder) => join('/run/systemd/nspawn', folder));
  return [
    ...[...containerLeaders(below), ...withArgument(below)].map(({ pid }) => `process ${pid}`),
    ...mountsBelow('/').filter((point) => below(`${point}/`)),
    ...links,
    ...[labFolder(name), ...overlayFolders().map((folder) => join(folder, name))].filter((path) => existsSync(path)),
    ...bookkeeping
      .filter((path) => existsSync(path))
      .flatMap((path) => readdirSync(path).filter((entry) => entry.startsWith(machine))),
  ];
}

/** A strict SSH login with nothing but what the lab hands out. */
async function ssh(lab: Lab, host: string, remote: string): Promise<string> {
  const { address, spec } = lab.host(host);
  const user = spec.sudo === 'none' ? 'root' : 'ops';
  const options = [
    'StrictHostKeyChecking=yes',
    `UserKnownHostsFile=${lab.knownHostsFile}`,
    'BatchMode=yes',
    'IdentitiesOnly=yes',
  ];
  const argv = ['ssh', '-F', 'none', '-i', lab.clientKeyFile, ...options.flatMap((option) => ['-o', option])];
  return (await command([...argv, `${user}@${address}`, remote])).stdout.trim();
}

describe('a lab', function () {
  this.timeout(HOST_TIMEOUT);
  const name = testLabName('pair');
  let lab: Lab;

  before(async function () {
    skipWithoutRoot(this);
    this.timeout(IMAGE_TIMEOUT);
    lab = await openLab({ topology: PAIR, name });
  });
  after(async function () {
    if (process.getuid?.() !== 0) return;
    await lab.down();
    expect(await traces(name)).to.deep.equal([]);
    expect(existsSync(lab.inventoryFile), 'its inventory').to.equal(false);
  });

  it('lets in whoever has its key and knows its hosts', async () => {
    expect(await ssh(lab, 'full1', 'hostname; id -un')).to.equal('full1\nops');
    expect(await ssh(lab, 'bare1', 'hostname; id -un')).to.equal('bare1\nroot');
  });

  it('is logged in to by name, and gives back how the remote command ended', async () => {
    const argv = [process.execPath, MAIN, 'ssh', 'full1', '--name', name, '--', 'echo "$HOSTNAME"; exit 3'];
    const { code, stdout } = await command(argv, { mayFail: true });
    expect([code, stdout]).to.deep.equal([3, 'full1\n']);
    const unknown = await command([process.execPath, MAIN, 'ssh', 'nobody', '--name', name], { mayFail: true });
    expect([unknown.code, unknown.stderr]).to.deep.equal([
      1,
      `lab: error: the lab ${name} has no host nobody; it has: full1, bare1\n`,
    ]);
  });

  it('is told by status, host by host', async () => {
    const { stdout } = await command([process.execPath, MAIN, 'status']);
    expect(stdout).to.match(
      new RegExp(`^${name}: .*pair.yml, of .*\\n  full1 +\\S+ +running\\n  bare1 +\\S+ +running`, 'm'),
    );
  });

  it('keeps its inventory and its key to its user', () => {
    expect(statSync(lab.inventoryFile).mode & 0o777).to.equal(0o600);
    expect(statSync(lab.clientKeyFile).mode & 0o777).to.equal(0o600);
  });

  it('asks for the password that its inventory has, where the topology says so', async () => {
    expect(await ssh(lab, 'full1', 'sudo -n true 2>/dev/null || echo refused')).to.equal('refused');
    expect(await ssh(lab, 'full1', `echo ${lab.opsPassword} | sudo -S -p '' id -u`)).to.equal('0');
  });

  it('has hosts that know each other by name, and no way out', async () => {
    expect(await ssh(lab, 'full1', 'getent hosts bare1')).to.match(
      new RegExp(`^${lab.host('bare1').address}\\s+bare1$`),
    );
    expect(await ssh(lab, 'bare1', 'getent hosts full1')).to.contain(lab.host('full1').address);
    expect((await lab.run('full1', ['ip', 'route'])).stdout).to.not.contain('default');
    const started = Date.now();
    expect(await ssh(lab, 'full1', 'getent hosts deb.debian.org || echo unknown')).to.equal('unknown');
    expect(Date.now() - started, 'milliseconds for an unknown name').to.be.below(3000);
  });

  it('has a bare host without python3, curl and sudo, but with PostgreSQL 15', async () => {
    const { stdout } = await lab.run('bare1', ['sh', '-c', 'command -v python3 curl sudo || echo none']);
    expect(stdout.trim()).to.equal('none');
    expect((await lab.run('bare1', ['pg_lsclusters', '--no-header'])).stdout).to.match(/^15\s+main\s+5432\s+online/);
  });

  it('is the same when it is brought up twice', async () => {
    const leaders = lab.hosts.map(({ root }) => leaderOf(join(root, '..')));
    const started = Date.now();
    const again = await openLab({ topology: PAIR, name });
    expect(Date.now() - started, 'milliseconds').to.be.below(5000);
    expect(again.hosts.map(({ root }) => leaderOf(join(root, '..')))).to.deep.equal(leaders);
    expect(again.opsPassword).to.equal(lab.opsPassword);
  });

  it('is refused under its name with other hosts', async () => {
    expect(await labErrorOf(() => openLab({ topology: 'empty', name }))).to.contain('is up as something else');
  });

  it('stands beside another one', async () => {
    const other = await openLab({ topology: 'empty', name: testLabName('other') });
    try {
      expect(other.hosts[0]?.address).to.not.equal(lab.hosts[0]?.address);
      expect(await ssh(other, 'host1', 'hostname')).to.equal('host1');
      expect(await ssh(lab, 'full1', 'hostname')).to.equal('full1');
    } finally {
      await other.down();
    }
    expect(await traces(other.name)).to.deep.equal([]);
  });

  it('gives a host back as it was, in seconds', async () => {
    await lab.run('bare1', ['sh', '-c', 'rm -rf /var/lib/postgresql/15 && echo spoiled > /etc/hostname']);
    const started = Date.now();
    await lab.reset('bare1');
    expect(Date.now() - started, 'milliseconds').to.be.below(15_000);
    expect((await lab.run('bare1', ['cat', '/etc/hostname'])).stdout).to.equal('bare1\n');
    expect((await lab.run('bare1', ['ls', '/var/lib/postgresql/15/main/PG_VERSION'])).stdout).to.contain('PG_VERSION');
  });

  it('pulls the network cable of a host and puts it back', async () => {
    await lab.cut('full1');
    expect(await banner(lab.host('full1').address, 22)).to.equal(undefined);
    expect((await lab.run('full1', ['echo', 'alive'])).stdout).to.equal('alive\n');
    await lab.restore('full1');
    expect(await ssh(lab, 'full1', 'echo back')).to.equal('back');
  });

  it('restarts a host that asks for it, with its files', async () => {
    const before = leaderOf(join(lab.host('full1').root, '..'));
    await lab.run('full1', ['touch', '/root/kept']);
    await lab.reboot('full1');
    expect(leaderOf(join(lab.host('full1').root, '..'))).to.not.deep.equal(before);
    expect(await ssh(lab, 'full1', 'uptime -p > /dev/null; hostname')).to.equal('full1');
    await lab.run('full1', ['test', '-f', '/root/kept']);
  });

  it('cuts the power of a host and boots it again with its files', async () => {
    await lab.run('bare1', ['sh', '-c', 'echo kept > /root/kept']);
    await lab.powerCut('bare1');
    expect(await labErrorOf(() => lab.run('bare1', ['true']))).to.contain('is not running');
    await lab.powerOn('bare1');
    expect((await lab.run('bare1', ['cat', '/root/kept'])).stdout).to.equal('kept\n');
  });

  it('switches a host that does not come up off and on again, and says why', async () => {
    const state = readState(name);
    if (state === undefined) throw new Error(`the lab ${name} has no state`);
    const said: string[] = [];
    const again = labOf(state, { ...silentProgress, say: (text) => said.push(text) });
    await lab.powerCut('bare1');
    // In the way of the new cable as one that the kernel has not yet taken away.
    await command(['ip', 'link', 'add', lab.host('bare1').veth, 'type', 'bridge']);
    await again.powerOn('bare1');
    expect(await ssh(lab, 'bare1', 'hostname')).to.equal('bare1');
    expect(said.join('\n'))
      .to.contain('the host bare1 ended while it booted; its console ends with:')
      .and.to.contain('File exists')
      .and.to.contain('switching bare1 off and on again');
  });

  it('serves PostgreSQL 17 to apt on a host, beside the running 15', async () => {
    const environment = ['env', 'DEBIAN_FRONTEND=noninteractive', 'LC_ALL=C.UTF-8'];
    await lab.run('bare1', [...environment, 'apt-get', 'update']);
    const simulated = await lab.run('bare1', ['apt-get', '-s', 'install', 'postgresql-17']);
    expect(simulated.stdout).to.match(/^Inst postgresql-17 /m);
    expect(simulated.stdout, 'what is exchanged').to.not.match(/^Remv|^Inst \S+ \[/m);
    await lab.run('bare1', [
      ...environment,
      'apt-get',
      'install',
      '-y',
      'postgresql-17',
      'postgresql-15-ip4r',
      'postgresql-17-ip4r',
    ]);
    expect((await lab.run('bare1', ['pg_lsclusters', '--no-header'])).stdout).to.match(/^15\s+main\s+5432\s+online/);
    await lab.run('bare1', ['test', '-f', '/usr/lib/postgresql/17/lib/ip4r.so']);
  });
});

describe('bringing a lab up', function () {
  this.timeout(HOST_TIMEOUT);

  before(function () {
    skipWithoutRoot(this);
  });

  /** Starts `lab up` and kills it with KILL after a while. */
  async function killed(name: string, milliseconds: number): Promise<void> {
    const child = spawn(process.execPath, [MAIN, 'up', PAIR, '--name', name], { stdio: 'ignore' });
    const ended = new Promise((done) => child.on('exit', done));
    await sleep(milliseconds);
    child.kill('SIGKILL');
    await ended;
  }

  for (const milliseconds of [500, 700, 900, 1100, 1400, 1800]) {
    it(`killed after ${milliseconds} ms leaves nothing that \`down\` does not clear`, async () => {
      const name = testLabName(`kill${milliseconds}`);
      await killed(name, milliseconds);
      await command([process.execPath, MAIN, 'down', '--name', name]);
      // What the killed command had started may have needed a moment to start in its turn.
      await sleep(1000);
      expect(await traces(name)).to.deep.equal([]);
    });
  }

  it('twice at once makes one lab', async () => {
    const name = testLabName('twice');
    const [one, two] = await Promise.all([openLab({ topology: 'empty', name }), openLab({ topology: 'empty', name })]);
    expect(two.opsPassword).to.equal(one.opsPassword);
    await one.down();
    expect(await traces(name)).to.deep.equal([]);
  });

  it('after one that was killed makes the lab anew', async () => {
    const name = testLabName('anew');
    await killed(name, 1200);
    const lab = await openLab({ topology: PAIR, name });
    expect(await ssh(lab, 'full1', 'hostname')).to.equal('full1');
    await lab.down();
    expect(await traces(name)).to.deep.equal([]);
  });

  it('after a restart of this machine makes the lab anew', async () => {
    const name = testLabName('restart');
    const before = await openLab({ topology: 'empty', name });
    const state = readState(name);
    if (state === undefined) throw new Error(`the lab ${name} has no state`);
    // What a machine finds that was restarted: the state of another boot, and no host that runs.
    writeState({ ...state, boot: 'another' });
    await before.powerCut('host1');
    const lab = await openLab({ topology: 'empty', name });
    expect(lab.opsPassword).to.not.equal(before.opsPassword);
    expect(await ssh(lab, 'host1', 'hostname')).to.equal('host1');
    await lab.down();
    expect(await traces(name)).to.deep.equal([]);
  });

  it('after one that was killed is not met by what that one had started', async () => {
    const name = testLabName('orphan');
    const key = join(labFolder(name), 'keys/full1/ssh_host_rsa_key');
    mkdirSync(dirname(key), { recursive: true });
    // Takes far longer than the lab to come up, and would leave its key there when that one wants to make its own.
    const orphan = spawn('ssh-keygen', ['-q', '-t', 'rsa', '-b', '16384', '-N', '', '-f', key], { stdio: 'ignore' });
    const ended = new Promise((done) =>
      orphan.on('exit', (_code, signal) => {
        done(signal);
      }),
    );
    await command([process.execPath, MAIN, 'down', '--name', name]);
    expect(await ended).to.equal('SIGKILL');
    expect(await traces(name)).to.deep.equal([]);
  });

  it('is refused in a network that the machine uses, and makes nothing', async () => {
    const name = testLabName('taken');
    const number = firstNetworkNumber(name);
    const address = `198.${18 + Math.floor(number / 256)}.${number % 256}.77`;
    await command(['ip', 'addr', 'add', `${address}/32`, 'dev', 'lo']);
    try {
      const text = await labErrorOf(() => openLab({ topology: PAIR, name }));
      expect(text).to.contain('is taken: lo of this machine has');
      expect(await traces(name)).to.deep.equal([]);
    } finally {
      await command(['ip', 'addr', 'del', `${address}/32`, 'dev', 'lo']);
    }
  });

  it('that fails half way takes back what it had made, and keeps the logs', async () => {
    const name = testLabName('half');
    const dump = join(stateFolder(), `${name}.sql`);
    writeFileSync(dump, 'SELECT this is no SQL;\n');
    const text = await labErrorOf(() => bringUp({ topology: 'demo', name, dump, progress: silentProgress }));
    expect(text)
      .to.contain('restore.sh failed')
      .and.to.match(/ERROR: .*syntax|ERROR: .*does not exist/);
    expect(await traces(name)).to.deep.equal([]);
    expect(readdirSync(join(stateFolder(), 'logs', name))).to.include('db1-prepare.log');
  });
});
