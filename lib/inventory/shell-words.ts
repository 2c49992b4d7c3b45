/** One word of a host line. */
export interface ShellWord {
  readonly text: string;
  /** Offset of its first character, quotes included, in the line. */
  readonly offset: number;
}

export type ShellWords =
  | {
      readonly kind: 'words';
      readonly words: readonly ShellWord[];
      /** Offset of a `#` that ended the line in the middle of a word: the rest of the word is lost. */
      readonly cutAt: number | undefined;
    }
  | { readonly kind: 'unbalanced'; readonly offset: number; readonly missing: 'quote' | 'escaped character' };

const SPACE = ' \t\r\n';

/**
 * Splits a host line as Ansible does, which is as a POSIX shell does with comments on, except that a `#` starts a
 * comment anywhere outside quotes, also in the middle of a word.
 */
export function splitShellWords(line: string, { comments = true }: { comments?: boolean } = {}): ShellWords {
  const words: ShellWord[] = [];
  let text = '';
  let start = -1;
  let at = 0;
  const take = (piece: string, from: number): void => {
    if (start < 0) start = from;
    text += piece;
  };
  const finish = (): void => {
    if (start >= 0) words.push({ text, offset: start });
    text = '';
    start = -1;
  };
  for (; at < line.length; at++) {
    const character = line.charAt(at);
    if (SPACE.includes(character)) {
      finish();
    } else if (comments && character === '#') {
      const cutAt = start < 0 ? undefined : at;
      finish();
      return { kind: 'words', words, cutAt };
    } else if (character === '\\') {
      if (at + 1 >= line.length) return { kind: 'unbalanced', offset: at, missing: 'escaped character' };
      take(line.charAt(at + 1), at);
      at += 1;
    } else if (character === "'" || character === '"') {
      const quoted = readQuoted(line, at);
      if (!quoted) return { kind: 'unbalanced', offset: at, missing: 'quote' };
      take(quoted.text, at);
      at = quoted.end;
    } else {
      take(character, at);
    }
  }
  finish();
  return { kind: 'words', words, cutAt: undefined };
}

/** What stands between the quote at `from` and its partner; in double quotes `\"` and `\\` are escapes. */
function readQuoted(line: string, from: number): { readonly text: string; readonly end: number } | undefined {
  const quote = line.charAt(from);
  let text = '';
  for (let at = from + 1; at < line.length; at++) {
    const character = line.charAt(at);
    if (character === quote) return { text, end: at };
    const next = line.charAt(at + 1);
    if (quote === '"' && character === '\\' && (next === '"' || next === '\\')) {
      text += next;
      at += 1;
    } else {
      text += character;
    }
  }
  return undefined;
}
