import { createHash } from 'node:crypto';
import type { Command } from '../shell/host-shell.ts';
import { raw, sh } from '../shell/sh.ts';
import { psql, type ServerAddress } from './server-address.ts';

/**
 * What a cluster holds, in a form that two servers of different majors can be compared by: for every table of every
 * database its rows and an order-independent sum of their checksums, for every sequence where it stands, and how many
 * indexes, constraints and other objects there are.
 */
export interface Fingerprint {
  readonly kind: 'fingerprint';
  /** One hash over all entries. */
  readonly hash: string;
  readonly rows: number;
  /** `database schema.table` → `rows:sum:sum`; `database sequence schema.name` → `value:called`; … */
  readonly entries: Readonly<Record<string, string>>;
  /** The transaction id that was next when it was begun: a clean shutdown at the same number proves nothing changed. */
  readonly nextXid: string;
}

export type Depth = 'full' | 'counts';

/**
 * Sums of the two halves of each row's md5: addition does not care for order, so no sort is needed, the work runs in
 * parallel, and memory stays flat however large the table. Two rows swapped for others with the same sums in both
 * 64-bit halves are not a thing that happens by accident. The long alias: a column of that name would be taken instead
 * of the row.
 */
const FULL = `
  select 'table', %L, count(*)
      || ':' || coalesce(sum(('x' || substr(h, 1, 16))::bit(64)::bigint), 0)
      || ':' || coalesce(sum(('x' || substr(h, 17, 16))::bit(64)::bigint), 0)
  from (select md5(pgup_row::text) as h from only %I.%I as pgup_row) as hashed`;
const COUNTS = `select 'table', %L, count(*) || '::' from only %I.%I`;

/**
 * Partitioned tables hold nothing themselves, foreign tables hold nothing here. `only`: a parent must not count its
 * children again. Large objects live in a catalog, so they are named.
 */
function script(depth: Depth): string {
  const table = depth === 'full' ? FULL : COUNTS;
  return `
set search_path = '';
set default_transaction_read_only = on;
set max_parallel_workers_per_gather = 4;
select current_setting('server_version_num')::int < 120000 as short_floats \\gset
\\if :short_floats
  -- Before 12 a float's shortest exact form is not printed: 15 digits are what both sides can say.
  set extra_float_digits = 0;
\\else
  set extra_float_digits = 1;
\\endif
select format($pgup$${table}$pgup$, n.nspname || '.' || c.relname, n.nspname, c.relname)
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'm') and c.relpersistence <> 't'
  and (n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_toast'
       or n.nspname = 'pg_catalog' and c.relname = 'pg_largeobject')
order by c.relpages desc \\gexec
select format('select ''sequence'', %L, last_value || '':'' || is_called from %I.%I', n.nspname || '.' || c.relname, n.nspname, c.relname)
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace where c.relkind = 'S' \\gexec
select 'objects', c.relkind, count(*)
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast') and n.nspname !~ '^pg_temp' group by 2;
select 'constraints', contype, count(*) from pg_catalog.pg_constraint c join pg_catalog.pg_namespace n on n.oid = c.connamespace
where n.nspname not in ('pg_catalog', 'information_schema') and contype <> 'n' group by 2;
select 'indexes', indisvalid, count(*) from pg_catalog.pg_index where indrelid >= 16384 group by 2;
select 'functions', '', count(*) from pg_catalog.pg_proc where oid >= 16384;
select 'triggers', '', count(*) from pg_catalog.pg_trigger where not tgisinternal;
select 'extensions', '', count(*) from pg_catalog.pg_extension;
`;
}

/** A command that prints a cluster's fingerprint. Run it as the user that `server` lets in. */
export function fingerprintCommand(server: ServerAddress, depth: Depth): Command {
  const databases = psql(server, 'template1', '-c', 'select datname from pg_catalog.pg_database where datallowconn');
  const next = psql(server, 'template1', '-c', 'select txid_snapshot_xmax(txid_current_snapshot())');
  const each = psql({ ...server }, '@database@', '-F', '\t');
  return sh`${raw('set -eu; cd /')}
printf 'next-xid\t%s\n' "$(${next})"
databases=$(${databases})
${raw(`printf '%s\\n' "$databases" | while IFS= read -r database; do`)}
  printf 'database\t%s\n' "$database"
  ${raw(each.text.replace(/'?@database@'?$/, '"$database"'))} <<'PGUP_SQL'
${raw(script(depth))}
PGUP_SQL
done
printf 'end\n'`;
}

/** Reads what fingerprintCommand printed; undefined where it is not whole. */
export function parseFingerprint(output: string): Fingerprint | undefined {
  const entries: Record<string, string> = {};
  let database = '';
  let nextXid = '';
  let rows = 0;
  let whole = false;
  for (const line of output.split('\n')) {
    const [kind = '', name = '', value = ''] = line.split('\t');
    if (kind === 'next-xid') nextXid = name;
    else if (kind === 'database') database = name;
    else if (kind === 'end') whole = true;
    else if (kind !== '') {
      entries[`${database} ${kind === 'table' ? '' : `${kind} `}${name}`] = value;
      if (kind === 'table') rows += Number(value.split(':')[0]);
    }
  }
  if (!whole || nextXid === '') return undefined;
  return Object.freeze({ kind: 'fingerprint', hash: hashOf(entries), rows, entries: Object.freeze(entries), nextXid });
}

function hashOf(entries: Readonly<Record<string, string>>): string {
  const sorted = Object.entries(entries).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(sorted)).digest('hex');
}

/** Where two fingerprints differ, in words; empty where the data is equal. */
export function differences(before: Fingerprint, after: Fingerprint): readonly string[] {
  if (before.hash === after.hash) return [];
  const names = new Set([...Object.keys(before.entries), ...Object.keys(after.entries)]);
  return [...names].sort().flatMap((name) => {
    const [was, is] = [before.entries[name], after.entries[name]];
    if (was === is) return [];
    if (was === undefined) return [`${name} is new`];
    if (is === undefined) return [`${name} is gone`];
    const [rowsWas, rowsAre] = [was, is].map((value) => value.split(':')[0]);
    return [
      rowsWas === rowsAre ? `${name}: contents differ` : `${name}: ${rowsWas ?? ''} before, ${rowsAre ?? ''} after`,
    ];
  });
}
