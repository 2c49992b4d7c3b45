import { hbaLine, parseHba, rulesFor, type Entry } from './hba.ts';

/**
 * Who gets into a server that is not open yet: the owner of its data directory, as its superuser, through a socket in a
 * 0700 directory; and, where entries are given, those alone. Never the cluster's own pg_hba.conf, which lets
 * applications in.
 */
export interface ClosedAccess {
  readonly hba: string;
  readonly ident: string;
}

/** A name of our own: the carried pg_ident.conf may have any. */
const MAP = 'pgup_owner';

/** Only the owner, as the install user. What pg_upgrade and every transient server of ours runs with. */
export function ownerAccess(owner: string, installUser: string): ClosedAccess {
  return Object.freeze({
    hba: `# pgup: nobody but the owner of the data directory until the upgrade is proven\nlocal all all peer map=${MAP}\n`,
    ident: `${MAP} "${owner}" "${installUser}"\n`,
  });
}

/**
 * As ownerAccess, and one role to one database from certain addresses, by the methods that the carried pg_hba.conf has
 * for it; by password where it names none that can be told.
 */
export function migratorAccess(
  access: ClosedAccess,
  entries: readonly Entry[],
  carried: { readonly hba: string; readonly ident: string },
): ClosedAccess {
  const rules = parseHba(carried.hba);
  const lines = entries.flatMap((entry) => {
    const matching = rulesFor(rules, entry);
    if (matching.length > 0) return matching.map(hbaLine);
    const place = entry.address === undefined ? { type: 'local' } : { type: 'host' };
    const narrowed = { kind: 'hba-rule' as const, ...place, databases: [entry.database], users: [entry.user] };
    return [hbaLine({ ...narrowed, address: hostOf(entry.address), method: 'md5', options: [] })];
  });
  // The owner's rule names every database, so the migrator's come first: on the socket they would never be reached.
  return Object.freeze({
    hba: `${lines.join('\n')}\n${access.hba}`,
    ident: `${carried.ident.trimEnd()}\n${access.ident}`,
  });
}

function hostOf(address: string | undefined): string | undefined {
  if (address === undefined) return undefined;
  return `${address}/${address.includes(':') ? 128 : 32}`;
}
