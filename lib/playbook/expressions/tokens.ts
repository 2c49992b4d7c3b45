import { Fault, type Span } from './fault.ts';

export type Token = Span &
  (
    | { readonly kind: 'name'; readonly text: string }
    | { readonly kind: 'string'; readonly text: string }
    | { readonly kind: 'integer'; readonly value: bigint }
    | { readonly kind: 'float'; readonly value: number }
    | { readonly kind: 'symbol'; readonly text: string }
    | { readonly kind: 'end'; readonly text: string }
  );

/**
 * How a backslash in a string literal is read. Ansible differs by place: `python` in conditions ("\n" is a newline),
 * `literal` in `{{ }}`, where it stays a backslash, so that regular expressions need no second one.
 */
export type Escapes = 'python' | 'literal';

export interface TokenOptions {
  readonly escapes: Escapes;
  /** Offset to begin at. */
  readonly start: number;
  /** Whether a `}}` outside brackets ends the expression; else the end of the text does. */
  readonly braces: boolean;
}

/** A longer expression is a mistake or an attack: evaluating it could exhaust the stack. */
const MOST_TOKENS = 2000;

const SPACE = /\s+/y;
const NAME = /[\p{L}_][\p{L}\p{N}_]*/uy;
const FLOAT = /(?<!\.)\d+(?:_\d+)*(?:(?:\.\d+(?:_\d+)*)?[eE][+-]?\d+(?:_\d+)*|\.\d+(?:_\d+)*)/y;
const INTEGER = /0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|0[xX](?:_?[\da-fA-F])+|[1-9](?:_?\d)*|0(?:_?0)*/y;
const STRING = /'(?:[^'\\]|\\[^])*'|"(?:[^"\\]|\\[^])*"/y;
const SYMBOL = /\/\/|\*\*|==|!=|>=|<=|[-+*/%~<>=()[\]{}.:|,]/y;
const CLOSING: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

/** The tokens of one expression. The last is `end`: its span covers the closing braces, or nothing. */
export function tokenize(text: string, { escapes, start, braces }: TokenOptions): readonly Token[] {
  const tokens: Token[] = [];
  const open: string[] = [];
  let at = start;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0];
  };
  for (;;) {
    at += take(SPACE)?.length ?? 0;
    if (at >= text.length) {
      if (braces) throw new Fault('"{{" is never closed by "}}"', { start: Math.max(0, start - 2), end: start });
      tokens.push({ kind: 'end', text: 'the end', start: at, end: at });
      return tokens;
    }
    const closing = braces && open.length === 0 ? take(/[-+]?\}\}/y) : undefined;
    if (closing !== undefined) {
      tokens.push({ kind: 'end', text: closing, start: at, end: at + closing.length });
      return tokens;
    }
    const token = next(take, at, escapes) ?? unreadable(text, at);
    if (token.kind === 'symbol') balance(token, open);
    tokens.push(token);
    if (tokens.length > MOST_TOKENS) throw new Fault('the expression is too long', { start, end: token.end });
    at = token.end;
  }
}

function next(take: (pattern: RegExp) => string | undefined, start: number, escapes: Escapes): Token | undefined {
  const span = (length: number): Span => ({ start, end: start + length });
  const float = take(FLOAT);
  if (float !== undefined) return { kind: 'float', value: Number(float.replaceAll('_', '')), ...span(float.length) };
  const digits = take(INTEGER);
  if (digits !== undefined)
    return { kind: 'integer', value: BigInt(digits.replaceAll('_', '')), ...span(digits.length) };
  const name = take(NAME);
  if (name !== undefined) return { kind: 'name', text: name, ...span(name.length) };
  const string = take(STRING);
  if (string !== undefined) {
    const inside = string.slice(1, -1);
    return {
      kind: 'string',
      text: escapes === 'python' ? unescape(inside, start + 1) : inside,
      ...span(string.length),
    };
  }
  const symbol = take(SYMBOL);
  return symbol === undefined ? undefined : { kind: 'symbol', text: symbol, ...span(symbol.length) };
}

/** Brackets must close in order: only then is it known where an expression ends. */
function balance(token: Token & { readonly kind: 'symbol' }, open: string[]): void {
  const closing = CLOSING[token.text];
  if (closing !== undefined) {
    open.push(closing);
  } else if (token.text === ')' || token.text === ']' || token.text === '}') {
    const expected = open.pop();
    if (expected === undefined) throw new Fault(`"${token.text}" closes nothing`, token);
    if (expected !== token.text) throw new Fault(`"${token.text}" where "${expected}" is expected`, token);
  }
}

const INSTEAD: Readonly<Record<string, string>> = {
  '&': 'write "and"',
  '!': 'write "not"',
  '?': 'write "a if condition else b"',
  $: 'variables are written without "$"',
  ';': 'one expression stands between the braces',
};

function unreadable(text: string, start: number): never {
  const character = String.fromCodePoint(text.codePointAt(start) ?? 0);
  const span = { start, end: start + character.length };
  if (character === '"' || character === "'")
    throw new Fault(`the string that begins with ${character} here is never closed`, span);
  const instead = INSTEAD[character];
  throw new Fault(`"${character}" means nothing here${instead === undefined ? '' : `: ${instead}`}`, span);
}

const SHORT: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
  '\n': '',
};

function unescape(text: string, start: number): string {
  return text.replace(
    /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-7]{1,3})|([^]))/g,
    (whole, x?: string, u?: string, U?: string, octal?: string, other?: string, offset?: number) => {
      const hex = x ?? u ?? U;
      const code = hex !== undefined ? parseInt(hex, 16) : octal !== undefined ? parseInt(octal, 8) : undefined;
      if (code === undefined) return SHORT[other ?? ''] ?? whole;
      if (code <= 0x10ffff) return String.fromCodePoint(code);
      const at = start + (offset ?? 0);
      throw new Fault(`${whole} is no character`, { start: at, end: at + whole.length });
    },
  );
}
