/** A role's name as SQL writes it: bare, or in double quotes with inner ones doubled. */
const NAME = String.raw`("(?:[^"]|"")+"|[a-z_][a-z0-9_$]*)`;

/** Where a dump names roles: owners of objects, and those that rights are given to. */
const ROLE = new RegExp(
  String.raw`^(?:ALTER .* OWNER TO ${NAME}|GRANT .* TO ${NAME}|REVOKE .* FROM ${NAME}|(?:SET SESSION AUTHORIZATION|ALTER DEFAULT PRIVILEGES FOR ROLE) ${NAME})`,
  'gm',
);

/** Words that stand where a role's name would and mean something else. */
const NO_ROLE = new Set(['public', 'default', 'current_user', 'session_user', 'postgres']);

/**
 * The roles that a plain SQL dump of one database names. They are not part of such a dump, and its restore ends at the
 * first one that does not exist.
 */
export function rolesNamedIn(sql: string): string[] {
  const names = [...sql.matchAll(ROLE)]
    .map((match) => (match.slice(1) as (string | undefined)[]).find((name) => name !== undefined) ?? '')
    .filter((name) => !NO_ROLE.has(name.toLowerCase()))
    .map((name) => (name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name));
  return [...new Set(names)].sort();
}
