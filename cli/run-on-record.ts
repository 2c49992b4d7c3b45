import { join } from 'node:path';
import { PgupError } from '../lib/errors.ts';
import { didYouMean } from '../lib/nearest.ts';
import { readJournal, type StampedEntry } from '../lib/run/journal.ts';
import { runIds } from '../lib/run/run-folder.ts';

/** A run that this controller has a folder of. */
export interface RunOnRecord {
  readonly id: string;
  readonly folder: string;
  readonly entries: readonly StampedEntry[];
}

/** The run of this id, or the newest where none is named. Throws `usage` where there is none. */
export function runOnRecord(runsDir: string, named: string | undefined): RunOnRecord {
  const known = runIds(runsDir);
  const id = named ?? known.at(-1);
  if (id === undefined)
    throw new PgupError('usage', `no run is known in ${runsDir}`, { next: 'pgup run -i INVENTORY' });
  if (!known.includes(id)) {
    throw new PgupError('usage', `no run ${id} is known in ${runsDir}${didYouMean(id, known)}`, { next: 'pgup runs' });
  }
  const folder = join(runsDir, id);
  return { id, folder, entries: readJournal(join(folder, 'journal.jsonl')) };
}
