import type { Case } from './case.ts';
import { found, db } from './helpers.ts';
import { cluster, contents, server } from '../fixtures.ts';

export const databasesCases: readonly Case[] = [
  {
    check: 'role-setting',
    when: (of) => {
      of.variables['pgup_target'] = '17';
      server(of).roleSettings = [{ role: 'bi', database: 'nautobot', setting: 'force_parallel_mode=on' }];
    },
    says: /role bi in database nautobot has the setting force_parallel_mode=on/,
    next: /ALTER ROLE bi IN DATABASE nautobot RESET force_parallel_mode/,
    quiet: (of) =>
      (server(of).roleSettings = [
        { role: 'bi', database: null, setting: 'effective_io_concurrency=8' },
        { role: null, database: 'nautobot', setting: 'password_encryption=on' },
      ]),
  },
  {
    check: 'system-column',
    when: (of) => {
      of.variables['pgup_target'] = '18';
      contents(of).systemColumns = [{ view: 'monitor.wal', column: 'pg_stat_wal.wal_write' }];
    },
    says: /views in database nautobot \(monitor\.wal\) read what PostgreSQL 18 does not have: pg_stat_wal\.wal_write/,
    next: /DROP VIEW monitor\.wal/,
    quiet: (of) =>
      (contents(of).systemColumns = [
        { view: 'monitor.wal', column: 'pg_stat_wal.wal_write' },
        { view: 'monitor.wal', column: 'pg_stat_bgwriter.buffers_clean' },
      ]),
  },
  {
    check: 'tablespace',
    when: (of) => server(of).tablespaces.push({ name: 'fast', location: '/srv/fast', size: 2_500_000 }),
    says: /fast in \/srv\/fast, 2\.5 MB/,
    next: /DROP TABLESPACE fast/,
    quiet: (of) => (server(of).tablespaces = []),
  },
  {
    check: 'other-database',
    when: (of) => server(of).databases.push({ ...db(of, 'nautobot'), name: 'wiki', oid: 9 }),
    says: /\(wiki\)/,
    next: /pgup_other_databases=wiki/,
    quiet: (of) => {
      server(of).databases.push({ ...db(of, 'nautobot'), name: 'wiki', oid: 9, allowsConnections: false });
      of.variables['pgup_other_databases'] = 'wiki';
    },
  },
  {
    check: 'other-database',
    notice: true,
    when: (of) => (of.variables['pgup_other_databases'] = ['gone']),
    says: /names what is not there: gone/,
    quiet: (of) => (of.variables['pgup_other_databases'] = ['postgres']),
  },
  {
    check: 'prepared-transaction',
    when: (of) => server(of).prepared.push({ gid: 'its', database: 'nautobot', owner: 'bob' }),
    says: /its of bob in nautobot/,
    next: /ROLLBACK PREPARED 'its'/,
    quiet: (of) => (server(of).prepared = []),
  },
  {
    check: 'odd-name',
    when: (of) => server(of).oddNames.push('a\nb'),
    says: /"a\\nb"/,
    quiet: (of) => server(of).databases.map((each) => (each.owner = 'somebody else')),
  },
  {
    check: 'invalid-database',
    when: (of) => (db(of, 'postgres').limit = -2),
    says: /database postgres is what a DROP DATABASE that failed left behind/,
    quiet: (of) => (db(of, 'postgres').limit = 5),
  },
  {
    check: 'closed-database',
    when: (of) => (db(of, 'postgres').allowsConnections = false),
    says: /database postgres takes no connections/,
    quiet: (of) => (db(of, 'template0').allowsConnections = false),
  },
  {
    check: 'template0-open',
    when: (of) => (db(of, 'template0').allowsConnections = true),
    says: /template0 takes connections/,
    quiet: (of) => (db(of, 'template1').allowsConnections = true),
  },
  {
    check: 'database-unreadable',
    when: (of) => (cluster(of).databases[String(db(of, 'nautobot').oid)] = { kind: 'refusal', text: 'timed out' }),
    says: /database nautobot could not be looked into: timed out/,
    quiet: (of) => (db(of, 'template0').allowsConnections = false),
  },
  {
    check: 'collation-version',
    notice: true,
    when: (of) => Object.assign(db(of, 'nautobot'), { collationVersion: '2.36', collationNow: '2.41' }),
    says: /when nautobot was made \(2\.36, now 2\.41\)/,
    next: /-c "REINDEX DATABASE nautobot" -c "ALTER DATABASE nautobot REFRESH/,
    quiet: (of) => Object.assign(db(of, 'nautobot'), { collationVersion: null, collationNow: '2.41' }),
  },
  {
    check: 'md5-password',
    notice: true,
    when: (of) => (server(of).md5Roles = 2),
    says: /2 roles log in with an md5 password/,
    quiet: (of) => (server(of).md5Roles = null),
  },
  {
    check: 'large-objects',
    notice: true,
    when: (of) => (contents(of).largeObjects = 100_000),
    says: /100000 large objects: .* some 7 s longer/,
    quiet: (of) => (contents(of).largeObjects = 12),
  },
  {
    check: 'stored-type',
    when: (of) => contents(of).columns.push({ reason: 'regproc', count: 21, rows: ['public.t.a', 'public.t.b'] }),
    says: /type regproc, .*: public\.t\.a, public\.t\.b and 19 more/,
    // gone with 12, so a column of it in 15 is a domain of one's own name
    quiet: (of) => contents(of).columns.push({ reason: 'abstime', count: 1, rows: ['public.t.a'] }),
  },
  {
    check: 'stored-type',
    when: (of) => contents(of).columns.push({ reason: 'aclitem', count: 1, rows: ['public.t.a'] }),
    says: /type aclitem/,
    quiet: (of) => {
      contents(of).columns.push({ reason: 'aclitem', count: 1, rows: ['public.t.a'] });
      cluster(of).version = '16';
    },
  },
  {
    check: 'with-oids',
    when: (of) => {
      contents(of).oids = found(1, 'public.t');
      cluster(of).version = '11';
    },
    says: /tables WITH OIDS.*public\.t/,
    quiet: (of) => (contents(of).oids = found(1, 'public.t')),
  },
  {
    check: 'postfix-operator',
    when: (of) => {
      contents(of).postfix = found(1, '!!(integer,NONE)');
      cluster(of).version = '13';
    },
    says: /postfix operators/,
    quiet: (of) => (contents(of).postfix = found(1, '!!(integer,NONE)')),
  },
  {
    check: 'encoding-conversion',
    when: (of) => {
      contents(of).conversions = found(1, 'public.c');
      cluster(of).version = '13';
    },
    says: /encoding conversions/,
    quiet: (of) => (contents(of).conversions = found(1, 'public.c')),
  },
  {
    check: 'polymorphic-function',
    when: (of) => {
      contents(of).polymorphic = found(1, 'public.accum(anyelement)');
      cluster(of).version = '13';
    },
    says: /array functions/,
    quiet: (of) => (contents(of).polymorphic = found(1, 'public.accum(anyelement)')),
  },
  {
    check: 'not-null',
    when: (of) => (contents(of).notNull = found(1, 'public.child.a')),
    says: /public\.child\.a/,
    quiet: (of) => (contents(of).notNull = found(0)),
  },
  {
    check: 'unlogged-partitioned',
    when: (of) => {
      contents(of).unloggedPartitioned = found(1, 'public.p');
      of.variables['pgup_target'] = '18';
    },
    says: /unlogged partitioned tables/,
    quiet: (of) => (contents(of).unloggedPartitioned = found(1, 'public.p')),
  },
];
