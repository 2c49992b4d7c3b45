import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PgupError } from '../errors.ts';
import type { Json } from '../playbook/plan-shape.ts';
import { Journal, lastNumber, type StampedEntry } from './journal.ts';

/** `<runs>/<id>/`, mode 0700: plan, journal, and what was fetched from the hosts. */
export interface RunFolder {
  readonly path: string;
  readonly journal: Journal;
  /** Where a host's file is kept; the folder is made. */
  fileOf(host: string, name: string): string;
}

interface OpenRunFolder {
  readonly runs: string;
  readonly id: string;
  readonly now: () => number;
  /** The journal is forced to the disk (JournalOptions). */
  readonly durable: boolean;
  /** The journal so far, where a run is gone on with. */
  readonly before?: readonly StampedEntry[] | undefined;
}

export function openRunFolder({ runs, id, now, durable, before = [] }: OpenRunFolder): RunFolder {
  const path = join(runs, id);
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    chmodSync(path, 0o700);
  } catch (cause) {
    throw new PgupError('run-folder', `the run folder ${path} cannot be made: ${String(cause)}`, {
      next: 'name another folder with --runs-dir or PGUP_RUNS_DIR',
      cause,
    });
  }
  return Object.freeze({
    path,
    journal: new Journal(join(path, 'journal.jsonl'), now, { durable, after: lastNumber(before) }),
    fileOf: (host: string, name: string) => {
      const folder = join(path, 'hosts', host);
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      return join(folder, name);
    },
  });
}

export function writePlan(folder: RunFolder, plan: Json): void {
  writeFileSync(join(folder.path, 'plan.json'), `${JSON.stringify(plan, undefined, 2)}\n`, { mode: 0o600 });
}

/** The frozen plan of a run, as it was written when it began. */
export function readPlan(runs: string, id: string): Json {
  return JSON.parse(readFileSync(join(runs, id, 'plan.json'), 'utf8')) as Json;
}

/** The ids of all runs in a folder, oldest first. */
export function runIds(runs: string): readonly string[] {
  if (!existsSync(runs)) return [];
  return readdirSync(runs)
    .filter((name) => existsSync(join(runs, name, 'journal.jsonl')))
    .sort();
}
