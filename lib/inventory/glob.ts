/** Inside a character class of a `u` regular expression. */
const CLASS_SPECIAL = /[\\\]^[-]/g;
/** Elsewhere in one. */
const SPECIAL = /[\\^$.*+?()[\]{}|/]/g;

/**
 * A shell pattern as Python's `fnmatch` reads it: `*`, `?`, `[abc]`, `[a-z]`, `[!abc]`; case counts, the whole name
 * must match, and a `[` that nothing closes is a bracket.
 */
export function globToRegExp(glob: string): RegExp {
  let source = '';
  const characters = Array.from(glob);
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at] ?? '';
    const close = character === '[' ? closingBracket(characters, at + 1) : undefined;
    if (character === '*') source += '.*';
    else if (character === '?') source += '.';
    else if (close !== undefined) {
      source += characterClass(characters.slice(at + 1, close));
      at = close;
    } else source += character.replace(SPECIAL, '\\$&');
  }
  return new RegExp(`^${source}$`, 'su');
}

/** A `]` that comes first, or right after `!`, is a member of the class. */
function closingBracket(characters: readonly string[], from: number): number | undefined {
  let at = from;
  if (characters[at] === '!') at += 1;
  if (characters[at] === ']') at += 1;
  while (at < characters.length && characters[at] !== ']') at += 1;
  return at < characters.length ? at : undefined;
}

function characterClass(inside: readonly string[]): string {
  const negated = inside[0] === '!';
  const members = classMembers(negated ? inside.slice(1) : inside);
  const escape = (character: string): string => character.replace(CLASS_SPECIAL, '\\$&');
  const parts = members.map(([from, to]) => (from === to ? escape(from) : `${escape(from)}-${escape(to)}`));
  // A class whose ranges all run backwards matches nothing, and its opposite everything.
  if (parts.length === 0) return negated ? '.' : '(?!)';
  return `[${negated ? '^' : ''}${parts.join('')}]`;
}

/**
 * Single characters and ranges. A hyphen makes a range where it has a character on both sides that is not already the
 * end of a range; a range that runs backwards is dropped with both its ends.
 */
function classMembers(inside: readonly string[]): readonly (readonly [string, string])[] {
  const members: [string, string][] = [];
  for (let at = 0; at < inside.length; at++) {
    const from = inside[at] ?? '';
    const to = inside[at + 2];
    if (inside[at + 1] === '-' && to !== undefined) {
      if (compareCode(from, to) <= 0) members.push([from, to]);
      at += 2;
    } else {
      members.push([from, from]);
    }
  }
  return members;
}

function compareCode(a: string, b: string): number {
  return (a.codePointAt(0) ?? 0) - (b.codePointAt(0) ?? 0);
}
