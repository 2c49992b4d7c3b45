import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { PgupError, problem, ProblemsError } from '../lib/errors.ts';
import { Secret } from '../lib/secret.ts';
import type { CliContext } from './context.ts';
import type { Settings } from './options.ts';
import { escapeControls } from './render/escape.ts';

/**
 * The password of vault-encrypted values and files: from a file, from what a program prints (as for Ansible, a password
 * file that may be run is run), or asked for. Undefined where none is named.
 */
export async function vaultPassword(settings: Settings, context: CliContext): Promise<Secret | undefined> {
  const { vaultPasswordFile: file, askVaultPass } = settings;
  if (file !== undefined) return new Secret(readPassword(file));
  return askVaultPass ? askSecret({ question: 'Vault password', flag: '--ask-vault-pass', context }) : undefined;
}

function readPassword(file: string): string {
  const stats = statSync(file, { throwIfNoEntry: false });
  if (!stats) throw new ProblemsError([problem('file-missing', `vault password file ${file} does not exist`)]);
  try {
    const program = stats.isFile() && (stats.mode & 0o111) !== 0;
    const text = program ? execFileSync(file, { encoding: 'utf8' }) : readFileSync(file, 'utf8');
    return strip(text, file);
  } catch (thrown) {
    if (thrown instanceof PgupError) throw thrown;
    const reason = thrown instanceof Error ? (thrown.message.split('\n')[0] ?? '') : '';
    throw new PgupError('vault', `vault password file ${file} cannot be used: ${reason}`, { cause: thrown });
  }
}

function strip(text: string, source: string): string {
  const password = text.trim();
  if (password === '') throw new PgupError('usage', `${source} gives no password: it is empty`);
  return password;
}

interface Question {
  readonly question: string;
  readonly context: CliContext;
}

/** `flag`: what asked for it, for the error. */
export async function askSecret(options: Question & { readonly flag: string }): Promise<Secret> {
  return new Secret(strip(await readSecret(options), options.flag));
}

/** The question goes to standard error, so that output that goes to a file stays whole; nothing typed is shown. */
export async function readSecret({ question, context }: Question): Promise<string> {
  const { stdin, stderr } = context;
  stderr.write(`${escapeControls(question)}: `);
  const silent = new Writable({
    write: (_chunk, _encoding, done) => {
      done();
    },
  });
  const reader = createInterface({ input: stdin, output: silent, terminal: stdin.isTTY === true });
  try {
    return await reader.question('');
  } finally {
    reader.close();
    stderr.write('\n');
  }
}
