import { join } from 'node:path';
import { readJournal } from '../../lib/run/journal.ts';
import { eventsOf, type PgupRun } from '../lab/pgup.ts';

/** Who had the run's hosts last, by its journal: the claim with the highest token. */
export function ownerOf(run: PgupRun): string {
  const folder = eventsOf(run, 'run:start')[0]?.folder ?? '';
  const claims = readJournal(join(folder, 'journal.jsonl')).filter((entry) => entry.kind === 'claim');
  return claims.sort((one, other) => one.token - other.token).at(-1)?.owner ?? 'nobody';
}
