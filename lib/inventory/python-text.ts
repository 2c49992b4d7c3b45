/**
 * Text as Python sees it. Ansible's grammar is written in Python's terms (`str.strip`, `\s`, `\w`, `int()`), and
 * JavaScript's differ at the edges: `trim` takes a byte order mark and leaves `\x1c`, `\w` is ASCII, `\s` has U+FEFF.
 */

/** Inside a character class: what `str.strip()` takes off and what `\s` matches. */
export const SPACE = '\\t-\\r\\x1c- \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
/** Inside a character class: what `\w` matches. */
export const WORD = '\\p{L}\\p{N}_';

const SPACE_CHARACTER = new RegExp(`[${SPACE}]`, 'u');

function isSpace(character: string): boolean {
  return character === ' ' || SPACE_CHARACTER.test(character);
}

/** `str.strip()`. Character by character: a regular expression for the end takes quadratic time on blanks within. */
export function strip(text: string): string {
  const start = indentOf(text);
  let end = text.length;
  while (end > start && isSpace(text.charAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

/** How many characters `strip` takes off the front. */
export function indentOf(text: string): number {
  let at = 0;
  while (at < text.length && isSpace(text.charAt(at))) at += 1;
  return at;
}

export interface SourceLine {
  readonly text: string;
  /** From 1, as an editor counts: at line feeds, carriage returns and the pair of both. */
  readonly line: number;
  /** From 1: where `text` starts in that line. */
  readonly column: number;
}

/** `str.splitlines()`: it also splits at form feeds and separators, which an editor shows inside one line. */
export function splitLines(text: string): readonly SourceLine[] {
  const lines: SourceLine[] = [];
  const ends = /\r\n|[\n\r]/g;
  let line = 1;
  let start = 0;
  while (start < text.length) {
    ends.lastIndex = start;
    const end = ends.exec(text);
    const whole = text.slice(start, end?.index ?? text.length);
    let column = 1;
    for (const part of whole.split(/[\v\f\x1c-\x1e\x85\u2028\u2029]/)) {
      lines.push({ text: part, line, column });
      column += part.length + 1;
    }
    if (!end) break;
    start = end.index + end[0].length;
    line += 1;
  }
  return lines;
}

/** `int(text)`: signs, surrounding blanks, single underscores and the digits of any script. Undefined: not a number. */
export function parseInteger(text: string): bigint | undefined {
  const match = /^([+-]?)(\p{Nd}+(?:_\p{Nd}+)*)$/u.exec(strip(text));
  if (!match) return undefined;
  const digits = Array.from((match[2] ?? '').replaceAll('_', ''), decimalDigit).join('');
  return match[1] === '-' ? -BigInt(digits) : BigInt(digits);
}

/** The decimal digits of a script stand together in tens, in order: the digit is the distance from its zero. */
function decimalDigit(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x80) return character;
  let zero = code;
  while (/\p{Nd}/u.test(String.fromCodePoint(zero - 1)) && code - zero < 9) zero -= 1;
  return String(code - zero);
}

/** Order by code point, as Python sorts text; `<` sorts by UTF-16 unit, which differs above U+FFFF. */
export function compareText(a: string, b: string): number {
  let at = 0;
  while (at < a.length && at < b.length && a[at] === b[at]) at += 1;
  const rank = (text: string): number => {
    const unit = text.charCodeAt(at);
    if (Number.isNaN(unit)) return -1;
    return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
  };
  return rank(a) - rank(b);
}

/** A float as Python writes it: the shortest text that reads back the same, `1.0`, `1e+16`, `1e-05`, `inf`. */
export function formatFloat(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  const [mantissa = '0', power = '0'] = Math.abs(value).toExponential().split('e');
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const exponent = Number(power);
  if (exponent < -4 || exponent >= 16) {
    return `${sign}${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
  }
  const digits = mantissa.replace('.', '');
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  return `${sign}${whole}.${digits.slice(exponent + 1) || '0'}`;
}
