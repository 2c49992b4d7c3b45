import { chmodSync, mkdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { command } from './command.ts';
import type { HostSpec } from './topology.ts';

type Storage = NonNullable<HostSpec['storage']>;

/** The Debian package whose mkfs makes this file system. */
export const STORAGE_PACKAGES: Readonly<Record<Storage['type'], string>> = {
  ext4: 'e2fsprogs',
  xfs: 'xfsprogs',
  btrfs: 'btrfs-progs',
};

/**
 * Gives a host's /var/lib/postgresql a file system of its own, in a file: one that can clone files, or one small enough
 * to be filled. It starts with what the layers have there.
 */
export async function mountStorage(folder: string, storage: Storage): Promise<void> {
  const [image, point] = [join(folder, 'storage.img'), join(folder, 'storage')];
  mkdirSync(point, { recursive: true });
  writeFileSync(image, '');
  truncateSync(image, storage.megabytes * 2 ** 20);
  await command([`mkfs.${storage.type}`, '-q', image]);
  await command(['mount', '-o', 'loop', image, point]);
  const source = join(folder, 'root/var/lib/postgresql');
  await command(['cp', '-a', '--reflink=auto', `${source}/.`, point]);
  const { uid, gid, mode } = statSync(source);
  await command(['chown', `${uid}:${gid}`, point]);
  chmodSync(point, mode & 0o7777);
}
