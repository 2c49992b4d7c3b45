import { z } from 'zod';
import { list } from './database.ts';

/** A database of the cluster, seen from outside. */
const database = z.object({
  oid: z.number(),
  name: z.string(),
  owner: z.string(),
  size: z.number(),
  encoding: z.string(),
  collate: z.string(),
  ctype: z.string(),
  /** pg_database's letter: `c` libc, `i` ICU, `b` builtin. */
  provider: z.string(),
  locale: z.string().nullable(),
  rules: z.string().nullable(),
  template: z.boolean(),
  allowsConnections: z.boolean(),
  /** -2: what a DROP DATABASE that failed left behind. */
  limit: z.number(),
  collationVersion: z.string().nullable(),
  collationNow: z.string().nullable(),
});
export type ServerDatabase = z.output<typeof database>;

const session = z.object({
  pid: z.number(),
  role: z.string().nullable(),
  database: z.string().nullable(),
  /** Null for a session over the local socket. */
  address: z.string().nullable(),
  application: z.string(),
});
export type Session = z.output<typeof session>;

/** What one running server says of itself, as CLUSTER_SQL tells it. */
export const serverFacts = z.object({
  version: z.string(),
  versionNumber: z.number(),
  superuser: z.boolean(),
  inRecovery: z.boolean(),
  systemIdentifier: z.string(),
  walSegmentSize: z.number(),
  installUser: z.string(),
  roles: z.number(),
  /** Roles that log in with an md5 hash; null where the survey was no superuser. */
  md5Roles: z.number().nullable(),
  /** Databases, roles and tablespaces with a line break in their name. */
  oddNames: list(z.string()),
  databases: list(database),
  sessions: list(session),
  senders: list(
    z.object({
      role: z.string().nullable(),
      address: z.string().nullable(),
      application: z.string(),
      state: z.string().nullable(),
      sync: z.string().nullable(),
    }),
  ),
  slots: list(
    z.object({
      name: z.string(),
      type: z.string(),
      plugin: z.string().nullable(),
      database: z.string().nullable(),
      active: z.boolean(),
      temporary: z.boolean(),
    }),
  ),
  subscriptions: list(z.object({ name: z.string(), database: z.string(), enabled: z.boolean() })),
  tablespaces: list(z.object({ name: z.string(), location: z.string(), size: z.number() })),
  prepared: list(z.object({ gid: z.string(), database: z.string().nullable(), owner: z.string().nullable() })),
  /** `ALTER ROLE … SET` and `ALTER DATABASE … SET`, as `name=value`; both names are null for all. */
  roleSettings: list(z.object({ role: z.string().nullable(), database: z.string().nullable(), setting: z.string() })),
  settings: z.record(z.string(), z.string()),
  /** The first word of archive_command: the rest may hold keys. */
  archiveCommand: z.string().nullable(),
  pendingRestart: list(z.string()),
  settingFiles: list(z.string()),
  /** Lines of the setting files that the server could not read: it would not come back after a stop. */
  fileErrors: list(
    z.object({
      file: z.string().nullable(),
      line: z.number().nullable(),
      name: z.string().nullable(),
      error: z.string(),
    }),
  ),
  hba: list(
    z.object({
      line: z.number(),
      type: z.string().nullable(),
      databases: list(z.string()),
      users: list(z.string()),
      address: z.string().nullable(),
      method: z.string().nullable(),
      error: z.string().nullable(),
    }),
  ),
});
export type ServerFacts = z.output<typeof serverFacts>;
