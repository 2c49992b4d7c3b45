import { PgupError } from '../lib/errors.ts';

/** What the parser made of the options that were typed, by each of their names. */
type Parsed = Readonly<Record<string, unknown>>;

/**
 * Refuses what the parser would read as something else without a word: `--check=maybe` as no check, which with `--yes`
 * is the real upgrade; `--check --check=false` as the last of both; `--limit` without a value as no limit.
 */
export function refuseOddValues(argv: readonly string[], parsed: Parsed): void {
  const end = argv.indexOf('--');
  for (const [index, word] of (end < 0 ? argv : argv.slice(0, end)).entries()) {
    const option = /^(?:--([^=]+)|-[^-=]*?([^-=]))(?:=([^]*))?$/.exec(word);
    const name = option?.[1] ?? option?.[2];
    if (name === undefined) continue;
    const value = parsed[name];
    if (typeof value === 'boolean') {
      const text = option?.[3] ?? 'true';
      if (text !== 'true' && text !== 'false') {
        throw usage(`${word}: an option of this kind takes no value but true or false`);
      }
      // The parser keeps the last: where that is not what this word says, two of them contradict one another.
      if (String(value) !== text) throw usage(`${word}: the same option is given as true and as false`);
    } else if (option?.[3] === undefined && argv[index + 1] !== '') {
      // An option that may be given again has a value from where it was given before.
      const left = Array.isArray(value) && /^$|^-./.test(argv[index + 1] ?? '');
      if (left || isEmpty(value)) throw usage(`${word} needs a value`);
    }
  }
}

/** As the parser has an option whose value was left out; one that was typed as `''` is for its reader to judge. */
function isEmpty(value: unknown): boolean {
  return value === '' || (Array.isArray(value) && (value.length === 0 || value.includes('')));
}

function usage(message: string): PgupError {
  return new PgupError('usage', message, { next: 'pgup --help' });
}
