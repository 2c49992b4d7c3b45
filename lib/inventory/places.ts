import type { Position } from '../errors.ts';

/** Where a value stands in its file, and where its parts stand. */
export interface Places {
  readonly at: Position;
  /** Of a string: the position of the character at an offset. Without it: `at`. */
  readonly locate?: ((offset: number) => Position) | undefined;
  /** Of a mapping or list: the places of its values, by key or index. */
  readonly inside?: ReadonlyMap<string, Places> | undefined;
  /** Of a mapping: the positions of its keys. */
  readonly keys?: ReadonlyMap<string, Position> | undefined;
  /** Of a mapping: the keys that are a number, a boolean or nothing to YAML, for want of quotes. */
  readonly notText?: ReadonlySet<string> | undefined;
  /** Of a number: as it is written. */
  readonly text?: string | undefined;
  /** Marked `!unsafe`: braces in it are text. */
  readonly literal?: boolean | undefined;
}

/**
 * For every character of a scalar's value the offset in its source, by walking both side by side: escapes, doubled
 * quotes, folded lines and indentation are longer in the source than in the value.
 */
export function alignOffsets(source: string, value: string): readonly number[] {
  const offsets: number[] = [];
  let at = 0;
  for (const character of value.split('')) {
    while (at < source.length && source[at] !== character && /\s/.test(source[at] ?? '') && !/\s/.test(character)) at++;
    if (/\s/.test(character)) {
      // a fold: one space in the value for a line break and the indentation after it
      while (at < source.length && source[at] !== character && /\s/.test(source[at] ?? '')) at++;
    }
    offsets.push(Math.min(at, source.length));
    if (source[at] === character) {
      at += character === "'" && source[at + 1] === "'" ? 2 : 1;
    } else if (source[at] === '\\') {
      at += { x: 4, u: 6, U: 10 }[source[at + 1] ?? ''] ?? 2;
    } else if (!/\s/.test(character)) {
      at++;
    }
  }
  offsets.push(Math.min(at, source.length));
  return offsets;
}
