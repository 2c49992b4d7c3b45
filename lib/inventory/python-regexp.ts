import { SPACE, WORD } from './python-text.ts';

export type PythonRegExp =
  { readonly kind: 'regexp'; readonly regexp: RegExp } | { readonly kind: 'refused'; readonly reason: string };

/**
 * A regular expression of Python as one of JavaScript that matches as `re.match` does: from the start of the name, to
 * wherever it likes. What the two languages see differently, and no host pattern needs, is refused.
 */
export function translatePythonRegExp(source: string): PythonRegExp {
  try {
    const { body, flags } = new Translator(source).translate();
    return { kind: 'regexp', regexp: new RegExp(`^(?:${body})`, `v${flags}`) };
  } catch (thrown) {
    if (thrown instanceof Refusal) return { kind: 'refused', reason: thrown.message };
    if (thrown instanceof SyntaxError) return { kind: 'refused', reason: 'it is no regular expression' };
    throw thrown;
  }
}

class Refusal extends Error {}

const QUANTIFIER = /^(?:[*+?]|\{(?:(\d+)(?:,(\d*))?|,(\d*))\})([?+]?)/;
const CONTROL: Readonly<Record<string, string>> = { a: '\x07', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

class Translator {
  readonly #source: string;
  #at = 0;
  #flags = '';
  #ascii = false;
  /** Where look-behinds were opened that are still open: their width must be known beforehand. */
  readonly #open: ('group' | 'look-behind')[] = [];
  readonly #names = new Set<string>();

  constructor(source: string) {
    this.#source = source;
  }

  translate(): { readonly body: string; readonly flags: string } {
    this.#readFlags();
    let body = '';
    while (this.#at < this.#source.length) body += this.#piece();
    if (this.#open.length > 0) throw new Refusal('a "(" is not closed');
    return { body, flags: this.#flags };
  }

  /** `(?i)` at the very start: flags for the whole expression. */
  #readFlags(): void {
    const match = /^\(\?([a-zA-Z]+)\)/.exec(this.#source);
    if (!match) return;
    this.#at = match[0].length;
    for (const flag of new Set(match[1])) {
      if (flag === 'a') this.#ascii = true;
      else if ('is'.includes(flag)) this.#flags += flag;
      // Names have no line ends, so that "m" changes nothing.
      else if (!'mu'.includes(flag)) throw new Refusal(`flag "${flag}" is not supported`);
    }
  }

  #piece(): string {
    const character = this.#next();
    switch (character) {
      case '(':
        return this.#group();
      case ')':
        if (this.#open.pop() === undefined) throw new Refusal('a ")" has no "("');
        return `)${this.#quantifier()}`;
      case '[':
        return `${this.#characterClass()}${this.#quantifier()}`;
      case '\\':
        return `${this.#escape()}${this.#quantifier()}`;
      case '.':
        return `${this.#flags.includes('s') ? '[^]' : '[^\\n]'}${this.#quantifier()}`;
      case '$':
        return '(?=\\n?$)';
      case '^':
      case '|':
        return character;
      case '*':
      case '+':
      case '?':
        throw new Refusal(`"${character}" has nothing to repeat`);
      default:
        return `${literal(character)}${this.#quantifier()}`;
    }
  }

  /** A whole character, also above U+FFFF. */
  #next(): string {
    const character = String.fromCodePoint(this.#source.codePointAt(this.#at) ?? 0);
    this.#at += character.length;
    return character;
  }

  #rest(): string {
    return this.#source.slice(this.#at);
  }

  /** What repeats the piece before. A `{` that is no repetition stands for itself. */
  #quantifier(): string {
    const match = QUANTIFIER.exec(this.#rest());
    if (!match) return '';
    if (match[4] === '+') throw new Refusal('possessive repetition is not supported');
    if (this.#open.includes('look-behind')) throw new Refusal('a look-behind may not repeat anything');
    this.#at += match[0].length;
    if (QUANTIFIER.test(this.#rest())) throw new Refusal('a repetition is repeated');
    const bounds = match[0].startsWith('{,') ? `{0,${match[3] ?? ''}}${match[4] ?? ''}` : match[0];
    return bounds;
  }

  #group(): string {
    const rest = this.#rest();
    const comment = /^\?#[^)]*\)/.exec(rest)?.[0];
    if (comment !== undefined) {
      this.#at += comment.length;
      return '';
    }
    if (!rest.startsWith('?')) {
      this.#open.push('group');
      return '(?:';
    }
    const look = /^\?(?:<=|<!|[:=!])/.exec(rest)?.[0];
    if (look !== undefined) {
      this.#at += look.length;
      this.#open.push(look.includes('<') ? 'look-behind' : 'group');
      return `(${look}`;
    }
    const named = new RegExp(`^\\?P<([\\p{L}_][${WORD}]*)>`, 'u').exec(rest);
    const name = named?.[1];
    if (named === null || name === undefined) throw new Refusal(`"(${rest.slice(0, 3)}" is not supported`);
    if (this.#names.has(name)) throw new Refusal(`two groups are named "${name}"`);
    this.#names.add(name);
    this.#at += named[0].length;
    this.#open.push('group');
    // Nothing can refer to a group, so none needs to remember.
    return '(?:';
  }

  /** Outside a class. */
  #escape(): string {
    const word = this.#ascii ? '[0-9A-Za-z_]' : `[${WORD}]`;
    const rest = this.#rest();
    if (rest.startsWith('A')) return this.#skip(1, '^');
    if (rest.startsWith('Z')) return this.#skip(1, '$');
    if (rest.startsWith('b')) return this.#skip(1, `(?:(?<=${word})(?!${word})|(?<!${word})(?=${word}))`);
    if (rest.startsWith('B')) return this.#skip(1, `(?:(?<=${word})(?=${word})|(?<!${word})(?!${word}))`);
    if (/^[1-9]/.test(rest)) {
      const octal = /^[0-3][0-7]{2}/.exec(rest)?.[0];
      if (octal === undefined) throw new Refusal('references to groups are not supported');
      return this.#skip(3, literal(String.fromCharCode(parseInt(octal, 8))));
    }
    return this.#set() ?? literal(this.#escapedCharacter());
  }

  #skip(count: number, text: string): string {
    this.#at += count;
    return text;
  }

  /** `\d`, `\w`, `\s` and their opposites, as a class. */
  #set(): string | undefined {
    const letter = this.#source.charAt(this.#at);
    const sets: Record<string, string> = this.#ascii
      ? { d: '0-9', w: '0-9A-Za-z_', s: '\\t-\\r ' }
      : { d: '\\p{Nd}', w: WORD, s: SPACE };
    const set = sets[letter.toLowerCase()];
    if (set === undefined) return undefined;
    this.#at += 1;
    return letter === letter.toLowerCase() ? `[${set}]` : `[^${set}]`;
  }

  /** After a backslash: the character meant. */
  #escapedCharacter(): string {
    const rest = this.#rest();
    const hexadecimal = /^(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/.exec(rest);
    const digits = hexadecimal && (hexadecimal[1] ?? hexadecimal[2] ?? hexadecimal[3]);
    if (hexadecimal && digits !== null && digits !== undefined) {
      const code = parseInt(digits, 16);
      if (code > 0x10ffff) throw new Refusal(`"\\${hexadecimal[0]}" is no character`);
      return this.#skip(hexadecimal[0].length, String.fromCodePoint(code));
    }
    const octal = /^(?:0[0-7]{0,2}|[0-3][0-7]{2})/.exec(rest)?.[0];
    if (octal !== undefined) return this.#skip(octal.length, String.fromCharCode(parseInt(octal, 8)));
    if (rest === '') throw new Refusal('nothing follows the last backslash');
    const control = CONTROL[rest.charAt(0)];
    if (control !== undefined) return this.#skip(1, control);
    if (/^[0-9A-Za-z]/.test(rest)) throw new Refusal(`"\\${rest.charAt(0)}" has no meaning`);
    return this.#next();
  }

  #characterClass(): string {
    const negated = this.#rest().startsWith('^');
    if (negated) this.#at += 1;
    let members = '';
    for (let first = true; ; first = false) {
      if (this.#at >= this.#source.length) throw new Refusal('a "[" is not closed');
      if (!first && this.#rest().startsWith(']')) break;
      const from = this.#member();
      const range = /^-[^\]]/s.test(this.#rest());
      if (range) this.#at += 1;
      const to = range ? this.#member() : from;
      if (!range) members += typeof from === 'string' ? literal(from) : from.set;
      else if (typeof from !== 'string' || typeof to !== 'string') throw new Refusal('a range needs two characters');
      else if ((from.codePointAt(0) ?? 0) > (to.codePointAt(0) ?? 0))
        throw new Refusal(`the range ${from}-${to} runs backwards`);
      else members += `${literal(from)}-${literal(to)}`;
    }
    this.#at += 1;
    return `[${negated ? '^' : ''}${members}]`;
  }

  #member(): string | { readonly set: string } {
    const character = this.#next();
    if (character !== '\\') return character;
    if (this.#rest().startsWith('b')) return this.#skip(1, '\b');
    const set = this.#set();
    return set === undefined ? this.#escapedCharacter() : { set };
  }
}

/** A character for itself, in a class as well as outside one: by its number, so that no mode finds a meaning in it. */
function literal(character: string): string {
  return /^[\p{L}\p{N}_]$/u.test(character) ? character : `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
