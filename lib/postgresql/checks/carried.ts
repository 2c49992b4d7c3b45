import { finding, type Finding } from '../../finding.ts';
import { SETTING_CHANGES } from '../setting-changes.ts';
import { compareMajors } from '../versions.ts';
import { identifier, psqlLine, someOf, type Subject } from './subject.ts';

/**
 * What pg_upgrade's check lets pass and its real run falls over when it restores the schema: settings of roles and
 * databases, and views of users on system views, that the target does not know.
 */
export function checkCarried(subject: Subject): readonly Finding[] {
  return [...checkRoleSettings(subject), ...checkSystemColumns(subject)];
}

/** Values that the target takes as well, with another meaning. */
const STILL_TAKEN = ['effective_io_concurrency', 'max_locks_per_transaction'];

function checkRoleSettings(subject: Subject): readonly Finding[] {
  const { host, server } = subject;
  return server.roleSettings.flatMap(({ role, database, setting }) => {
    const [name = '', value = ''] = setting.split(/=(.*)/s);
    const change = SETTING_CHANGES.find((each) => each.name === name && isBetween(subject, each.since));
    if (!change || STILL_TAKEN.includes(name) || change.becomes(value) === undefined) return [];
    const whose = [
      ...(role === null ? [] : [`role ${role}`]),
      ...(database === null ? [] : [`database ${database}`]),
    ].join(' in ');
    return [
      finding(
        host,
        'role-setting',
        `${whose || 'everybody'} has the setting ${setting}, which PostgreSQL ${subject.target} refuses: ${change.why}`,
        psqlLine(subject, 'postgres', resetLine(role, database, name)),
      ),
    ];
  });
}

function resetLine(role: string | null, database: string | null, name: string): string {
  if (role === null) return `ALTER DATABASE ${identifier(database ?? 'postgres')} RESET ${name}`;
  return `ALTER ROLE ${identifier(role)}${database === null ? '' : ` IN DATABASE ${identifier(database)}`} RESET ${name}`;
}

/** Columns of system views, by the major that took them away. */
const GONE: Readonly<Record<string, readonly string[]>> = {
  '17': [
    ...['checkpoints_timed', 'checkpoints_req', 'checkpoint_write_time', 'checkpoint_sync_time'].map(bgwriter),
    ...['buffers_checkpoint', 'buffers_backend', 'buffers_backend_fsync'].map(bgwriter),
    ...['pg_stat_progress_vacuum.max_dead_tuples', 'pg_stat_progress_vacuum.num_dead_tuples'],
  ],
  '18': [
    ...['wal_write', 'wal_sync', 'wal_write_time', 'wal_sync_time'].map((column) => `pg_stat_wal.${column}`),
    ...['pg_backend_memory_contexts.parent', 'pg_stat_io.op_bytes'],
  ],
};

function bgwriter(column: string): string {
  return `pg_stat_bgwriter.${column}`;
}

function checkSystemColumns(subject: Subject): readonly Finding[] {
  const gone = new Set(Object.entries(GONE).flatMap(([since, columns]) => (isBetween(subject, since) ? columns : [])));
  return subject.databases.flatMap(({ database, facts }) => {
    const found = facts.systemColumns.filter(({ column }) => gone.has(column));
    const views = [...new Set(found.map(({ view }) => view))];
    const [first] = views;
    if (first === undefined) return [];
    const columns = [...new Set(found.map(({ column }) => column))];
    return [
      finding(
        subject.host,
        'system-column',
        `views in database ${database.name} (${someOf(views)}) read what PostgreSQL ${subject.target} does not have: ${someOf(columns)}`,
        psqlLine(subject, database.name, `DROP VIEW ${first}`),
      ),
    ];
  });
}

/** Whether what is true since a major comes into force with this upgrade. */
function isBetween({ cluster, target }: Subject, since: string): boolean {
  return compareMajors(cluster.version, since) < 0 && compareMajors(target, since) >= 0;
}
