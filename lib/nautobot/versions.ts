/**
 * The oldest PostgreSQL that each Nautobot starts on (its documentation, and from 2.1 its own check E006; Django checks
 * on top of that). No Nautobot names a newest one.
 */
const OLDEST_POSTGRESQL: readonly { readonly since: readonly [number, number]; readonly oldest: string }[] = [
  { since: [3, 1], oldest: '14' },
  { since: [2, 1], oldest: '12' },
  // 2.0's documentation says 9.6, but its data migrations fail on 10 (nautobot#4757)
  { since: [2, 0], oldest: '11' },
  { since: [0, 0], oldest: '9.6' },
];

/** The oldest major of PostgreSQL that this Nautobot runs on; undefined where the version cannot be read. */
export function oldestPostgresql(nautobot: string): string | undefined {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(nautobot) ?? [];
  if (major === undefined || minor === undefined) return undefined;
  const version = [Number(major), Number(minor)] as const;
  return OLDEST_POSTGRESQL.find(
    ({ since }) => version[0] > since[0] || (version[0] === since[0] && version[1] >= since[1]),
  )?.oldest;
}
