import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { command } from './command.ts';
import { LabError } from './errors.ts';
import { mountOverlay, unmountBelow } from './overlay.ts';
import { stateFolder } from './paths.ts';

/** Where root file systems may lie, in the order of preference. A lab's are in the folder of its name there. */
export function overlayFolders(): readonly string[] {
  return [join(stateFolder(), 'roots'), '/var/tmp/pgup-lab', '/dev/shm/pgup-lab'];
}

/** Mounts an overlay in a folder to see whether that works there, writes through it, and takes it away again. */
async function takesOverlay(folder: string): Promise<boolean> {
  const trial = join(folder, 'trial');
  const [lower, upper, work, root] = ['lower', 'upper', 'work', 'root'].map((name) => join(trial, name)) as [
    string,
    string,
    string,
    string,
  ];
  try {
    mkdirSync(join(lower, 'inner'), { recursive: true, mode: 0o700 });
    await mountOverlay({ lower: [lower], upper, work, root });
    rmSync(join(root, 'inner'), { recursive: true });
    return true;
  } catch {
    return false;
  } finally {
    await unmountBelow(trial);
    rmSync(trial, { recursive: true, force: true });
  }
}

/**
 * The folder for a lab's root file systems. An overlay cannot be written to a folder that lies on an overlay itself, as
 * everything does inside most containers; then a file system beside it is taken. The trial is made in the lab's own
 * folder, so that `down` clears it too where it was killed.
 */
export async function overlayFolder(lab: string, folders = overlayFolders()): Promise<string> {
  if (!/\boverlay$/m.test(readFileSync('/proc/filesystems', 'utf8'))) {
    await command(['modprobe', 'overlay'], { mayFail: true }).catch(() => undefined);
  }
  for (const folder of folders) {
    if (await takesOverlay(join(folder, lab))) return folder;
    rmSync(join(folder, lab), { recursive: true, force: true });
  }
  throw new LabError(
    `this machine mounts no overlay below ${folders.join(', ')}. The lab needs overlayfs and the right to mount: in a ` +
      'container, run it privileged and with one of these folders on a volume.',
  );
}
