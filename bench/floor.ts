import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { measureSuccess, type Ran } from './child.ts';
import type { BareWork } from './bare.ts';
import type { Workload } from './workload.ts';

/** pgup's own number: so many hosts are being connected at the same moment. */
export const HANDSHAKES = 32;

/** The bare ssh2 loop over a workload, as a whole process. */
export async function runBare({ folder, hosts, tasks }: Workload, first?: string): Promise<Ran> {
  const file = join(folder, 'bare.json');
  const work: BareWork = { hosts, tasks, handshakes: HANDSHAKES, ...(first === undefined ? {} : { first }) };
  writeFileSync(file, JSON.stringify(work));
  const ran = await measureSuccess({
    command: [process.execPath, join(import.meta.dirname, 'bare.js'), file],
    env: { HOME: folder },
  });
  if (ran.stdout === `answered=${hosts.length * tasks}\n`) return ran;
  throw new Error(`the bare loop did not do all of its work: ${ran.stdout}`);
}
