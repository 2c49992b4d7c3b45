import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Bench } from './benchmark.ts';
import { measureSuccess, type Ran } from './child.ts';
import { assertDone, numbers, type Workload } from './workload.ts';

const run = promisify(execFile);

/** What pgup is measured against; the newest that this machine's Python takes. */
const PACKAGES = ['ansible-core', 'mitogen', 'pyinfra'];

export interface Peers {
  /** The virtual environment's folder of programs. */
  readonly bin: string;
  /** `ansible-core 2.19.14` and so on, with the Python that they run on. */
  readonly versions: string;
}

/** Installs the peers once, into a virtual environment in the user's cache. */
export async function installPeers({ say }: Pick<Bench, 'say'>): Promise<Peers> {
  const python = (await run('python3', ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])'])).stdout.trim();
  const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'pgup-bench');
  const folder = join(cache, `python-${python}`);
  const complete = join(folder, 'complete');
  if (!existsSync(complete)) {
    say(`installing ${PACKAGES.join(', ')} for Python ${python} into ${folder}`);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(cache, { recursive: true });
    await run('python3', ['-m', 'venv', folder]);
    await run(join(folder, 'bin/pip'), ['install', '--quiet', '--disable-pip-version-check', ...PACKAGES]);
    writeFileSync(complete, '');
  }
  const listed = await run(join(folder, 'bin/pip'), ['list', '--format=freeze', '--disable-pip-version-check']);
  const versions = listed.stdout
    .split('\n')
    .map((line) => line.split('=='))
    .filter(([name]) => PACKAGES.includes(name ?? ''))
    .map((pair) => pair.join(' '));
  return { bin: join(folder, 'bin'), versions: [`Python ${python}`, ...versions].join(', ') };
}

/** `ansible-playbook` with pipelining and as many forks as hosts; with mitogen where asked for. */
export async function runAnsible(peers: Peers, work: Workload, options: { mitogen: boolean }): Promise<Ran> {
  const { folder, playbookFile, inventoryFile, knownHostsFile } = work;
  // A control connection that the last run left would save this one its handshakes.
  const control = join('/tmp', `pgup-bench-cp-${process.pid}-${(runs += 1)}`);
  const ssh = `-o UserKnownHostsFile=${knownHostsFile} -o StrictHostKeyChecking=yes`;
  const env = {
    HOME: folder,
    PATH: `${peers.bin}:${process.env['PATH'] ?? ''}`,
    LC_ALL: 'C.UTF-8',
    ANSIBLE_PIPELINING: 'True',
    ANSIBLE_FORKS: '50',
    ANSIBLE_HOST_KEY_CHECKING: 'True',
    ANSIBLE_SSH_ARGS: `-o ControlMaster=auto -o ControlPersist=60s ${ssh}`,
    ANSIBLE_SSH_CONTROL_PATH_DIR: control,
    ANSIBLE_PYTHON_INTERPRETER: join(peers.bin, 'python3'),
    ANSIBLE_NOCOLOR: '1',
    ...(options.mitogen
      ? { ANSIBLE_STRATEGY: 'mitogen_linear', ANSIBLE_STRATEGY_PLUGINS: await mitogenPlugins(peers) }
      : {}),
  };
  try {
    const ran = await measureSuccess({
      command: [join(peers.bin, 'ansible-playbook'), '-i', inventoryFile, playbookFile],
      cwd: folder,
      env,
    });
    return assertDone(ran, work, /^host\d+ +: ok=(\d+) +changed=\d+ +unreachable=0 +failed=0/gm);
  } finally {
    await endMasters(control);
  }
}

let runs = 0;

async function mitogenPlugins({ bin }: Peers): Promise<string> {
  const { stdout } = await run(join(bin, 'python3'), [
    '-c',
    'import ansible_mitogen; print(ansible_mitogen.__path__[0])',
  ]);
  return join(stdout.trim(), 'plugins/strategy');
}

/** The ssh processes that keep control connections open are told to end, so that they disturb nobody else's turn. */
async function endMasters(control: string): Promise<void> {
  const sockets = await run('find', [control, '-type', 's']).then(
    ({ stdout }) => stdout.split('\n').filter((line) => line !== ''),
    () => [],
  );
  for (const socket of sockets)
    await run('ssh', ['-o', `ControlPath=${socket}`, '-O', 'exit', 'any']).catch(() => undefined);
  rmSync(control, { recursive: true, force: true });
}

/** `pyinfra` with all hosts at once. */
export async function runPyinfra(peers: Peers, work: Workload): Promise<Ran> {
  const { folder, hosts, knownHostsFile, tasks } = work;
  const inventory = hosts.map(({ name, address, port, user, key }) => [
    name,
    {
      ssh_hostname: address,
      ssh_port: port,
      ssh_user: user,
      ssh_key: key,
      ssh_known_hosts_file: knownHostsFile,
      ssh_strict_host_key_checking: 'yes',
    },
  ]);
  writeFileSync(
    join(folder, 'inventory.py'),
    `import json\nhosts = [tuple(each) for each in json.loads(r'''${JSON.stringify(inventory)}''')]\n`,
  );
  const shell = numbers(tasks).map(
    (task) => `server.shell(name="Task ${task}", commands=["exec echo hello ${task}"])\n`,
  );
  writeFileSync(join(folder, 'deploy.py'), `from pyinfra.operations import server\n${shell.join('')}`);
  const ran = await measureSuccess({
    command: [join(peers.bin, 'pyinfra'), '-y', '--parallel', '50', 'inventory.py', 'deploy.py'],
    cwd: folder,
    env: { HOME: folder, LC_ALL: 'C.UTF-8' },
  });
  // Its last line: operations done on all hosts, and how many of them were successes.
  const [, ...done] = /Grand total +(\d+) +(\d+) /.exec(ran.stderr) ?? [];
  const wanted = hosts.length * tasks;
  if (done.every((count) => Number(count) === wanted) && done.length > 0) return ran;
  throw new Error(`pyinfra did not do all of its work, which is ${wanted}:\n${ran.stderr.slice(-2000)}`);
}
