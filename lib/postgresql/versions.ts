/**
 * Major versions of PostgreSQL: which ones pgup knows, as targets and as sources, and what a new major no longer
 * ships. Majors are strings (`15`, `9.6`): as numbers 9.10 and 9.1 would be the same.
 */

/** Targets that this pgup upgrades to: majors that the PostgreSQL project still maintains and whose traits are known. */
export const TARGETS = ['14', '15', '16', '17', '18'] as const;

/** The oldest major that the survey can read: before 10 psql has no `\if` and the catalogs lack what the checks ask. */
export const OLDEST_SOURCE = '10';

/** Below zero where `a` is the older major. */
export function compareMajors(a: string, b: string): number {
  const [left, right] = [a, b].map((major) => major.split('.').map(Number));
  return (left?.[0] ?? 0) - (right?.[0] ?? 0) || (left?.[1] ?? 0) - (right?.[1] ?? 0);
}

/** Libraries of PostgreSQL's own packages that a major no longer ships, with what users have to do about them. */
const GONE: readonly { readonly since: string; readonly library: RegExp; readonly advice: string }[] = [
  { since: '10', library: /^tsearch2$/, advice: 'its functions are part of PostgreSQL: drop the extension' },
  { since: '11', library: /^chkpass$/, advice: 'it has no successor in PostgreSQL: drop the extension' },
  { since: '12', library: /^timetravel$/, advice: 'it has no successor in PostgreSQL: drop the extension' },
  {
    since: '15',
    library: /^(plpython2|.+_plpython2)$/,
    advice: 'Python 2 is gone: move the functions to plpython3u, then drop the extension',
  },
  { since: '17', library: /^adminpack$/, advice: 'only pgAdmin III used it: drop the extension' },
  {
    since: '17',
    library: /^old_snapshot$/,
    advice: 'the setting that it looked at is gone: drop the extension',
  },
];

/** Why `library` (without folder and ending) is not in PostgreSQL's own package of `target`; undefined where it is. */
export function goneLibrary(
  library: string,
  target: string,
): { readonly since: string; readonly advice: string } | undefined {
  return GONE.find((each) => each.library.test(library) && compareMajors(target, each.since) >= 0);
}
