import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { removeHost } from './host.ts';
import { forgetMachine } from './host-process.ts';
import { bridgeName, vethName } from './names.ts';
import { removeBridge } from './network.ts';
import { overlayFolders } from './overlay-folder.ts';
import { unmountBelow } from './overlay.ts';
import { gone, kill, ofPrograms } from './processes.ts';
import type { Progress } from './progress.ts';
import { labFolder, logFolder, readState } from './state.ts';

/**
 * Takes down whatever there is of a lab, in whatever state a crash left it: what to look for follows from the lab's
 * name and folders, so nothing depends on how far `up` came.
 */
export async function takeDown(name: string, progress: Progress): Promise<void> {
  const runtimes = overlayFolders()
    .map((folder) => join(folder, name))
    .filter((folder) => existsSync(folder));
  if (!existsSync(labFolder(name)) && runtimes.length === 0) {
    progress.say(`there is no lab ${name}`);
    return;
  }
  const state = readState(name);
  await endHelpers([labFolder(name), ...runtimes]);
  for (const runtime of runtimes) {
    await Promise.all(readdirSync(runtime).map((host) => removeHost(join(runtime, host))));
    await unmountBelow(runtime);
    rmSync(runtime, { recursive: true, force: true });
  }
  const machines = state?.hosts.map(({ machine }) => machine) ?? [];
  for (const machine of machines) await forgetMachine(machine);
  await removeBridge(state?.network.bridge ?? bridgeName(name), machines.map(vethName));
  if (state !== undefined && writtenFor(state.inventory, name)) rmSync(state.inventory);
  // A lab that could not come up is taken down too, and then its logs are what its user needs.
  if (state?.phase === 'up') rmSync(logFolder(name), { recursive: true, force: true });
  // Last, because a `down` that is interrupted must find out again what there is.
  rmSync(labFolder(name), { recursive: true, force: true });
  progress.say(`the lab ${name} is down`);
}

/** The programs that `up` starts with a path of the lab among their arguments, apart from those that keep hosts. */
const HELPERS = ['ssh-keygen', 'mount', 'chroot', 'cp', 'chown', 'mkfs.ext4', 'mkfs.xfs', 'mkfs.btrfs', 'mke2fs'];

/**
 * Ends what a killed `up` had just started. It would go on, and write its key or mount its file system into the folder
 * of the lab that is made next.
 */
async function endHelpers(folders: readonly string[]): Promise<void> {
  // The path may be within an argument, as in the options of a mount.
  const helpers = ofPrograms(HELPERS, (text) => folders.some((folder) => text.includes(`${folder}/`)));
  helpers.forEach(kill);
  await gone(helpers, 5000);
}

/** Whether this inventory is the one of this lab; a lab of another name may have written it since. */
function writtenFor(file: string, name: string): boolean {
  return existsSync(file) && readFileSync(file, 'utf8').startsWith(`# The lab \`${name}\` `);
}
