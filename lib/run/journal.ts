import {
  appendFileSync,
  closeSync,
  existsSync,
  fdatasyncSync,
  fsyncSync,
  openSync,
  readFileSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { PgupError } from '../errors.ts';
import type { OutcomeKind } from '../events.ts';

/**
 * What is written down, in order: intent before, outcome after. The journal alone tells what a run has done to which
 * host; what is not in it was not done by this run.
 */
export type Entry =
  | {
      readonly kind: 'run';
      readonly run: string;
      readonly pgup: string;
      readonly plan: string;
      readonly playbook: string;
      readonly sources: readonly string[];
      /** What the sources and the playbook are relative to. */
      readonly cwd: string;
      readonly limit: string | undefined;
      readonly serial: string | undefined;
      readonly maxFailures: string | undefined;
    }
  | { readonly kind: 'deployment'; readonly deployment: string }
  | {
      readonly kind: 'claim';
      readonly deployment: string;
      readonly token: number;
      readonly owner: string;
    }
  /** Hosts that could not be reached keep the lock, and are named. */
  | { readonly kind: 'released'; readonly deployment: string; readonly left: readonly string[] }
  | { readonly kind: 'task-intent'; readonly deployment: string; readonly task: string; readonly host: string }
  | {
      readonly kind: 'step-intent';
      readonly deployment: string;
      readonly task: string;
      readonly host: string;
      readonly step: number;
      readonly says: string;
      /** True where the step changes the host: undo begins here. */
      readonly changes: boolean;
      /** The job's id, where the step is a detached job: what a later controller adopts. */
      readonly job?: string;
      /** Who goes back while it runs waits for its end. */
      readonly waits?: boolean;
    }
  | {
      readonly kind: 'step-outcome';
      readonly deployment: string;
      readonly task: string;
      readonly host: string;
      readonly step: number;
      readonly outcome: string;
    }
  | {
      readonly kind: 'learned';
      readonly deployment: string;
      readonly host: string | undefined;
      readonly facts: Readonly<Record<string, unknown>>;
    }
  | {
      readonly kind: 'task-outcome';
      readonly deployment: string;
      readonly task: string;
      readonly host: string;
      readonly status: string;
    }
  | { readonly kind: 'no-return-intent'; readonly deployment: string; readonly host: string }
  | { readonly kind: 'no-return'; readonly deployment: string; readonly host: string }
  | { readonly kind: 'window'; readonly deployment: string; readonly state: 'open' | 'closed' }
  | { readonly kind: 'undo'; readonly deployment: string; readonly why: string }
  | { readonly kind: 'outcome'; readonly deployment: string; readonly outcome: OutcomeKind; readonly summary: string }
  | { readonly kind: 'end'; readonly exitCode: number };

/** The first entry of a run: what was asked for. */
export type RunEntry = Extract<Entry, { readonly kind: 'run' }>;

/** An entry about one deployment. */
export type DeploymentEntry = Extract<Entry, { readonly deployment: string }>;

/** `n` counts the entries of a run over all its controllers: the order of things, whatever their clocks say. */
export type StampedEntry = Entry & { readonly at: number; readonly n: number };

/** Numbers that are left free where a run is taken over from the hosts alone. */
const GAP = 1000;

export interface JournalOptions {
  /**
   * `true` (upgrade playbooks): on the disk itself before anything is sent to a host, so that not even a power cut of
   * the controller forgets what may have been done. `false` (generic playbooks, which nothing is put back from): handed
   * to the system at the end of each turn, so that a power cut loses what the system had not written yet.
   */
  readonly durable?: boolean;
  /** The number of the last entry that is known, where a run is gone on with. */
  readonly after?: number;
  /** Forces a file to the disk. */
  readonly sync?: (file: number) => void;
}

/**
 * The run's journal: one JSON object a line, written before the next thing happens. Synchronous on purpose: an entry
 * that waits in a stream's buffer is lost with the process that it is meant to outlive.
 */
export class Journal {
  readonly #file: number;
  readonly #now: () => number;
  readonly #durable: boolean;
  readonly #sync: (file: number) => void;
  #next: number;
  #pending = '';

  constructor(path: string, now: () => number, options: JournalOptions = {}) {
    const { after = 0, durable = true, sync = fdatasyncSync } = options;
    this.#now = now;
    this.#next = after + 1;
    this.#durable = durable;
    this.#sync = sync;
    try {
      mendEnd(path);
      this.#file = openSync(path, 'a', 0o600);
      if (!durable) return;
      const folder = openSync(dirname(path), 'r');
      fsyncSync(folder);
      closeSync(folder);
    } catch (cause) {
      throw new PgupError('run-folder', `the journal ${path} cannot be opened: ${String(cause)}`, {
        next: 'name another folder with --runs-dir',
        cause,
      });
    }
  }

  write(entry: Entry): StampedEntry {
    const stamped = { at: this.#now(), n: this.#next++, ...entry };
    this.#append(stamped);
    if (this.#durable && isBarrier(entry)) this.#sync(this.#file);
    return stamped;
  }

  /**
   * Takes over entries that another controller wrote, as they are. That one may have written more than the hosts were
   * told; a gap leaves its numbers free.
   */
  adopt(entries: readonly StampedEntry[]): void {
    if (entries.length === 0) return;
    for (const entry of entries) this.#append(entry);
    this.#sync(this.#file);
    this.#next = Math.max(this.#next, GAP + lastNumber(entries));
  }

  #append(entry: StampedEntry): void {
    const line = `${JSON.stringify(entry)}\n`;
    if (this.#durable) {
      writeSync(this.#file, line);
      return;
    }
    if (this.#pending === '')
      setImmediate(() => {
        this.#flush();
      });
    this.#pending += line;
  }

  close(): void {
    this.#flush();
    closeSync(this.#file);
  }

  #flush(): void {
    if (this.#pending === '') return;
    writeSync(this.#file, this.#pending);
    this.#pending = '';
  }
}

/**
 * What must be on the disk before anything else happens: who runs what, and every intent that reaches a host. What
 * stands before it in the file goes to the disk with it, so a step's outcome is there before the next step begins;
 * without it the step may or may not have been done, and the host is asked.
 */
function isBarrier({ kind }: Entry): boolean {
  switch (kind) {
    case 'step-intent':
    case 'run':
    case 'claim':
    case 'released':
    case 'no-return-intent':
    case 'no-return':
    case 'undo':
    case 'outcome':
    case 'end':
      return true;
    case 'deployment':
    case 'task-intent':
    case 'step-outcome':
    case 'learned':
    case 'task-outcome':
    case 'window':
      return false;
  }
}

/** The highest number among entries; 0 where there are none. */
export function lastNumber(entries: readonly StampedEntry[]): number {
  return entries.reduce((most, { n }) => Math.max(most, n), 0);
}

/** What is written next must begin a line of its own, also where a controller died within its last one. */
function mendEnd(path: string): void {
  if (!existsSync(path)) return;
  const bytes = readFileSync(path);
  const end = bytes.lastIndexOf('\n') + 1;
  if (end === bytes.length) return;
  if (isWhole(bytes.toString('utf8', end))) appendFileSync(path, '\n');
  else truncateSync(path, end);
}

function isWhole(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}

/** Reads a journal back. A torn last line, the mark of a controller that died while writing it, is left out. */
export function readJournal(path: string): readonly StampedEntry[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  const torn = lines.pop();
  const entries = lines.map((line, index) => parseEntry({ line, path, number: index + 1 }));
  // A whole entry whose newline alone is missing was written: leaving it out would forget a step that was done.
  return torn && isWhole(torn) ? [...entries, JSON.parse(torn) as StampedEntry] : entries;
}

function parseEntry({ line, path, number }: { line: string; path: string; number: number }): StampedEntry {
  try {
    return JSON.parse(line) as StampedEntry;
  } catch (cause) {
    throw new PgupError('run-folder', `${path}:${number}: this line of the journal is damaged`, { cause });
  }
}
