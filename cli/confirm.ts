import { createInterface } from 'node:readline/promises';
import { basename } from 'node:path';
import { PgupError } from '../lib/errors.ts';
import type { CliContext } from './context.ts';

/** What an upgrade is asked about: the name to type is the first inventory's. */
export interface Confirmation {
  readonly sources: readonly string[];
  readonly deployments: readonly string[];
  readonly hosts: number;
}

/**
 * Before the first stop, on a terminal: the inventory's name, typed. Production's name under the fingers is the last
 * chance to see that it is the wrong window. Without a terminal only `--yes` will do, and nothing has been connected.
 */
export async function confirm({ sources, deployments, hosts }: Confirmation, context: CliContext): Promise<void> {
  const { stdin, stdout } = context;
  const name = basename(sources[0] ?? '');
  if (stdin.isTTY !== true || stdout.isTTY !== true) {
    throw new PgupError('confirmation', 'an upgrade asks before the first stop, and there is no terminal to ask on', {
      next: 'add --yes to run it without asking, or --check to see what it would do',
    });
  }
  stdout.write(`This stops and upgrades ${deployments.join(', ')} (${hosts} hosts of ${name}).\n`);
  const reader = createInterface({ input: stdin, output: stdout });
  try {
    const typed = await reader.question(`Type ${name} to go on: `);
    if (typed.trim() !== name) {
      throw new PgupError('confirmation', `"${typed.trim()}" is not "${name}": nothing was done`);
    }
  } finally {
    reader.close();
  }
}
