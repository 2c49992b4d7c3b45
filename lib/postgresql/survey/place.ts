import { parseLines, posix, type Section } from '../../shell/sections.ts';

/** A folder that something will be written to, or its nearest parent that exists, and the file system below it. */
export interface Place {
  /** What it is for: `data`, `new`, `backup`, `wal`, `state`. */
  readonly label: string;
  readonly path: string;
  /** The nearest folder above that exists; the path itself where it does. */
  readonly existing: string;
  /** The device number: equal for two places on one file system. */
  readonly device: string;
  /** What `stat -f` calls it: `ext2/ext3`, `xfs`, `btrfs`, `overlayfs`, `tmpfs`, … */
  readonly fileSystem: string;
  /** What it was mounted as: `ext4`, `overlay`; empty where that cannot be told. */
  readonly type: string;
  readonly mount: string;
  /** Bytes and inodes in all. */
  readonly size: number | undefined;
  readonly inodes: number | undefined;
  /** Bytes that are free for others than root, and inodes; undefined where the file system does not count them. */
  readonly free: number | undefined;
  readonly freeInodes: number | undefined;
  /** Whether files can be cloned there without copying; undefined where only a try would tell. */
  readonly clones: boolean | undefined;
  readonly writable: boolean;
}

/** `survey_place LABEL KEY PATH` */
export const PLACE_SCRIPT = posix`
# XFS says in its superblock (big-endian: magic at 0, version at 100, read-only-compatible features at 212, of which bit
# 2 is reflink) whether it clones. xfs_info would say it too, but is not everywhere; a try would be a change.
xfs_clones() {
  case $(od -An -tx1 -N4 "$1" 2>/dev/null) in *'58 46 53 42'*) ;; *) printf unknown; return;; esac
  case $(od -An -tx1 -j101 -N1 "$1" 2>/dev/null) in *5) ;; *) printf no; return;; esac
  case $(od -An -tx1 -j215 -N1 "$1" 2>/dev/null) in
    *[4567cdef]) printf yes;;
    *) printf no;;
  esac
}
survey_place() {
  at=$3
  while [ ! -d "$at" ] && [ "$at" != / ] && [ -n "$at" ]; do at=$(dirname "$at"); done
  system=$(stat -f -c %T "$at" 2>/dev/null)
  clones=unknown
  case $system in
    btrfs) clones=yes;;
    xfs) clones=$(xfs_clones "$(df -P "$at" 2>/dev/null | awk 'NR == 2 { print $1 }')");;
    *) clones=no;;
  esac
  writable=no; if [ -w "$at" ]; then writable=yes; fi
  space=$(df -Pk "$at" 2>/dev/null | awk 'NR == 2 {
    mount = $6; for (i = 7; i <= NF; i++) mount = mount " " $i
    print $2, $4, mount }')
  mount=\${space#* }; mount=\${mount#* }
  inodes=$(df -Pi "$at" 2>/dev/null | awk 'NR == 2 { print $2, $4 }')
  type=$(awk -v mount="$mount" '{ gsub(/\\040/, " ", $2) } $2 == mount { type = $3 } END { print type }' /proc/self/mounts 2>/dev/null)
  space=\${space% "$mount"}
  emit place "$2" 0 "$(
    printf '%s\n%s\n%s\n' "$1" "$3" "$at"
    stat -c %d "$at" 2>/dev/null || echo -
    printf '%s\n' "\${system:--}" "\${space#* }-" "\${inodes#* }-" "$clones" "$writable" \
      "\${space% *}-" "\${inodes% *}-" "\${mount:--}" "\${type:--}"
  )"
}
`;

export function parsePlaces(sections: readonly Section[], key: string): readonly Place[] {
  return sections.filter((each) => each.name === 'place' && each.key === key).map(({ text }) => parsePlace(text));
}

function parsePlace(text: string): Place {
  const lines = parseLines(text);
  const [label = '', path = '', existing = '', device = '', fileSystem = '', free, freeInodes, clones, writable] =
    lines;
  const [size, inodes, mount = '', type = ''] = lines.slice(9);
  return Object.freeze({
    label,
    path,
    existing,
    device,
    fileSystem: told(fileSystem),
    type: told(type),
    mount: told(mount),
    size: count(size, 1024),
    free: count(free, 1024),
    // btrfs and others make inodes as they go and report none
    inodes: count(inodes, 1) || undefined,
    freeInodes: count(freeInodes, 1) || undefined,
    clones: clones === 'yes' ? true : clones === 'no' ? false : undefined,
    writable: writable === 'yes',
  });
}

/** A dash stands for what is not known. */
function told(text: string): string {
  return text === '-' ? '' : text;
}

/** A number; the dash that ends it stands alone where there is none. */
function count(text: string | undefined, unit: number): number | undefined {
  const digits = text === undefined ? undefined : /^(\d+)-?$/.exec(text)?.[1];
  return digits === undefined ? undefined : Number(digits) * unit;
}
