/** Names with a number in them, apart: `web`, `07`, `.example.com`. */
interface Numbered {
  readonly head: string;
  readonly digits: string;
  readonly tail: string;
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
  const families = splits(name).map((mine) => {
    const members = names.flatMap((each) => splits(each).filter((other) => isSibling(mine, other)));
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

/** `web9` and `web10` are of one family, `web09` and `web010` are not. */
function isSibling(mine: Numbered, other: Numbered): boolean {
  if (mine.head !== other.head || mine.tail !== other.tail) return false;
  const isPadded = mine.digits.startsWith('0') || other.digits.startsWith('0');
  return !isPadded || mine.digits.length === other.digits.length;
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
