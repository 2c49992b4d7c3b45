import { mkdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { command } from './command.ts';

/** A root file system made of read-only layers (top first) and one writable folder. */
export interface Overlay {
  readonly lower: readonly string[];
  readonly upper: string;
  readonly work: string;
  readonly root: string;
}

export interface OverlayOptions {
  /** Flush nothing: for images while they are built. A host keeps real flushes, else its times would flatter. */
  readonly volatile?: boolean;
}

/**
 * Mounts it. `redirect_dir` lets a folder of a lower layer be renamed, as on any other file system: without it
 * PostgreSQL's and the operator's moves of whole data directories would fail with "invalid cross-device link".
 */
export async function mountOverlay(overlay: Overlay, options: OverlayOptions = {}): Promise<void> {
  for (const folder of [overlay.upper, overlay.work, overlay.root]) mkdirSync(folder, { recursive: true });
  const settings = [
    `lowerdir=${overlay.lower.join(':')}`,
    `upperdir=${overlay.upper}`,
    `workdir=${overlay.work}`,
    'redirect_dir=on',
    ...(options.volatile === true ? ['volatile'] : []),
  ];
  // By the older system call: the newer one, which libmount 2.39 and later prefer, takes options of 255 bytes at most,
  // and a stack of layers with their paths is longer.
  const env = { ...process.env, LIBMOUNT_FORCE_MOUNT2: 'always' };
  await command(['mount', '-t', 'overlay', 'overlay', '-o', settings.join(','), overlay.root], { env });
}

/** The mount points at or below a folder, deepest first. */
export function mountsBelow(folder: string): string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .flatMap((line) => line.split(' ')[4] ?? [])
    .map((point) => point.replace(/\\([0-7]{3})/g, (_all, digits: string) => String.fromCharCode(parseInt(digits, 8))))
    .filter((point) => point === folder || point.startsWith(`${folder}/`))
    .reverse();
}

/** Unmounts everything at or below a folder. A mount stays busy for a moment after its last process ended. */
export async function unmountBelow(folder: string): Promise<void> {
  for (const point of mountsBelow(folder)) {
    for (let attempt = 0; ; attempt += 1) {
      const result = await command(['umount', point], { mayFail: true });
      if (result.code === 0 || !mountsBelow(folder).includes(point)) break;
      if (attempt === 50) {
        // Somebody's shell stands in it: detach it, so that it goes when that shell does.
        await command(['umount', '--lazy', point]);
        break;
      }
      await sleep(100);
    }
  }
}
