import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { command } from './command.ts';
import { removeHost } from './host.ts';
import { bridgeName, machineName, vethName } from './names.ts';
import { removeBridge } from './network.ts';
import { unmountBelow } from './overlay.ts';
import type { Progress } from './progress.ts';
import { labFolder, readState } from './state.ts';

/** systemd-nspawn's own bookkeeping on this machine, which it leaves when it is ended by force. */
const NSPAWN_FOLDERS = [
  '/run/systemd/nspawn/propagate',
  '/run/systemd/nspawn/unix-export',
  '/run/systemd/nspawn/locks',
];

/**
 * Takes down whatever there is of a lab, in whatever state a crash left it: what to look for follows from the lab's
 * name and folders, so nothing depends on how far `up` came.
 */
export async function takeDown(name: string, progress: Progress): Promise<void> {
  if (!existsSync(labFolder(name))) {
    progress.say(`there is no lab ${name}`);
    return;
  }
  const state = readState(name);
  const runtime = state?.runtime;
  const hosts = runtime !== undefined && existsSync(runtime) ? readdirSync(runtime) : [];
  if (runtime !== undefined) {
    await Promise.all(hosts.map((host) => removeHost(join(runtime, host))));
    await unmountBelow(runtime);
  }
  const machines = state?.hosts.map(({ machine }) => machine) ?? [machineName(name, 1)];
  await forgetMachines(machines);
  await removeBridge(state?.network.bridge ?? bridgeName(name), machines.map(vethName));
  if (runtime !== undefined) rmSync(runtime, { recursive: true, force: true });
  if (state !== undefined && writtenFor(state.inventory, name)) rmSync(state.inventory);
  // Last, because a `down` that is interrupted must find out again what there is.
  rmSync(labFolder(name), { recursive: true, force: true });
  progress.say(`the lab ${name} is down`);
}

/** Whether this inventory is the one of this lab; a lab of another name may have written it since. */
function writtenFor(file: string, name: string): boolean {
  return existsSync(file) && readFileSync(file, 'utf8').startsWith(`# The lab \`${name}\` `);
}

async function forgetMachines(machines: readonly string[]): Promise<void> {
  for (const folder of NSPAWN_FOLDERS.filter((path) => existsSync(path))) {
    for (const machine of machines) {
      const path = join(folder, machine);
      if (!existsSync(path)) continue;
      await unmountBelow(path);
      rmSync(path, { recursive: true, force: true });
    }
  }
  if (existsSync('/run/systemd/system')) {
    for (const machine of machines)
      await command(['systemctl', 'reset-failed', `pgup-lab-${machine}.service`], { mayFail: true });
  }
}
