import { existsSync, readFileSync, statfsSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { aptInstall } from './apt.ts';
import { command } from './command.ts';
import { LabError } from './errors.ts';
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

const INOTIFY = '/proc/sys/fs/inotify/max_user_instances';

/** What a host's systemd and its services take of it, with room to spare. */
const INOTIFY_PER_HOST = 20;

/**
 * Makes room for the hosts' inotify instances. All containers of this machine's root share one allowance, 128 where
 * nobody raised it: some ten hosts, and the systemd of the next one ends with "too many open files".
 */
export function allowInotify(hosts: number, progress: Progress): void {
  const allowed = Number(readFileSync(INOTIFY, 'utf8'));
  // Other labs may stand already or come later: room for a large one is made at once, and never taken back.
  const wanted = Math.max(4096, hosts * INOTIFY_PER_HOST);
  if (allowed >= wanted) return;
  try {
    writeFileSync(INOTIFY, String(wanted));
  } catch {
    throw new LabError(
      `${hosts} hosts may need more than the ${allowed} inotify instances that this machine allows, and that cannot be ` +
        `changed from here. Set fs.inotify.max_user_instances=${wanted} with sysctl where it can.`,
    );
  }
  progress.say(`raised fs.inotify.max_user_instances from ${allowed} to ${wanted}, until this machine restarts`);
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
    await command(aptInstall(missing), { onLine: note });
  });
}
