/** Names with a number in them, apart: `web`, `07`, `.example.com`. */
interface Numbered {
  readonly head: string;
  readonly digits: string;
  readonly tail: string;
}

/** Names that one range can count through; a width in digits where they are padded to it. */
interface Family {
  readonly head: string;
  readonly tail: string;
  readonly width: number | undefined;
}

/**
 * Many host names in few words, as host lines and patterns of an inventory write them: `web[1:3],db1`. The first
 * number counts that tells the names apart; leading zeros are kept.
 */
export function foldNames(names: readonly string[]): string {
  const folded: string[] = [];
  const done = new Set<string>();
  for (const name of names) {
    if (done.has(name)) continue;
    const { members, text } = longestFamily(
      name,
      names.filter((each) => !done.has(each)),
    );
    for (const each of members) done.add(each);
    folded.push(text);
  }
  return folded.join(',');
}

function longestFamily(name: string, names: readonly string[]): { members: readonly string[]; text: string } {
  const families = splits(name)
    .flatMap(familiesOf)
    .map((mine) => {
      const members = names.flatMap((each) => splits(each).filter((other) => isMember(other, mine)));
      return { mine, numbers: [...new Set(members.map(({ digits }) => digits))].sort(byNumber) };
    });
  const best = families.reduce<(typeof families)[number] | undefined>(
    (most, each) => (each.numbers.length > (most?.numbers.length ?? 1) ? each : most),
    undefined,
  );
  if (!best) return { members: [name], text: name };
  const { mine, numbers } = best;
  return {
    members: numbers.map((digits) => `${mine.head}${digits}${mine.tail}`),
    text: ranges(numbers)
      .map((range) => `${mine.head}${range}${mine.tail}`)
      .join(','),
  };
}

/** Every way to see a name as text around one number. */
function splits(name: string): readonly Numbered[] {
  return [...name.matchAll(/\d+/g)].map(({ 0: digits, index }) => ({
    head: name.slice(0, index),
    digits,
    tail: name.slice(index + digits.length),
  }));
}

/**
 * `web9` and `web10` are of one family, `web09` and `web010` are not. `web10` alone is of two, `web[08:10]` and
 * `web[8:10]`: which one it counts to is said by the width, so that no family has `web6` and `web06`.
 */
function isMember({ digits, head, tail }: Numbered, family: Family): boolean {
  if (head !== family.head || tail !== family.tail) return false;
  return family.width === undefined ? !isPadded(digits) : digits.length === family.width;
}

/** The families that a name can be seen in: padded to its width, and, where it has no leading zero, unpadded. */
function familiesOf({ head, digits, tail }: Numbered): readonly Family[] {
  const padded = { head, tail, width: digits.length };
  return isPadded(digits) ? [padded] : [{ head, tail, width: undefined }, padded];
}

function isPadded(digits: string): boolean {
  return digits.length > 1 && digits.startsWith('0');
}

function byNumber(a: string, b: string): number {
  return Number(a) - Number(b);
}

/** `1 2 3 7` → `[1:3] 7`. */
function ranges(numbers: readonly string[]): readonly string[] {
  const runs: [string, string][] = [];
  for (const number of numbers) {
    const last = runs.at(-1);
    if (last && Number(last[1]) + 1 === Number(number)) last[1] = number;
    else runs.push([number, number]);
  }
  return runs.map(([from, to]) => (from === to ? from : `[${from}:${to}]`));
}
