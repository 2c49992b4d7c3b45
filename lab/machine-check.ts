import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { command } from './command.ts';
import { LabError } from './errors.ts';
import { mountOverlay, unmountBelow } from './overlay.ts';
import type { Progress } from './progress.ts';
import { CONTROLLER_PACKAGES } from './recipe.ts';

const GIBIBYTE = 2 ** 30;

/** Hosts are containers with a kernel's help that only root gets. */
export function requireRoot(user = process.getuid?.()): void {
  if (user !== 0) {
    throw new LabError(
      'the lab needs root: it mounts file systems and boots containers. Run it with sudo, or as root.',
    );
  }
}

/** Free bytes where this folder is or will be. */
function freeBytes(folder: string): number {
  let existing = folder;
  while (!existsSync(existing)) existing = dirname(existing);
  const { bavail, bsize } = statfsSync(existing);
  return bavail * bsize;
}

/** Refuses to start what would fill the disk half way. */
export function requireDisk(folder: string, gibibytes: number, what: string): void {
  const free = freeBytes(folder) / GIBIBYTE;
  if (free < gibibytes) {
    throw new LabError(
      `too little disk: ${what} needs ${gibibytes} GiB below ${folder}, ${free.toFixed(1)} GiB are free. ` +
        'Make room, empty the cache with `lab clean`, or point XDG_CACHE_HOME and XDG_STATE_HOME elsewhere.',
    );
  }
}

/** Mounts an overlay in a folder to see whether that works there, writes through it, and takes it away again. */
async function takesOverlay(folder: string): Promise<boolean> {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch {
    return false;
  }
  const trial = mkdtempSync(join(folder, 'trial-'));
  const [lower, upper, work, root] = ['lower', 'upper', 'work', 'root'].map((name) => join(trial, name)) as [
    string,
    string,
    string,
    string,
  ];
  try {
    mkdirSync(join(lower, 'inner'), { recursive: true });
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
 * The folder for the writable part of root file systems. An overlay cannot be written to a folder that lies on an
 * overlay itself, as everything does inside most containers; then a file system beside it is taken.
 */
export async function overlayFolder(preferred: string): Promise<string> {
  if (!/\boverlay$/m.test(readFileSync('/proc/filesystems', 'utf8'))) {
    await command(['modprobe', 'overlay'], { mayFail: true }).catch(() => undefined);
  }
  for (const folder of [preferred, '/var/tmp/pgup-lab', '/dev/shm/pgup-lab']) {
    if (await takesOverlay(folder)) return folder;
  }
  throw new LabError(
    `this machine mounts no overlay below ${preferred}, /var/tmp or /dev/shm. The lab needs overlayfs and the right to ` +
      'mount: in a container, run it privileged and with one of these folders on a volume.',
  );
}

async function isInstalled(name: string): Promise<boolean> {
  const { stdout } = await command(['dpkg-query', '--show', '--showformat=${db:Status-Status}', name], {
    mayFail: true,
  });
  return stdout === 'installed';
}

/** Installs from Debian what the lab needs on this machine and does not find. */
export async function installOnController(progress: Progress, more: readonly string[] = []): Promise<void> {
  if (!existsSync('/usr/bin/dpkg-query')) {
    throw new LabError(
      `the lab runs on Debian (12 or later): this machine has no dpkg. It would need: ${CONTROLLER_PACKAGES.join(', ')}.`,
    );
  }
  const wanted = [...CONTROLLER_PACKAGES, ...more];
  const found = await Promise.all(wanted.map(isInstalled));
  const missing = wanted.filter((_name, index) => found[index] !== true);
  if (missing.length === 0) return;
  await progress.step(`installing ${missing.join(', ')} on this machine`, async (note) => {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    // A third-party source that cannot be reached is none of our business, as long as the install below works.
    await command(['apt-get', 'update'], { env, mayFail: true, onLine: note });
    await command(['apt-get', 'install', '--yes', '--no-install-recommends', ...missing], { env, onLine: note });
  });
}
