import { PgupError } from '../errors.ts';
import { Secret } from '../secret.ts';
import { decodeBytes } from './bytes.ts';
import type { Command } from './host-shell.ts';

/** What may stand in a `sh` template. A Secret is none of them: it goes by standard input. */
export type Word = string | number | bigint | Uint8Array | Command | readonly Word[];

/**
 * Builds a POSIX shell command. Values are quoted, lists become quoted words joined by a space, commands are inlined
 * as they are.
 *
 * @example
 * sh`cp -a -- ${from} ${to}`
 * sh`systemctl stop -- ${units}`
 * sh`${probe} || exit 3`
 */
export function sh(template: TemplateStringsArray, ...words: readonly Word[]): Command {
  let text = template[0] ?? '';
  words.forEach((word, index) => {
    text += spell(word) + (template[index + 1] ?? '');
  });
  return command(text);
}

/** Text that is a command already and is not quoted. For constants of ours, never for what came from outside. */
export function raw(text: string): Command {
  return command(text);
}

/** One word of the shell, quoted where it needs to be. */
export function quote(word: string): string {
  if (word.includes('\0')) {
    throw new PgupError('internal', 'a word of a command holds a NUL byte, which no argument can carry');
  }
  if (PLAIN.test(word) && !RESERVED.has(word)) return word;
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

function command(text: string): Command {
  return Object.freeze({ kind: 'command', text });
}

function spell(word: Word): string {
  if (typeof word === 'string') return quote(word);
  if (typeof word === 'number' || typeof word === 'bigint') return quote(numberText(word));
  if (word instanceof Uint8Array) return quote(decodeBytes(word));
  if (isList(word)) return word.map(spell).join(' ');
  return commandText(word);
}

function numberText(word: number | bigint): string {
  if (typeof word === 'number' && !Number.isFinite(word)) {
    throw new PgupError('internal', `a word of a command is ${word}`);
  }
  return String(word);
}

function isList(word: Command | readonly Word[]): word is readonly Word[] {
  return Array.isArray(word);
}

/** The types let only a Command come here; plain JavaScript and casts let anything, and a secret must not pass. */
function commandText(word: Command): string {
  const value: unknown = word;
  if (value instanceof Secret) {
    throw new PgupError('internal', 'a secret cannot be part of a command: it would stand in argv; use stdin');
  }
  if (typeof value !== 'object' || value === null || (value as { kind?: unknown }).kind !== 'command') {
    throw new PgupError('internal', `a word of a command is ${value === null ? 'null' : typeof value}`);
  }
  return word.text;
}

const PLAIN = /^[A-Za-z0-9_@%+:,./-]+$/;
/** Words that mean something to the shell where a command may begin. */
const RESERVED = new Set('case do done elif else esac fi for if in then until while'.split(' '));
