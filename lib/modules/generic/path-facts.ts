import { Float, type ValueMap } from '../../inventory/inventory.ts';
import type { Answers } from '../../shell/answers.ts';
import type { Command } from '../../shell/host-shell.ts';
import { raw, sh } from '../../shell/sh.ts';
import { modeText } from './mode.ts';

/** What a host says of one path. */
export interface PathFacts {
  readonly path: string;
  readonly kind: 'file' | 'directory' | 'link' | 'character' | 'block' | 'fifo' | 'socket';
  /** Permissions with the set-id bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly owner: string;
  readonly group: string;
  readonly size: number;
  readonly inode: number;
  readonly dev: number;
  readonly nlink: number;
  readonly atime: number;
  readonly mtime: number;
  readonly ctime: number;
  readonly blocks: number;
  readonly blockSize: number;
  readonly rdev: number;
  /** What a link says, and where it leads. */
  readonly target: string | undefined;
  readonly source: string | undefined;
  readonly readable: boolean;
  readonly writeable: boolean;
  readonly executable: boolean;
  readonly checksum: string | undefined;
  /** A link that leads nowhere. */
  readonly dangling: boolean;
}

const KINDS: ReadonlyMap<number, PathFacts['kind']> = new Map([
  [0o140000, 'socket'],
  [0o120000, 'link'],
  [0o100000, 'file'],
  [0o060000, 'block'],
  [0o040000, 'directory'],
  [0o020000, 'character'],
  [0o010000, 'fifo'],
]);

export interface PathQuestion {
  /** What the answers are called. */
  readonly name: string;
  readonly path: string;
  /** Links are followed. */
  readonly follow?: boolean;
  /** The command that sums up a file: `sha1sum`. */
  readonly checksum?: string | undefined;
}

/** Asks for everything there is to know of a path; of what is not there nothing is answered. */
export function pathQuestion({ name, path, follow = false, checksum }: PathQuestion): Command {
  const flag = follow ? raw('-L') : raw('');
  const sum = sh`if [ -f ${path} ] && [ -r ${path} ]; then printf '%s %s\n' ${`${name}.sum`} "$(${raw(checksum ?? ':')} < ${path} | cut -d' ' -f1)"; fi`;
  return sh`if __stat=$(stat ${flag} -c '%f %u %g %U %G %s %i %d %h %.9X %.9Y %.9Z %b %o %t %T' -- ${path} 2>/dev/null); then
printf '%s %s\n' ${`${name}.stat`} "$__stat"
for __test in r w x; do if [ "-$__test" ${path} ]; then printf '%s yes\n' ${`${name}.`}"$__test"; fi; done
if [ ! -e ${path} ]; then printf '%s yes\n' ${`${name}.dangling`}; fi
if [ -L ${path} ]${raw(follow ? ' && false' : '')}; then
printf '%s %s\n' ${`${name}.target*`} "$(readlink -n -- ${path} | base64 -w0)"
printf '%s %s\n' ${`${name}.source*`} "$(readlink -nf -- ${path} | base64 -w0)"
fi
${checksum === undefined ? raw(':') : sum}
else case $(LC_ALL=C stat -- ${path} 2>&1) in *'Permission denied'*) printf '%s yes\n' ${`${name}.denied`} ;; esac
fi`;
}

/** Reads the answers; undefined where there is nothing at the path. */
export function pathFacts(found: Answers, { name, path }: Pick<PathQuestion, 'name' | 'path'>): PathFacts | undefined {
  const stat = found.get(`${name}.stat`);
  if (stat === undefined) return undefined;
  const [bits = '', uid, gid, owner = '', group = '', ...numbers] = stat.split(' ');
  const [size, inode, dev, nlink, atime, mtime, ctime, blocks, blockSize] = numbers.map(Number);
  const [major = '0', minor = '0'] = numbers.slice(-2);
  const raws = parseInt(bits, 16);
  return {
    path,
    kind: KINDS.get(raws & 0o170000) ?? 'file',
    mode: raws & 0o7777,
    uid: Number(uid),
    gid: Number(gid),
    owner,
    group,
    size: size ?? 0,
    inode: inode ?? 0,
    dev: dev ?? 0,
    nlink: nlink ?? 0,
    atime: atime ?? 0,
    mtime: mtime ?? 0,
    ctime: ctime ?? 0,
    blocks: blocks ?? 0,
    blockSize: blockSize ?? 0,
    rdev: parseInt(major, 16) * 256 + parseInt(minor, 16),
    target: found.get(`${name}.target`),
    source: found.get(`${name}.source`),
    readable: found.has(`${name}.r`),
    writeable: found.has(`${name}.w`),
    executable: found.has(`${name}.x`),
    checksum: found.get(`${name}.sum`),
    dangling: found.has(`${name}.dangling`),
  };
}

/** Ansible's word for what a path is, in the results of the file modules. */
export function stateOf({ kind, nlink }: PathFacts): string {
  if (kind === 'link' || kind === 'directory') return kind;
  return kind === 'file' && nlink > 1 ? 'hard' : 'file';
}

/** What the file modules register of a path. */
export function pathValues(facts: PathFacts): ValueMap {
  const { uid, gid, owner, group, mode, size } = facts;
  const names = { owner: owner === 'UNKNOWN' ? String(uid) : owner, group: group === 'UNKNOWN' ? String(gid) : group };
  return { uid, gid, ...names, mode: modeText(mode), size, state: stateOf(facts) };
}

/** What `stat` registers. */
export function statValues(facts: PathFacts): ValueMap {
  const { kind, mode, owner, group, target, source, checksum } = facts;
  const bit = (mask: number): boolean => (mode & mask) !== 0;
  return {
    exists: true,
    path: facts.path,
    mode: (mode & 0o7777).toString(8).padStart(4, '0'),
    isdir: kind === 'directory',
    ischr: kind === 'character',
    isblk: kind === 'block',
    isreg: kind === 'file',
    isfifo: kind === 'fifo',
    islnk: kind === 'link',
    issock: kind === 'socket',
    uid: facts.uid,
    gid: facts.gid,
    ...(owner === 'UNKNOWN' ? {} : { pw_name: owner }),
    ...(group === 'UNKNOWN' ? {} : { gr_name: group }),
    size: facts.size,
    inode: facts.inode,
    dev: facts.dev,
    nlink: facts.nlink,
    atime: new Float(facts.atime),
    mtime: new Float(facts.mtime),
    ctime: new Float(facts.ctime),
    blocks: facts.blocks,
    block_size: facts.blockSize,
    device_type: facts.rdev,
    wusr: bit(0o200),
    rusr: bit(0o400),
    xusr: bit(0o100),
    wgrp: bit(0o020),
    rgrp: bit(0o040),
    xgrp: bit(0o010),
    woth: bit(0o002),
    roth: bit(0o004),
    xoth: bit(0o001),
    isuid: bit(0o4000),
    isgid: bit(0o2000),
    readable: facts.readable,
    writeable: facts.writeable,
    executable: facts.executable,
    ...(checksum === undefined || kind !== 'file' ? {} : { checksum }),
    ...(target === undefined ? {} : { lnk_target: target, lnk_source: source ?? target }),
  };
}
