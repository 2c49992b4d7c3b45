import { closeSync, fdatasyncSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
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
    }
  | { readonly kind: 'deployment'; readonly deployment: string }
  | {
      readonly kind: 'claim';
      readonly deployment: string;
      readonly token: number;
      readonly owner: string;
    }
  | { readonly kind: 'released'; readonly deployment: string }
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

export type StampedEntry = Entry & { readonly at: number };

export interface JournalOptions {
  /**
   * `true` (upgrade playbooks): on the disk itself before anything is sent to a host, so that not even a power cut of
   * the controller forgets what may have been done. `false` (generic playbooks, which nothing is put back from): handed
   * to the system at the end of each turn, so that a power cut loses what the system had not written yet.
   */
  readonly durable?: boolean;
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
  #pending = '';

  constructor(path: string, now: () => number, { durable = true, sync = fdatasyncSync }: JournalOptions = {}) {
    this.#now = now;
    this.#durable = durable;
    this.#sync = sync;
    try {
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

  write(entry: Entry): void {
    const line = `${JSON.stringify({ at: this.#now(), ...entry })}\n`;
    if (this.#durable) {
      writeSync(this.#file, line);
      if (isBarrier(entry)) this.#sync(this.#file);
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

/** Reads a journal back. A torn last line, the mark of a controller that died while writing it, is left out. */
export function readJournal(path: string): readonly StampedEntry[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  const torn = lines.pop();
  const entries = lines.map((line, index) => parseEntry({ line, path, number: index + 1 }));
  if (torn) {
    // A whole entry whose newline alone is missing was written: leaving it out would forget a step that was done.
    try {
      entries.push(JSON.parse(torn) as StampedEntry);
    } catch {
      return entries;
    }
  }
  return entries;
}

function parseEntry({ line, path, number }: { line: string; path: string; number: number }): StampedEntry {
  try {
    return JSON.parse(line) as StampedEntry;
  } catch (cause) {
    throw new PgupError('run-folder', `${path}:${number}: this line of the journal is damaged`, { cause });
  }
}
