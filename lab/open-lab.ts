import { join } from 'node:path';
import { command } from './command.ts';
import type { CommandOptions, CommandResult } from './command.ts';
import { takeDown } from './down.ts';
import { LabError } from './errors.ts';
import { hostFolder, placeOf, removeHost } from './host.ts';
import { leaderOf, powerOff, runInHost } from './host-process.ts';
import { withLock } from './lock.ts';
import { vethName } from './names.ts';
import { isAlive } from './processes.ts';
import { silentProgress } from './progress.ts';
import type { Progress } from './progress.ts';
import { labFolder, labLock } from './state.ts';
import type { HostState, LabState } from './state.ts';
import type { HostSpec, Topology } from './topology.ts';
import { bootAndWait, bringUp, eachHost, healthUrl, waitForHealth } from './up.ts';
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
  /** Returns one host, or all, to how `up` made it; waits for sshd, and for Nautobot unless told not to. */
  readonly reset: (host?: string, options?: { readonly health?: boolean }) => Promise<void>;
  /** Takes the lab down and leaves nothing of it. */
  readonly down: () => Promise<void>;
  /** Pulls a host's network cable, on this machine's side. */
  readonly cut: (host: string) => Promise<void>;
  /** Puts the cable back. */
  readonly restore: (host: string) => Promise<void>;
  /** Restarts a host in good order, and waits for its sshd. */
  readonly reboot: (host: string) => Promise<void>;
  /** Ends all processes of a host at once; its files stay as they are. */
  readonly powerCut: (host: string) => Promise<void>;
  /** Boots a host that is off, with the files that it had, and waits for its sshd. */
  readonly powerOn: (host: string) => Promise<void>;
  /** Runs a program as root on a host, past its network and sshd. */
  readonly run: (host: string, argv: readonly string[], options?: CommandOptions) => Promise<CommandResult>;
  /** Waits until Nautobot is well (200) on all its web hosts, or on one. */
  readonly waitForHealth: (host?: string) => Promise<void>;
}

export interface OpenLabOptions {
  readonly topology: string;
  readonly name?: string;
  readonly dump?: string;
  /** Take down a lab of this name that stands with another topology or database, instead of refusing. */
  readonly replace?: boolean;
  readonly progress?: Progress;
}

/** Brings a lab up, or takes the one of that name that is up, and gives what can be done with it. */
export async function openLab(options: OpenLabOptions): Promise<Lab> {
  const progress = options.progress ?? silentProgress;
  const { state, topology } = await bringUp({ ...options, progress });
  return labOf(state, topology, progress);
}

/** What can be done with a lab that is up. */
export function labOf(state: LabState, topology: Topology, progress: Progress): Lab {
  const known = (name: string): { host: HostState; spec: HostSpec; folder: string } => {
    const host = state.hosts.find((one) => one.name === name);
    const spec = topology.hosts.find((one) => one.name === name);
    if (host === undefined || spec === undefined) {
      throw new LabError(
        `the lab ${state.name} has no host ${name}; it has: ${state.hosts.map((one) => one.name).join(', ')}`,
      );
    }
    return { host, spec, folder: hostFolder(state, name) };
  };
  const describe = ({ name, address, machine }: HostState): LabHost => ({
    name,
    address,
    veth: vethName(machine),
    root: join(hostFolder(state, name), 'root'),
    spec: known(name).spec,
  });
  const locked = <T>(work: () => Promise<T>): Promise<T> =>
    withLock(labLock(state.name), `another command on the lab ${state.name}`, progress, work);
  const cable = async (name: string, position: 'up' | 'down'): Promise<void> => {
    await command(['ip', 'link', 'set', vethName(known(name).host.machine), position]);
  };
  const resetOne = async (host: HostState, spec: HostSpec): Promise<void> => {
    await removeHost(hostFolder(state, host.name));
    await bootAndWait(state, host, spec);
  };
  const lab: Lab = {
    name: state.name,
    hosts: state.hosts.map(describe),
    inventoryFile: state.inventory,
    knownHostsFile: join(labFolder(state.name), 'known_hosts'),
    clientKeyFile: join(labFolder(state.name), 'client'),
    opsPassword: state.opsPassword,
    host: (name) => describe(known(name).host),
    healthUrl: (name) => healthUrl(known(name).host.address),
    reset: (only, { health = true } = {}) =>
      locked(async () => {
        const hosts = only === undefined ? topology.hosts : [known(only).spec];
        await progress.step(`resetting ${hosts.map(({ name }) => name).join(' ')}`, () =>
          eachHost(state, { ...topology, hosts }, resetOne),
        );
        if (!health) return;
        const lenient = { anyAnswer: state.dump !== undefined };
        await waitForHealth(state, topology, progress, only === undefined ? lenient : { ...lenient, host: only });
      }),
    down: () => locked(() => takeDown(state.name, progress)),
    cut: (name) => cable(name, 'down'),
    restore: (name) => cable(name, 'up'),
    reboot: async (name) => {
      const { host, spec, folder } = known(name);
      const before = leaderOf(folder);
      await runInHost(placeOf(state, host, spec), ['systemctl', 'reboot'], { mayFail: true });
      await until(`the end of ${name}`, 120, () =>
        Promise.resolve(before !== undefined && isAlive(before) ? undefined : true),
      );
      await waitForBoot(name);
    },
    powerCut: (name) => powerOff(known(name).folder),
    powerOn: (name) =>
      locked(async () => {
        const { host, spec } = known(name);
        await bootAndWait(state, host, spec);
      }),
    run: (name, argv, runOptions) => {
      const { host, spec } = known(name);
      return runInHost(placeOf(state, host, spec), argv, runOptions);
    },
    waitForHealth: (name) => waitForHealth(state, topology, progress, name === undefined ? {} : { host: name }),
  };
  const waitForBoot = async (name: string): Promise<void> => {
    await until(`sshd of ${name}`, 60, async () => {
      const result = await lab
        .run(name, ['systemctl', 'is-active', 'ssh.service'], { mayFail: true })
        .catch(() => undefined);
      return result?.stdout.trim() === 'active' ? true : undefined;
    });
  };
  return Object.freeze(lab);
}
