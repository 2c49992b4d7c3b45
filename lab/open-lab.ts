import { join } from 'node:path';
import { bootAndWait, settled } from './boot.ts';
import { command } from './command.ts';
import type { CommandOptions, CommandResult } from './command.ts';
import { takeDown } from './down.ts';
import { eachHost, namesOf } from './each-host.ts';
import { LabError } from './errors.ts';
import { healthUrl, isBehind, waitForHealth } from './health.ts';
import { removeHost } from './host.ts';
import { leaderOf, powerOff, runInHost } from './host-process.ts';
import { withLock } from './lock.ts';
import { vethName } from './names.ts';
import { isAlive } from './processes.ts';
import { silentProgress } from './progress.ts';
import type { Progress } from './progress.ts';
import { clientKeyFile, hostFolder, knownHostsFile, labLock } from './state.ts';
import type { HostState, LabState } from './state.ts';
import type { HostSpec } from './topology.ts';
import { bringUp } from './up.ts';
import type { UpOptions } from './up.ts';
import { until } from './wait.ts';

/** One host of an open lab. */
export interface LabHost {
  readonly name: string;
  readonly address: string;
  /** Its root file system as this machine sees it: tests may read and write there. */
  readonly root: string;
  /** Its end of the network cable on this machine. */
  readonly veth: string;
  readonly spec: HostSpec;
}

/** A lab that is up, for tests, the demo and benchmarks. */
export interface Lab {
  readonly name: string;
  readonly hosts: readonly LabHost[];
  readonly inventoryFile: string;
  readonly knownHostsFile: string;
  readonly clientKeyFile: string;
  /** The password of `ops` on hosts with `sudo: password`. */
  readonly opsPassword: string;
  readonly host: (name: string) => LabHost;
  /** Where a web host of Nautobot says that it is well. */
  readonly healthUrl: (host: string) => string;
  /** Returns one host, or all, to how `up` made it; waits until it is up, and for Nautobot unless told not to. */
  readonly reset: (host?: string, options?: { readonly health?: boolean }) => Promise<void>;
  /** Takes the lab down and leaves nothing of it. */
  readonly down: () => Promise<void>;
  /** Pulls a host's network cable, on this machine's side. */
  readonly cut: (host: string) => Promise<void>;
  /** Puts the cable back. */
  readonly restore: (host: string) => Promise<void>;
  /** Restarts a host in good order, and waits until it is up. */
  readonly reboot: (host: string) => Promise<void>;
  /** Ends all processes of a host at once; its files stay as they are. */
  readonly powerCut: (host: string) => Promise<void>;
  /** Boots a host that is off, with the files that it had, and waits until it is up. */
  readonly powerOn: (host: string) => Promise<void>;
  /** Runs a program as root on a host, past its network and sshd. */
  readonly run: (host: string, argv: readonly string[], options?: CommandOptions) => Promise<CommandResult>;
  /** Waits until Nautobot is well (200) on all its web hosts, or on one. */
  readonly waitForHealth: (host?: string) => Promise<void>;
}

/** As for `lab up`; without `progress` nothing is said. */
export type OpenLabOptions = Omit<UpOptions, 'progress'> & { readonly progress?: Progress };

/** Brings a lab up, or takes the one of that name that is up, and gives what can be done with it. */
export async function openLab(options: OpenLabOptions): Promise<Lab> {
  const progress = options.progress ?? silentProgress;
  return labOf(await bringUp({ ...options, progress }), progress);
}

/** What can be done with a lab that is up. */
export function labOf(state: LabState, progress: Progress): Lab {
  const known = (name: string): HostState => {
    const host = state.hosts.find((one) => one.name === name);
    if (host !== undefined) return host;
    throw new LabError(
      `the lab ${state.name} has no host ${name}; it has: ${state.hosts.map((one) => one.name).join(', ')}`,
    );
  };
  const folder = (name: string): string => hostFolder(state, known(name).name);
  const describe = ({ name, address, machine, spec }: HostState): LabHost => ({
    ...{ name, address, spec, veth: vethName(machine) },
    root: join(hostFolder(state, name), 'root'),
  });
  const locked = <T>(work: () => Promise<T>): Promise<T> =>
    withLock(labLock(state.name), `another command on the lab ${state.name}`, progress, work);
  const cable = async (name: string, position: 'up' | 'down'): Promise<void> => {
    await command(['ip', 'link', 'set', vethName(known(name).machine), position]);
  };
  const run: Lab['run'] = (name, argv, options) => runInHost({ name, folder: folder(name) }, argv, options);
  return Object.freeze<Lab>({
    name: state.name,
    hosts: state.hosts.map(describe),
    inventoryFile: state.inventory,
    knownHostsFile: knownHostsFile(state.name),
    clientKeyFile: clientKeyFile(state.name),
    opsPassword: state.opsPassword,
    host: (name) => describe(known(name)),
    healthUrl: (name) => healthUrl(known(name).address),
    reset: (only, { health = true } = {}) =>
      locked(async () => {
        const hosts = only === undefined ? state.hosts : [known(only)];
        await progress.step(`resetting ${namesOf(hosts)}`, () =>
          eachHost(hosts, async (host) => {
            await removeHost(folder(host.name));
            await bootAndWait(state, host, progress);
          }),
        );
        if (health) await waitForHealth(hosts, progress, { anyAnswer: isBehind(state) });
      }),
    down: () => locked(() => takeDown(state.name, progress)),
    cut: (name) => cable(name, 'down'),
    restore: (name) => cable(name, 'up'),
    reboot: async (name) => {
      const before = leaderOf(folder(name));
      await run(name, ['systemctl', 'reboot'], { mayFail: true });
      await until(`the end of ${name}`, 120, () =>
        Promise.resolve(before !== undefined && isAlive(before) ? undefined : true),
      );
      await settled(state, known(name));
    },
    powerCut: (name) => powerOff(folder(name)),
    powerOn: (name) => locked(() => bootAndWait(state, known(name), progress)),
    run,
    waitForHealth: (name) =>
      waitForHealth(name === undefined ? state.hosts : [known(name)], progress, { anyAnswer: false }),
  });
}
