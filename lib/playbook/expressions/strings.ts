import { Fault } from './fault.ts';

/** Python's `split`: runs of white space where no separator is given, at most `most` cuts. */
export function splitText(text: string, separator: string | undefined, most = -1): readonly string[] {
  if (separator === '') throw new Fault('the separator is empty');
  if (separator === undefined) return splitSpace(text, most);
  const pieces = text.split(separator);
  if (most < 0 || pieces.length <= most + 1) return pieces;
  return [...pieces.slice(0, most), pieces.slice(most).join(separator)];
}

function splitSpace(text: string, most: number): readonly string[] {
  const pieces: string[] = [];
  let rest = text.trimStart();
  while (rest !== '') {
    const cut = most >= 0 && pieces.length >= most ? -1 : rest.search(/\s/);
    pieces.push(cut < 0 ? rest : rest.slice(0, cut));
    rest = cut < 0 ? '' : rest.slice(cut).trimStart();
  }
  return pieces;
}

/** Python's `strip`, `lstrip` and `rstrip`: white space, or the characters given. */
export function trimText(text: string, characters: string | undefined, side: 'both' | 'left' | 'right'): string {
  if (characters === undefined)
    return side === 'both' ? text.trim() : side === 'left' ? text.trimStart() : text.trimEnd();
  const set = new Set(characters);
  const list = Array.from(text);
  let [start, end] = [0, list.length];
  if (side !== 'right') while (start < end && set.has(list[start] ?? '')) start++;
  if (side !== 'left') while (end > start && set.has(list[end - 1] ?? '')) end--;
  return list.slice(start, end).join('');
}
