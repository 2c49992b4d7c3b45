import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { NSPAWN_ENVIRONMENT, NSPAWN_QUIET, nspawnPath, runsSystemd } from './build-environment.ts';
import { command } from './command.ts';
import type { CommandOptions, CommandResult } from './command.ts';
import { intoOwnGroup, removeGroup } from './control-group.ts';
import { LabError } from './errors.ts';
import { unmountBelow } from './overlay.ts';
import { containerLeaders, gone, kill, ofPrograms } from './processes.ts';
import type { ProcessId } from './processes.ts';

/** What is needed to run one host. */
export interface HostPlace {
  readonly name: string;
  readonly machine: string;
  readonly bridge: string;
  /** Its folder: `upper`, `work`, `root`, and what starts it. */
  readonly folder: string;
  /** Path inside to path on the controller. */
  readonly served: Readonly<Record<string, string>>;
  readonly writable: Readonly<Record<string, string>>;
}

/** systemd-nspawn ends with this where the host asked to be started again. */
const REBOOT = 133;

function nspawnArguments(place: HostPlace): string[] {
  const bind = (flag: string, pairs: Readonly<Record<string, string>>): string[] =>
    Object.entries(pairs).map(([inside, outside]) => `${flag}=${nspawnPath(outside)}:${nspawnPath(inside)}`);
  return [
    ...['systemd-nspawn', ...NSPAWN_QUIET, '--boot', `--machine=${place.machine}`, `--hostname=${place.name}`],
    ...[`--directory=${join(place.folder, 'root')}`, `--network-bridge=${place.bridge}`],
    ...bind('--bind-ro', place.served),
    ...bind('--bind', place.writable),
  ];
}

const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

/** systemd-nspawn's own bookkeeping, which it leaves where it was ended by force and then refuses to start over. */
const NSPAWN_FOLDERS = ['/run/systemd/nspawn/propagate', '/run/systemd/nspawn/unix-export'];

/** Removes what systemd-nspawn left of a container that no longer runs. */
export async function forgetMachine(machine: string): Promise<void> {
  for (const path of NSPAWN_FOLDERS.map((folder) => join(folder, machine)).filter((each) => existsSync(each))) {
    await unmountBelow(path);
    rmSync(path, { recursive: true, force: true });
  }
  removeGroup(machine);
  if (runsSystemd()) {
    await command(['systemctl', 'reset-failed', `pgup-lab-${machine}.service`], { mayFail: true });
  }
}

/**
 * Starts the host, apart from this process: it lives on when the command ends. Where the machine runs systemd it is a
 * service of its own with control groups delegated to it; elsewhere a small supervisor starts it again on reboot.
 */
export async function startHost(place: HostPlace): Promise<void> {
  await forgetMachine(place.machine);
  if (runsSystemd()) {
    await command([
      ...['systemd-run', '--quiet', '--collect', `--unit=pgup-lab-${place.machine}`],
      ...['Delegate=yes', 'KillMode=mixed', 'TasksMax=infinity', `SuccessExitStatus=${REBOOT}`].map(
        (p) => `--property=${p}`,
      ),
      `--property=RestartForceExitStatus=${REBOOT}`,
      ...Object.entries(NSPAWN_ENVIRONMENT).map(([name, value]) => `--setenv=${name}=${value}`),
      '--',
      ...nspawnArguments(place),
    ]);
    return;
  }
  const script = join(place.folder, 'start.sh');
  const line = nspawnArguments(place).map(quoted).join(' ');
  const text = `#!/bin/sh
# Runs the lab host ${place.name}; ${REBOOT} means that it wants to be started again.
${intoOwnGroup(place.machine)}
while :; do
  ${line}
  [ $? -eq ${REBOOT} ] || exit
done
`;
  writeFileSync(script, text, { mode: 0o700 });
  const log = openSync(join(place.folder, 'console.log'), 'a');
  const child = spawn('/bin/sh', [script], {
    cwd: '/',
    detached: true,
    stdio: ['ignore', log, log],
    env: { PATH: process.env['PATH'], ...NSPAWN_ENVIRONMENT },
  });
  child.unref();
  closeSync(log);
}

/** The host's own first process, while it runs. */
export function leaderOf(folder: string): ProcessId | undefined {
  return containerLeaders((upper) => upper === join(folder, 'upper'))[0];
}

/** The processes on the controller's side: the supervisor and systemd-nspawn, told by the paths they were started with. */
function keepers(folder: string): ProcessId[] {
  const [script, root] = [join(folder, 'start.sh'), `--directory=${join(folder, 'root')}`];
  // Not whoever just looks at one of these files.
  return ofPrograms(['sh', 'systemd-nspawn'], (text) => text === script || text === root);
}

/** Whether somebody on the controller's side still runs this host, or starts it again. */
export function isKept(folder: string): boolean {
  return keepers(folder).length > 0;
}

/**
 * Ends a host at once, as a power cut does: whoever would start it again first, then its first process, with which the
 * kernel ends all others, then whatever holds its network cable. Looks again until nothing is left, because a
 * supervisor that was just starting may have been quicker than the first look.
 */
export async function powerOff(folder: string): Promise<void> {
  const end = Date.now() + 20_000;
  for (;;) {
    ofPrograms(['sh'], (text) => text === join(folder, 'start.sh')).forEach(kill);
    const leaders = containerLeaders((upper) => upper === join(folder, 'upper'));
    leaders.forEach(kill);
    // systemd-nspawn removes the cable and its own traces when its host is gone; it is ended only where it does not.
    if (!(await gone([...leaders, ...keepers(folder)], 3000))) keepers(folder).forEach(kill);
    const left = [...containerLeaders((upper) => upper === join(folder, 'upper')), ...keepers(folder)];
    if (left.length === 0) return;
    if (Date.now() > end)
      throw new LabError(`cannot end the processes ${left.map(({ pid }) => pid).join(', ')} of ${folder}`);
    await sleep(50);
  }
}

/** Runs a program as root inside a running host, past its network and sshd. */
export async function runInHost(
  place: Pick<HostPlace, 'name' | 'folder'>,
  argv: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const leader = leaderOf(place.folder);
  if (leader === undefined) throw new LabError(`the host ${place.name} is not running`);
  const path = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  return command(
    [
      ...['nsenter', `--target=${leader.pid}`, '--mount', '--uts', '--ipc', '--net', '--pid', '--root', '--wdns=/'],
      ...['env', '-i', path, 'HOME=/root', 'LANG=en_US.UTF-8', ...argv],
    ],
    options,
  );
}
