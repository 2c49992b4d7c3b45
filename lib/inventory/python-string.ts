/** A string or bytes literal, read. `format`: an f-string, whose content is not a constant. */
export type PythonString =
  | { readonly kind: 'text'; readonly text: string; readonly end: number }
  | { readonly kind: 'bytes'; readonly bytes: readonly number[]; readonly end: number }
  | { readonly kind: 'format'; readonly end: number }
  | { readonly kind: 'named-character'; readonly end: number };

const OPENING = /(r|u|b|f|rb|br|rf|fr)?('''|"""|'|")/iy;
const SIMPLE: Readonly<Record<string, string>> = {
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/** Reads the string literal that starts at `from`. Undefined: none does, or Python would call it a syntax error. */
export function readPythonString(source: string, from: number): PythonString | undefined {
  OPENING.lastIndex = from;
  const opening = OPENING.exec(source);
  if (!opening) return undefined;
  const prefix = (opening[1] ?? '').toLowerCase();
  const quote = opening[2] ?? '';
  const start = from + opening[0].length;
  const close = closingQuote(source, start, quote);
  if (close === undefined) return undefined;
  const body = source.slice(start, close);
  const end = close + quote.length;
  if (prefix.includes('f')) return { kind: 'format', end };
  const bytes = prefix.includes('b');
  if (bytes && /[^\x00-\x7f]/.test(body)) return undefined;
  const text = prefix.includes('r') ? body : unescape(body, bytes);
  if (text === undefined) return undefined;
  if (text === NAMED) return { kind: 'named-character', end };
  return bytes
    ? { kind: 'bytes', bytes: Array.from(text, (unit) => unit.charCodeAt(0)), end }
    : { kind: 'text', text, end };
}

/** A backslash keeps the character after it from closing the string, in raw strings too. */
function closingQuote(source: string, start: number, quote: string): number | undefined {
  for (let at = start; at < source.length; at++) {
    if (source.charAt(at) === '\\') at += 1;
    else if (source.startsWith(quote, at)) return at;
  }
  return undefined;
}

/** Stands for a body with `\N{...}`: the table of character names is not carried. */
const NAMED = Symbol('named character');

function unescape(body: string, bytes: boolean): string | typeof NAMED | undefined {
  let text = '';
  for (let at = 0; at < body.length; at++) {
    const character = body.charAt(at);
    if (character !== '\\') {
      text += character;
      continue;
    }
    const escape = readEscape(body, at + 1, bytes);
    if (escape === undefined || escape === NAMED) return escape;
    text += escape.text;
    at = escape.end - 1;
  }
  return text;
}

interface Escape {
  readonly text: string;
  readonly end: number;
}

function readEscape(body: string, at: number, bytes: boolean): Escape | typeof NAMED | undefined {
  const letter = body.charAt(at);
  const simple = SIMPLE[letter];
  if (simple !== undefined) return { text: simple, end: at + 1 };
  const octal = /^[0-7]{1,3}/.exec(body.slice(at, at + 3))?.[0];
  if (octal !== undefined) {
    const code = parseInt(octal, 8);
    return { text: String.fromCharCode(bytes ? code & 0xff : code), end: at + octal.length };
  }
  if (letter === 'x') return hexadecimal(body, at + 1, 2);
  if (!bytes && letter === 'u') return hexadecimal(body, at + 1, 4);
  if (!bytes && letter === 'U') return hexadecimal(body, at + 1, 8);
  if (!bytes && letter === 'N') return /^\{[^}]+\}/.test(body.slice(at + 1)) ? NAMED : undefined;
  // An unknown escape keeps its backslash.
  return { text: `\\${letter}`, end: at + 1 };
}

function hexadecimal(body: string, at: number, width: number): Escape | undefined {
  const digits = body.slice(at, at + width);
  if (digits.length < width || !/^[0-9a-f]+$/i.test(digits)) return undefined;
  const code = parseInt(digits, 16);
  return code > 0x10ffff ? undefined : { text: String.fromCodePoint(code), end: at + width };
}

/** Bytes as text: UTF-8, and what is not UTF-8 as lone surrogates (Python's `surrogateescape`). */
export function bytesToText(bytes: readonly number[]): string {
  const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let text = '';
  for (let at = 0; at < bytes.length;) {
    const lead = bytes[at] ?? 0;
    const length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    try {
      text += strict.decode(Uint8Array.from(bytes.slice(at, at + length)));
      at += length;
    } catch {
      text += String.fromCharCode(0xdc00 + lead);
      at += 1;
    }
  }
  return text;
}
