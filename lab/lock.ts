import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { identify, isAlive } from './processes.ts';
import type { Progress } from './progress.ts';

const owner = z.object({ pid: z.number(), started: z.string(), machine: z.string(), what: z.string() });
type Owner = z.infer<typeof owner>;

/** A holder on another machine (or in another container) proves its life by touching the file this often. */
const TOUCH_MS = 5_000;
const SILENT_MS = 60_000;

/** This boot of this machine: process numbers mean nothing elsewhere. */
function machine(): string {
  return `${hostname()} ${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}`;
}

function readOwner(file: string): Owner | undefined {
  try {
    return owner.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}

function isStale(file: string, held: Owner | undefined): boolean {
  if (held?.machine === machine()) return !isAlive(held);
  try {
    return Date.now() - statSync(file).mtimeMs > SILENT_MS;
  } catch {
    return false; // gone: the next attempt to take it decides
  }
}

function take(file: string, mine: string): boolean {
  try {
    linkSync(mine, file); // atomic: fails where the name exists
    return true;
  } catch {
    return false;
  }
}

/** Moves a dead holder's file away; what was moved by mistake (a new holder was quicker) is put back. */
function breakLock(file: string, dead: Owner | undefined): void {
  const aside = `${file}.stale-${process.pid}`;
  try {
    renameSync(file, aside);
    if (JSON.stringify(readOwner(aside)) !== JSON.stringify(dead)) take(file, aside);
    rmSync(aside, { force: true });
  } catch {
    // another waiter was quicker
  }
}

/** Runs `work` while holding the lock file; waits for a living holder and shows that it waits; outlives a dead one. */
export async function withLock<T>(file: string, what: string, progress: Progress, work: () => Promise<T>): Promise<T> {
  mkdirSync(dirname(file), { recursive: true });
  const self = identify(process.pid);
  const mine = `${file}.${process.pid}-${Math.random().toString(36).slice(2)}`;
  writeFileSync(mine, JSON.stringify({ pid: process.pid, started: self?.started ?? '', machine: machine(), what }));
  try {
    let said = 0;
    while (!take(file, mine)) {
      const held = readOwner(file);
      if (isStale(file, held)) {
        breakLock(file, held);
        continue;
      }
      if (Date.now() - said > 10_000) {
        progress.say(`waiting for ${held?.what ?? 'another lab command'} (process ${held?.pid ?? 'unknown'})`);
        said = Date.now();
      }
      await sleep(200);
    }
  } finally {
    rmSync(mine, { force: true });
  }
  const touch = setInterval(() => {
    try {
      utimesSync(file, new Date(), new Date());
    } catch {
      // the folder was cleaned away under us; the work itself will say so
    }
  }, TOUCH_MS);
  touch.unref();
  try {
    return await work();
  } finally {
    clearInterval(touch);
    rmSync(file, { force: true });
  }
}
