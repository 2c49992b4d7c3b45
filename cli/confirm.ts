import { createInterface } from 'node:readline/promises';
import { basename } from 'node:path';
import { PgupError } from '../lib/errors.ts';
import type { CliContext } from './context.ts';

/** What is asked about: the name to type is the first inventory's. */
export interface Confirmation {
  /** `stops and upgrades`, `puts back`. */
  readonly verb: string;
  readonly sources: readonly string[];
  readonly deployments: readonly string[];
  readonly hosts: number;
}

/** Without a terminal to ask on only `--yes` will do: said before anything is connected. */
export function requireTerminal({ stdin, stdout }: CliContext): void {
  if (stdin.isTTY === true && stdout.isTTY === true) return;
  throw new PgupError(
    'confirmation',
    'this changes hosts and asks before it does, and there is no terminal to ask on',
    {
      next: 'add --yes to run it without asking, or --check to see what it would do',
    },
  );
}

/**
 * Before the first stop, on a terminal: the inventory's name, typed. Production's name under the fingers is the last
 * chance to see that it is the wrong window.
 */
export async function confirm({ verb, sources, deployments, hosts }: Confirmation, context: CliContext): Promise<void> {
  requireTerminal(context);
  const { stdin, stdout } = context;
  const name = basename(sources[0] ?? '');
  stdout.write(`This ${verb} ${deployments.join(', ')} (${hosts} hosts of ${name}).\n`);
  await confirmWord(name, { stdin, stdout });
}

/** Asks for a word to be typed; anything else is a no. */
export async function confirmWord(
  word: string,
  { stdin, stdout }: Pick<CliContext, 'stdin' | 'stdout'>,
): Promise<void> {
  const reader = createInterface({ input: stdin, output: stdout });
  // Ctrl-C and Ctrl-D at the question are a no, not a crash.
  const given = new Promise<string>((resolve) => {
    reader.on('SIGINT', () => {
      resolve('');
    });
    reader.on('close', () => {
      resolve('');
    });
    void reader.question(`Type ${word} to go on: `).then(resolve, () => {
      resolve('');
    });
  });
  try {
    const typed = (await given).trim();
    if (typed !== word) throw new PgupError('confirmation', `"${typed}" is not "${word}": nothing was done`);
  } finally {
    reader.close();
  }
}
