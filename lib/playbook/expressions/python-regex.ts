import { Fault } from './fault.ts';

export interface RegexOptions {
  readonly ignoreCase?: boolean;
  readonly multiline?: boolean;
  readonly global?: boolean;
}

const CLASSES: Readonly<Record<string, string>> = {
  d: '\\p{Nd}',
  D: '\\P{Nd}',
  w: '\\p{L}\\p{N}_',
  s: '\\s\\x1c-\\x1f\\x85',
};

/** A Python regular expression as JavaScript's. What JavaScript cannot do is refused by name. */
export function pythonRegex(
  source: string,
  { ignoreCase = false, multiline = false, global = false }: RegexOptions,
): RegExp {
  let flags = `u${global ? 'g' : ''}${ignoreCase ? 'i' : ''}`;
  let rest = source;
  let lines = multiline;
  const inline = /^\(\?([aiLmsux]+)\)/.exec(source);
  for (const flag of inline?.[1] ?? '') {
    if (flag === 'i' && !flags.includes('i')) flags += 'i';
    else if (flag === 'm') lines = true;
    else if (flag === 's') flags += flags.includes('s') ? '' : 's';
    else if (flag === 'x') throw refused(source, 'the verbose form "(?x)" is not supported');
  }
  if (inline) rest = source.slice(inline[0].length);
  const text = translate(rest, source, lines);
  try {
    return new RegExp(text, lines ? `${flags}m` : flags);
  } catch {
    throw refused(source, 'it is not well formed');
  }
}

/** Why a Python regular expression cannot be used; undefined where it can. */
export function regexFault(source: string): string | undefined {
  try {
    pythonRegex(source, {});
    return undefined;
  } catch (thrown) {
    if (thrown instanceof Fault) return thrown.message;
    throw thrown;
  }
}

function refused(source: string, why: string): Fault {
  return new Fault(`cannot read the regular expression ${JSON.stringify(source)}: ${why}`);
}

/** Everything that both dialects write differently, in one pass over groups, escapes, classes and anchors. */
function translate(text: string, source: string, lines: boolean): string {
  let result = '';
  let at = 0;
  while (at < text.length) {
    const rest = text.slice(at);
    const [piece, length] =
      group(rest, source) ?? escape(rest, source, false) ?? klass(rest, source) ?? plain(rest, lines);
    result += piece;
    at += length;
  }
  return result;
}

type Piece = readonly [text: string, length: number] | undefined;

function group(rest: string, source: string): Piece {
  const named = /^\(\?P<([A-Za-z_]\w*)>/.exec(rest);
  if (named) return [`(?<${named[1] ?? ''}>`, named[0].length];
  const back = /^\(\?P=([A-Za-z_]\w*)\)/.exec(rest);
  if (back) return [`\\k<${back[1] ?? ''}>`, back[0].length];
  const comment = /^\(\?#[^)]*\)/.exec(rest);
  if (comment) return ['', comment[0].length];
  if (/^\(\?(?:>|\(|[aiLmsux-]+[:)])/.test(rest)) throw refused(source, 'this kind of group is not supported');
  return undefined;
}

function escape(rest: string, source: string, inClass: boolean): Piece {
  if (!rest.startsWith('\\')) return undefined;
  const character = Array.from(rest.slice(1, 3))[0];
  if (character === undefined) throw refused(source, 'it ends in a backslash');
  if (character === 'A' && !inClass) return ['(?<![^])', 2];
  if (character === 'Z' && !inClass) return ['(?![^])', 2];
  if (character === 'a') return ['\\x07', 2];
  if (character === 'W')
    return [inClass ? refuse(source, '"\\W" inside brackets is not supported') : '[^\\p{L}\\p{N}_]', 2];
  const known = CLASSES[character];
  if (known !== undefined) return [inClass || character === 'd' || character === 'D' ? known : `[${known}]`, 2];
  const octal = /^\\0([0-7]{0,2})/.exec(rest);
  if (octal)
    return [
      `\\x${parseInt(octal[1] === '' ? '0' : (octal[1] ?? '0'), 8)
        .toString(16)
        .padStart(2, '0')}`,
      octal[0].length,
    ];
  if (/[1-9SbBnrtfvxu]/.test(character)) return [`\\${character}`, 2];
  if (/[A-Za-z]/.test(character)) throw refused(source, `"\\${character}" is not known`);
  return [literal(character), 1 + character.length];
}

function refuse(source: string, why: string): never {
  throw refused(source, why);
}

function literal(character: string): string {
  return /[\^$\\.*+?()[\]{}|/-]/.test(character) ? `\\${character}` : character;
}

/** `[…]`: a `]` that comes first and a lone `[` are literal in Python. */
function klass(rest: string, source: string): Piece {
  if (!rest.startsWith('[')) return undefined;
  let at = rest.startsWith('[^') ? 2 : 1;
  let result = rest.slice(0, at);
  for (let first = true; first || rest[at] !== ']'; first = false) {
    const piece = escape(rest.slice(at), source, true);
    const character = Array.from(rest.slice(at, at + 2))[0];
    if (character === undefined) throw refused(source, '"[" is never closed');
    result += piece ? piece[0] : /[[\]^\\/(){}|]/.test(character) ? `\\${character}` : character;
    at += piece ? piece[1] : character.length;
  }
  return [`${result}]`, at + 1];
}

function plain(rest: string, lines: boolean): readonly [string, number] {
  const quantifier = /^\{(?:\d+(?:,\d*)?|,\d+)\}/.exec(rest);
  if (quantifier) return [quantifier[0].replace('{,', '{0,'), quantifier[0].length];
  const [character = ''] = Array.from(rest.slice(0, 2));
  if (character === '$') return [lines ? '(?=\\n|(?![^]))' : '(?=\\n?(?![^]))', 1];
  if (character === '^') return [lines ? '(?<=\\n|(?<![^]))' : '^', 1];
  if (character === '.') return ['.', 1];
  if (character === '{' || character === '}' || character === ']') return [`\\${character}`, 1];
  return [character, character.length];
}

/** A replacement as Python's `re.sub` reads it: `\1`, `\g<1>`, `\g<name>`, `\n` and the like. */
export function expandReplacement(template: string, match: RegExpExecArray): string {
  return template.replace(
    /\\(?:g<([^>]*)>|(\d{1,2})|([^]))/g,
    (whole, name?: string, digits?: string, other?: string) => {
      const group = name ?? digits;
      if (group !== undefined) return groupOf(match, group) ?? '';
      const short = { n: '\n', t: '\t', r: '\r', f: '\f', v: '\v', a: '\x07', b: '\b', '\\': '\\' }[other ?? ''];
      if (short === undefined && /[A-Za-z]/.test(other ?? ''))
        throw new Fault(`"${whole}" means nothing in a replacement`);
      return short ?? whole;
    },
  );
}

/** A group by number or name; undefined where it took no part. */
export function groupOf(match: RegExpExecArray, group: string): string | undefined {
  if (/^\d+$/.test(group)) {
    if (Number(group) >= match.length) throw new Fault(`the regular expression has no group ${group}`);
    return match[Number(group)];
  }
  if (!match.groups || !Object.hasOwn(match.groups, group))
    throw new Fault(`the regular expression has no group "${group}"`);
  return match.groups[group];
}
