import type { Command } from '../shell/host-shell.ts';
import { raw, sh } from '../shell/sh.ts';
import type { Cluster } from './cluster.ts';

/** Exit code where the file system has no room for the copy. */
export const NO_SPACE = 28;
/** Exit code where a file of the copy is not the file that it was copied from. */
export const DIFFERS = 65;

/** Kept free beside the copy. */
const RESERVE_MEGABYTES = 256;

/**
 * Copies a stopped cluster (data, a WAL directory of its own, configuration) to a new directory, compares the checksum
 * of every file on both sides, and lets the directory get its name only when all of it is on the disk. What an earlier
 * try of this run left half done is taken away first: nothing but the name ending in `.partial` ever is. For root.
 */
export function coldBackup(old: Cluster, directory: string): Command {
  const partial = `${directory}.partial`;
  const sources: readonly (readonly [string, string])[] = [
    [old.dataDirectory, 'data'],
    ...(old.walDirectory === undefined ? [] : [[old.walDirectory, 'pg_wal'] as const]),
    [old.configDirectory, 'config'],
  ];
  return sh`${raw('set -eu; umask 077; export LC_ALL=C')}
rm -rf -- ${partial}
mkdir -p -m 0700 -- ${partial}
need=$(du -smc -- ${sources.map(([from]) => from)} | tail -n 1 | cut -f 1)
free=$(df -Pm -- ${partial} | awk 'NR == 2 { print $4 }')
if [ "$free" -lt "$((need + ${RESERVE_MEGABYTES}))" ]; then
  rmdir -- ${partial}; echo "pgup-space $need $free" >&2; exit ${NO_SPACE}
fi
echo "copying $need MB"
${sources.map(([from, to]) => sh`cp -a --reflink=auto -- ${from} ${`${partial}/${to}`}; `)}
sums() { (cd -- "$1" && find . -type f -print0 | sort -z | xargs -0r sha256sum; find . -type l -printf '%l  %p\n' | sort); }
echo "comparing checksums"
${sources.map(
  ([from, to]) => sh`sums ${from} > ${`${partial}/${to}.from`} & first=$!
sums ${`${partial}/${to}`} > ${`${partial}/${to}.sha256`}; wait "$first"
cmp ${`${partial}/${to}.from`} ${`${partial}/${to}.sha256`} || exit ${DIFFERS}
rm ${`${partial}/${to}.from`}
`,
)}
sync -f ${partial}
mv -T -- ${partial} ${directory}
sync -f ${directory}
echo "files $(cat ${directory}/*.sha256 | wc -l)"`;
}
