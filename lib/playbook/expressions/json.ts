import { Float } from '../../inventory/inventory.ts';
import { Fault } from './fault.ts';
import { mapOf, type Item } from './items.ts';
import { integer } from './numbers.ts';

const DEEPEST = 500;

/** JSON with Python's kinds of number: `1.0` stays a float, integers are of any size. */
export function parseJson(text: string): Item {
  let at = 0;
  const skip = (): void => {
    while (/[ \t\n\r]/.test(text[at] ?? '')) at++;
  };
  const wrong = (): Fault => {
    const line = text.slice(0, at).split('\n').length;
    return new Fault(
      `cannot read the JSON text: unexpected ${at < text.length ? 'character' : 'end'} in line ${line}, offset ${at}`,
    );
  };
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    at += found?.length ?? 0;
    return found;
  };
  const string = (): string => {
    const found = take(/"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"/y);
    if (found === undefined) throw wrong();
    return JSON.parse(found) as string;
  };
  const list = <Each>(close: string, each: () => Each): Each[] => {
    const items: Each[] = [];
    at++;
    skip();
    if (text[at] === close) {
      at++;
      return items;
    }
    for (;;) {
      items.push(each());
      skip();
      const next = text[at];
      if (next !== ',' && next !== close) throw wrong();
      at++;
      if (next === close) return items;
    }
  };
  const value = (depth: number): Item => {
    if (depth > DEEPEST) throw new Fault('cannot read the JSON text: nested too deeply');
    skip();
    if (text[at] === '"') return string();
    if (text[at] === '[') return Object.freeze(list(']', () => value(depth + 1)));
    if (text[at] === '{') {
      const entries = list('}', (): [string, Item] => {
        skip();
        const name = string();
        skip();
        if (text[at++] !== ':') throw wrong();
        return [name, value(depth + 1)];
      });
      return mapOf(entries);
    }
    const number = take(/-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?/y);
    if (number !== undefined) return /[.eE]/.test(number) ? new Float(Number(number)) : integer(BigInt(number));
    const word = take(/true|false|null|NaN|-?Infinity/y);
    if (word === undefined) throw wrong();
    if (word === 'null') return null;
    return word === 'true' || (word === 'false' ? false : new Float(Number(word)));
  };
  const result = value(0);
  skip();
  if (at < text.length) throw wrong();
  return result;
}
