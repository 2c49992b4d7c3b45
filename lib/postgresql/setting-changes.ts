/**
 * What became of settings from one major to the next. An unknown name or a value that is no longer taken keeps the new
 * server from starting, so each of them is removed, renamed or given the value that means the same. Found by comparing
 * the servers' own tables of settings; what is still accepted under its old name is left alone.
 */
export interface SettingChange {
  /** The first major that it is true of. */
  readonly since: string;
  readonly name: string;
  /** What the line becomes. `undefined` as a result leaves the line as it is; `removed` comments it out. */
  readonly becomes: (value: string) => 'removed' | { readonly name: string; readonly value: string } | undefined;
  /** Why, for the diff. */
  readonly why: string;
}

const removed = (): 'removed' => 'removed';

/** Bytes of a WAL segment in the units that `wal_keep_size` is written in. */
const WAL_SEGMENT_MEGABYTES = 16;

function gone(since: string, names: string, why = 'does not exist any more'): SettingChange[] {
  return names.split(' ').map((name) => ({ since, name, becomes: removed, why }));
}

function renamed(since: string, name: string, to: string): SettingChange {
  return { since, name, becomes: (value) => ({ name: to, value }), why: `is now called ${to}` };
}

/** A value that is refused now and has one that means the same. */
function value(since: string, name: string, refused: RegExp, instead: string, why: string): SettingChange {
  return { since, name, becomes: (is) => (refused.test(is) ? { name, value: instead } : undefined), why };
}

const TRUE = /^(on|t|tr|tru|true|y|ye|yes|1)$/i;
const FALSE = /^(of|off|f|fa|fal|fals|false|n|no|0)$/i;

export const SETTING_CHANGES: readonly SettingChange[] = [
  ...gone('11', 'replacement_sort_tuples'),
  ...gone('12', 'default_with_oids', 'tables with OIDs do not exist any more'),
  value('12', 'dynamic_shared_memory_type', /^none$/i, 'posix', 'none is refused'),
  value('12', 'client_min_messages', /^(fatal|panic)$/i, 'error', 'nothing above error is taken'),
  {
    since: '13',
    name: 'wal_keep_segments',
    becomes: (segments) => ({ name: 'wal_keep_size', value: `${Number(segments) * WAL_SEGMENT_MEGABYTES}MB` }),
    why: 'is now wal_keep_size, in megabytes',
  },
  {
    since: '13',
    name: 'effective_io_concurrency',
    becomes: (drives) =>
      Number(drives) > 1 ? { name: 'effective_io_concurrency', value: String(readAhead(Number(drives))) } : undefined,
    why: 'counts requests now, not drives: the value that reads ahead as far as before',
  },
  ...gone('14', 'operator_precedence_warning vacuum_cleanup_index_scale_factor'),
  value('14', 'password_encryption', TRUE, 'md5', 'on is refused: it meant md5'),
  ...gone('15', 'stats_temp_directory', 'statistics live in shared memory'),
  ...gone('16', 'promote_trigger_file vacuum_defer_cleanup_age'),
  renamed('16', 'force_parallel_mode', 'debug_parallel_query'),
  ...gone('17', 'old_snapshot_threshold db_user_namespace trace_recovery_messages'),
  renamed('18', 'ssl_ecdh_curve', 'ssl_groups'),
  ...gone('18', 'extension_destdir', "was Debian's own; extension_control_path is its successor"),
  ...gone('19', 'escape_string_warning'),
  renamed('19', 'io_workers', 'io_max_workers'),
  {
    since: '19',
    name: 'standard_conforming_strings',
    becomes: (is) => (FALSE.test(is) ? 'removed' : undefined),
    why: 'off is refused',
  },
  {
    since: '19',
    name: 'max_locks_per_transaction',
    becomes: (locks) => ({ name: 'max_locks_per_transaction', value: String(Number(locks) * 2) }),
    why: 'counts differently: twice the value allows as much as before',
  },
];

/** How many requests in flight the old formula gave for a number of drives. */
function readAhead(drives: number): number {
  let sum = 0;
  for (let drive = 1; drive <= drives; drive += 1) sum += drives / drive;
  return Math.min(1000, Math.round(sum));
}
