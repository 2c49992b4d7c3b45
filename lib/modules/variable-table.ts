import { Float, type Value } from '../inventory/inventory.ts';
import { TARGETS } from '../postgresql/versions.ts';

/** A value that was understood, or in words why not and what to write. */
export type Reading<Type> = { readonly value: Type } | { readonly refused: string };

export function isReading<Type>(reading: Reading<Type>): reading is { readonly value: Type } {
  return 'value' in reading;
}

/** The pgup_* variables of one host, typed, with their defaults. Survives JSON. */
export interface PgupVariables {
  /** `17`; empty where it is not set, which `checkVariables` does not let through. */
  readonly target: string;
  readonly mode: 'auto' | 'copy' | 'clone';
  readonly backup: 'copy';
  readonly backupDirectory: string | undefined;
  /** `15/main`. */
  readonly oldCluster: string | undefined;
  readonly nautobotRoot: string | undefined;
  readonly healthUrl: string | undefined;
  /** Seconds. */
  readonly drainTimeout: number;
  /** Seconds. */
  readonly maxDowntime: number | undefined;
  readonly migrate: 'none' | 'pending';
  readonly otherDatabases: readonly string[];
  readonly adminUser: string | undefined;
  readonly verify: 'full' | 'counts';
  /** Days. */
  readonly retention: number;
  readonly site: string;
}

export interface VariableSpec<Type> {
  readonly name: string;
  /** `deployment`: one value for all of its hosts; `host`: each host its own. */
  readonly scope: 'deployment' | 'host';
  readonly required: boolean;
  /** For people: `copy`, `clone` or `auto`; a path; seconds. */
  readonly type: string;
  /** What it says where it is not set. */
  readonly fallback: Type;
  /** The fallback in words, for `docs/variables.md`. */
  readonly fallbackSays: string;
  readonly summary: string;
  /** What to write, where a required one is not set. */
  readonly missing?: string;
  readonly read: (value: Value) => Reading<Type>;
}

/** Every pgup_* variable. `docs/variables.md` is held to this table by a test. */
export const VARIABLES: { readonly [Key in keyof PgupVariables]: VariableSpec<PgupVariables[Key]> } = {
  target: {
    name: 'pgup_target',
    scope: 'deployment',
    required: true,
    type: `a major version: ${TARGETS.map((each) => `"${each}"`).join(', ')}`,
    fallback: '',
    fallbackSays: 'none: it must be set',
    summary: 'The major version of PostgreSQL that the deployment shall have.',
    missing: 'write pgup_target="17", for example, under [all:vars]',
    read: readTarget,
  },
  mode: {
    name: 'pgup_mode',
    scope: 'deployment',
    required: false,
    type: '`auto`, `copy` or `clone`',
    fallback: 'auto',
    fallbackSays: '`auto`: clone where the file system can, else copy',
    summary: 'How pg_upgrade carries the data files over. Both leave the old cluster as it is.',
    read: (value) => choice(value, ['auto', 'copy', 'clone'], ['link', 'swap', 'copy-file-range']),
  },
  backup: {
    name: 'pgup_backup',
    scope: 'deployment',
    required: false,
    type: '`copy`',
    fallback: 'copy',
    fallbackSays: '`copy`: a cold copy after the clean stop, every file compared',
    summary: 'How the old cluster is backed up in step 3.',
    read: (value) => choice(value, ['copy'], ['base', 'dump']),
  },
  backupDirectory: {
    name: 'pgup_backup_dir',
    scope: 'deployment',
    required: false,
    type: 'an absolute path on the database host',
    fallback: undefined,
    fallbackSays: 'a folder `pgup-backup` two levels above the old data directory',
    summary: 'Where the backup goes, in a folder of its own for each run, mode 0700.',
    read: readPath,
  },
  oldCluster: {
    name: 'pgup_old_cluster',
    scope: 'deployment',
    required: false,
    type: '`VERSION/NAME` as `pg_lsclusters` shows it',
    fallback: undefined,
    fallbackSays: 'the cluster that Nautobot is connected to',
    summary: 'The cluster to upgrade.',
    read: (value) => text(value, /^\d+(\.\d+)?\/[^\s/]+$/, 'write it as "15/main"'),
  },
  nautobotRoot: {
    name: 'pgup_nautobot_root',
    scope: 'host',
    required: false,
    type: 'an absolute path on the application host',
    fallback: undefined,
    fallbackSays: 'what the units of Nautobot say, else the home of their user',
    summary: "Nautobot's root folder, NAUTOBOT_ROOT.",
    read: readPath,
  },
  healthUrl: {
    name: 'pgup_health_url',
    scope: 'host',
    required: false,
    type: 'an http or https address as the application host itself reaches it',
    fallback: undefined,
    fallbackSays: "found in nginx's configuration, else in `uwsgi.ini`",
    summary: "Where Nautobot's `/health/` answers. The window closes with its first 200.",
    read: readUrl,
  },
  drainTimeout: {
    name: 'pgup_drain_timeout',
    scope: 'deployment',
    required: false,
    type: 'seconds',
    fallback: 600,
    fallbackSays: '600',
    summary: 'How long running Nautobot jobs are waited for, with the scheduler stopped, before the window opens.',
    read: (value) => wholeNumber(value, 'seconds'),
  },
  maxDowntime: {
    name: 'pgup_max_downtime',
    scope: 'deployment',
    required: false,
    type: 'seconds',
    fallback: undefined,
    fallbackSays: 'no limit',
    summary: 'A window longer than this is put back, as long as the point of no return is not passed.',
    read: (value) => wholeNumber(value, 'seconds'),
  },
  migrate: {
    name: 'pgup_migrate',
    scope: 'deployment',
    required: false,
    type: '`none` or `pending`',
    fallback: 'none',
    fallbackSays: '`none`: pending migrations stand in the way',
    summary: 'Whether step 7 may apply migrations that are pending. They change the schema and cannot be taken back.',
    read: (value) => choice(value, ['none', 'pending'], []),
  },
  otherDatabases: {
    name: 'pgup_other_databases',
    scope: 'deployment',
    required: false,
    type: 'a list of names, or names with commas between them',
    fallback: [],
    fallbackSays: 'none: other databases stand in the way',
    summary: "Databases of the cluster beside Nautobot's that may go along, with their own downtime.",
    read: readNames,
  },
  adminUser: {
    name: 'pgup_admin_user',
    scope: 'deployment',
    required: false,
    type: 'the name of a superuser role',
    fallback: undefined,
    fallbackSays: "none: peer as the data directory's owner",
    summary: 'The role for the running old server where peer does not get in. Its password stands in a passfile there.',
    read: (value) => text(value, /\S/, 'write the name of a role'),
  },
  verify: {
    name: 'pgup_verify',
    scope: 'deployment',
    required: false,
    type: '`full` or `counts`',
    fallback: 'full',
    fallbackSays: '`full`: the checksum of every table',
    summary: 'How the data before and after is compared. `counts` compares row counts only, and says so.',
    read: (value) => choice(value, ['full', 'counts'], []),
  },
  retention: {
    name: 'pgup_retention',
    scope: 'deployment',
    required: false,
    type: 'days',
    fallback: 14,
    fallbackSays: '14',
    summary: 'How long the old cluster and the backup are kept at least: `pgup finalize` removes nothing younger.',
    read: (value) => wholeNumber(value, 'days'),
  },
  site: {
    name: 'pgup_site',
    scope: 'deployment',
    required: false,
    type: 'a word',
    fallback: 'default',
    fallbackSays: '`default`',
    summary: 'The site of the deployment, for fleets that several controllers share.',
    read: (value) => text(value, /^[\w.-]+$/, 'write one word'),
  },
};

/**
 * A whole number is taken for a major: INI host lines eat the quotes, so `pgup_target="17"` arrives as one. A float is
 * refused: 9.10 would arrive as 9.1.
 */
function readTarget(value: Value): Reading<string> {
  if (value instanceof Float)
    return { refused: `${value.toString()} is a number with a fraction: write a major, "17"` };
  const major = typeof value === 'number' ? String(value) : value;
  if (typeof major !== 'string') return { refused: 'write a major version, "17"' };
  if ((TARGETS as readonly string[]).includes(major)) return { value: major };
  if (/^\d+\.\d+$/.test(major))
    return { refused: `"${major}" is a minor version: write the major, "${major.split('.')[0] ?? ''}"` };
  return { refused: `this pgup upgrades to ${TARGETS.join(', ')}, not to "${major}"` };
}

function choice<const Words extends readonly string[]>(
  value: Value,
  words: Words,
  later: readonly string[],
): Reading<Words[number]> {
  const word = words.find((each) => each === value);
  if (word !== undefined) return { value: word };
  const here = words.map((each) => `"${each}"`).join(' or ');
  if (typeof value === 'string' && later.includes(value))
    return { refused: `"${value}" comes with a later version of pgup: this one has ${here}` };
  return { refused: `${show(value)} is none of ${here}` };
}

function text(value: Value, shape: RegExp, advice: string): Reading<string> {
  return typeof value === 'string' && shape.test(value) ? { value } : { refused: `${show(value)}: ${advice}` };
}

function readPath(value: Value): Reading<string> {
  if (typeof value !== 'string' || !value.startsWith('/')) return { refused: `${show(value)} is no absolute path` };
  const clean = value.replace(/\/+/g, '/').replace(/(.)\/$/, '$1');
  const climbs = clean.split('/').some((part) => part === '..' || part === '.');
  return climbs || /[\0\n]/.test(clean)
    ? { refused: `${show(value)}: write the path without "." and ".."` }
    : { value: clean };
}

function readUrl(value: Value): Reading<string> {
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol))
    return { refused: `${show(value)} is no http or https address: write "http://127.0.0.1:8080/health/"` };
  if (url.username || url.password) return { refused: 'the address must not hold a password' };
  return { value: url.href };
}

function wholeNumber(value: Value, unit: string): Reading<number> {
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0
    ? { value: number }
    : { refused: `${show(value)} is no whole number of ${unit}` };
}

function readNames(value: Value): Reading<readonly string[]> {
  const names = typeof value === 'string' ? value.split(',').map((each) => each.trim()) : value;
  if (!Array.isArray(names)) return { refused: `${show(value)} is no list of names` };
  const words = names.filter((each): each is string => typeof each === 'string' && each !== '');
  return words.length === names.length || names.join('') === ''
    ? { value: words }
    : { refused: `${show(value)} holds something that is no name` };
}

function show(value: Value): string {
  if (typeof value === 'bigint') return value.toString();
  return value instanceof Float ? value.toString() : JSON.stringify(value);
}
