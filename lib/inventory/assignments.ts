/** A word of `-e a=1 b="x y"`, quotes kept, backslash escapes read. */
export interface Assignment {
  readonly text: string;
  readonly offset: number;
}

const ESCAPE = /\\(?:U([0-9a-fA-F]{8})|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([\\'"abfnrtv]))/g;
const LETTERS: Readonly<Record<string, string>> = { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };
const BLOCKS = ['{{', '{%', '{#'] as const;
const ENDS = ['}}', '%}', '#}'] as const;

/**
 * Splits at blanks that are neither in quotes nor in `{{ }}`, as Ansible does with words that are not for a shell.
 * Gives what is wrong instead where a quote or a block is left open.
 */
export function splitAssignments(argument: string): readonly Assignment[] | string {
  const words: Assignment[] = [];
  let quote = '';
  let depth = 0;
  let start = 0;
  const finish = (end: number): void => {
    if (end > start) words.push({ text: readEscapes(argument.slice(start, end)), offset: start });
    start = end + 1;
  };
  for (let at = 0; at < argument.length; at++) {
    const character = argument.charAt(at);
    const pair = argument.slice(at, at + 2);
    if ((character === '"' || character === "'") && argument.charAt(at - 1) !== '\\') {
      if (quote === '') quote = character;
      else if (quote === character) quote = '';
    } else if (BLOCKS.some((each) => each === pair)) {
      depth += 1;
      at += 1;
    } else if (ENDS.some((each) => each === pair)) {
      depth = Math.max(0, depth - 1);
      at += 1;
    } else if ((character === ' ' || character === '\n') && quote === '' && depth === 0) {
      finish(at);
    }
  }
  if (quote !== '') return `a quote (${quote}) is never closed`;
  if (depth > 0) return 'a "{{" is never closed';
  finish(argument.length);
  return words;
}

function readEscapes(text: string): string {
  return text.replace(ESCAPE, (whole, long?: string, short?: string, byte?: string, letter?: string) => {
    if (letter !== undefined) return LETTERS[letter] ?? letter;
    const code = parseInt(long ?? short ?? byte ?? '', 16);
    return code > 0x10ffff ? whole : String.fromCodePoint(code);
  });
}
