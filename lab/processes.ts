import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * A process, told apart from a later one with the same number by its start time.
 * The lab never ends a process by its name.
 */
export interface ProcessId {
  readonly pid: number;
  /** Clock ticks since boot, from /proc/PID/stat. */
  readonly started: string;
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return ''; // it ended meanwhile
  }
}

/** The process that has this number now, if any that is not a zombie. */
export function identify(pid: number): ProcessId | undefined {
  // The second field is the name in parentheses and may hold spaces: count from its end.
  const fields = read(pid, 'stat')
    .replace(/^.*\)\s/s, '')
    .split(' ');
  const [condition, started] = [fields[0], fields[19]];
  if (started === undefined || condition === 'Z' || condition === 'X') return undefined;
  return { pid, started };
}

export function isAlive(id: ProcessId): boolean {
  return identify(id.pid)?.started === id.started;
}

/** Ends exactly this process with KILL; one that is gone already is fine. */
export function kill(id: ProcessId): void {
  if (!isAlive(id)) return;
  try {
    process.kill(id.pid, 'SIGKILL');
  } catch {
    // it ended between the look and the signal
  }
}

/** Waits until none of these processes is left; false where some still are when the time is over. */
export async function gone(ids: readonly ProcessId[], milliseconds: number): Promise<boolean> {
  const end = Date.now() + milliseconds;
  while (ids.some(isAlive)) {
    if (Date.now() > end) return false;
    await sleep(20);
  }
  return true;
}

function everyPid(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** The processes one of whose arguments is exactly this text, such as a path that only the lab uses. */
export function withArgument(argument: (text: string) => boolean): ProcessId[] {
  return everyPid()
    .filter((pid) => pid !== process.pid && read(pid, 'cmdline').split('\0').some(argument))
    .flatMap((pid) => identify(pid) ?? []);
}

/** The processes that work in a root file system at or below this folder, as `chroot` starts them. */
export function rootedIn(folder: string): ProcessId[] {
  return everyPid()
    .filter((pid) => {
      try {
        return `${readlinkSync(`/proc/${pid}/root`)}/`.startsWith(`${folder}/`);
      } catch {
        return false; // it ended meanwhile
      }
    })
    .flatMap((pid) => identify(pid) ?? []);
}

/** The processes of one of these programs that have such an argument. */
export function ofPrograms(programs: readonly string[], argument: (text: string) => boolean): ProcessId[] {
  return withArgument(argument).filter(({ pid }) =>
    read(pid, 'cmdline')
      .split('\0')
      .slice(0, 2) // a script's own name is the second word, after its interpreter
      .some((word) => programs.includes(word.replace(/^.*\//, ''))),
  );
}

/** Undoes the octal escapes of the kernel's mount tables. */
function unescape(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_all, digits: string) => String.fromCharCode(parseInt(digits, 8)));
}

/**
 * The first process of every container whose root file system is an overlay written to a folder that `upper` accepts.
 * The kernel's own tables are asked instead of a list of ours, so that a container is found even where whoever
 * started it died before it could write anything down. When such a process ends, the kernel ends the whole container.
 */
export function containerLeaders(upper: (folder: string) => boolean): ProcessId[] {
  return everyPid()
    .filter((pid) => /^NSpid:\t\d+\t1$/m.test(read(pid, 'status')))
    .filter((pid) =>
      read(pid, 'mountinfo')
        .split('\n')
        .some((line) => {
          const [, , , , mountPoint] = line.split(' ');
          const folder = /[ ,]upperdir=([^, ]+)/.exec(line)?.[1];
          return mountPoint === '/' && folder !== undefined && upper(unescape(folder));
        }),
    )
    .flatMap((pid) => identify(pid) ?? []);
}
