import { z } from 'zod';
import type { Application } from '../../nautobot/application.ts';
import {
  endMigration,
  loadMigration,
  migrate,
  MIGRATE_ENDS,
  MIGRATION_ENDED,
  migrateProgress,
  migrateReport,
  migrationEnded,
  migrationIsLoaded,
  migrationRuns,
  type Migration,
} from '../../nautobot/migrate.ts';
import { STATE, workPaths } from '../../postgresql/host-paths.ts';
import { answers, testAnswer } from '../../shell/answers.ts';
import type { Result } from '../../shell/host-shell.ts';
import type { Verdict } from '../module.ts';
import type { Upgrade } from '../upgrade.ts';
import { applicationModule } from './application-module.ts';
import { complaint, exitCode, reading, text } from './reading.ts';

const nothing = z.strictObject({});
const LOAD_DEADLINE = 300_000;
/** Thousands of migrations over large tables have taken hours. */
const DEADLINE = 24 * 3_600_000;

function migrationOf({ database: { host } }: Application, { new: fresh, migratePending }: Upgrade): Migration {
  const bySocket = host === '' || host.startsWith('/');
  return {
    port: fresh.closedPort,
    socketDirectory: bySocket ? workPaths(fresh).applicationSockets : undefined,
    version: fresh.version,
    pending: migratePending,
  };
}

/** Django's start takes seconds and needs no new server: it is over before the window opens. */
export const loadMigrationModule = applicationModule({
  name: 'load_migration',
  summary: 'Starts the process that will migrate, so that it has loaded Nautobot when the new server is there.',
  schema: nothing,
  read: () => reading(testAnswer('running', migrationRuns())),
  decide: ({ application, upgrade }, { host }, facts) => {
    if (host !== upgrade.migrator) return { kind: 'nothing', reason: `${upgrade.migrator} migrates` };
    if (facts && answers(facts).has('running')) return { kind: 'nothing', reason: 'loaded already' };
    return {
      kind: 'steps',
      steps: [
        {
          kind: 'change',
          says: `load Nautobot as ${application.user} for the migration; it waits for its word`,
          command: loadMigration(application, migrationOf(application, upgrade)),
        },
        {
          kind: 'wait',
          says: 'wait until Nautobot is loaded',
          command: migrationIsLoaded(),
          every: 200,
          deadline: LOAD_DEADLINE,
          judge: (result) =>
            exitCode(result) === 0
              ? { ok: true, says: 'Nautobot is loaded and waits for its word' }
              : {
                  ok: false,
                  says: `Nautobot cannot be loaded for the migration: ${complaint(result)}`,
                  final: exitCode(result) === MIGRATION_ENDED,
                },
        },
      ],
    };
  },
});

/** Documented step 7, on one host of the deployment. */
export const migrateModule = applicationModule({
  name: 'migrate',
  summary: 'Runs nautobot-server migrate and Nautobot’s health check on one host, against the server that is closed.',
  schema: nothing,
  // A job of this run that came to its good end is the host's own proof, whoever saw it end.
  read: (_here, { run }) => reading(testAnswer('migrated', migrationEnded(`${STATE}/jobs/${run}`))),
  decide: ({ application, upgrade }, { host }, facts) => {
    if (host !== upgrade.migrator) return { kind: 'nothing', reason: `${upgrade.migrator} migrates` };
    if (facts && answers(facts).has('migrated')) return { kind: 'nothing', reason: 'migrated already, and healthy' };
    const { new: fresh } = upgrade;
    const { pendingMigrations: pending } = application;
    const count = pending.length === 0 ? 'nothing is pending' : `${pending.length} pending`;
    return {
      kind: 'steps',
      steps: [
        {
          kind: 'job',
          says: `nautobot-server migrate (${count}) and Nautobot's health check, on port ${fresh.closedPort}`,
          command: migrate(application, migrationOf(application, upgrade)),
          deadline: DEADLINE,
          progress: migrateProgress,
          judge: (result) => judgeMigration(result, upgrade),
        },
      ],
    };
  },
});

function judgeMigration(result: Result, { new: fresh }: Upgrade): Verdict {
  const output = text(result);
  const { pending, applied } = migrateReport(output);
  switch (exitCode(result)) {
    case 0:
      return {
        ok: true,
        says: applied === 0 ? 'nothing to migrate; Nautobot is healthy' : `${applied} migrations; Nautobot is healthy`,
      };
    case MIGRATE_ENDS.pending:
      return {
        ok: false,
        says: `${applied} migrations are pending that nobody agreed to: ${pending.join(', ')}`,
        next: 'set pgup_migrate=pending to have them applied; they cannot be taken back',
      };
    case MIGRATE_ENDS.wrongServer: {
      const version = /^pgup: wrong-server (.*)$/m.exec(output)?.[1] ?? 'another version';
      return { ok: false, says: `Nautobot reached PostgreSQL ${version} where ${fresh.version} should be` };
    }
    case MIGRATE_ENDS.health:
      return {
        ok: false,
        says: `Nautobot's own health check fails on PostgreSQL ${fresh.version}: ${healthLines(output)}`,
      };
    case undefined:
    default:
      return { ok: false, says: `nautobot-server migrate failed: ${output.trim().split('\n').slice(-12).join('\n')}` };
  }
}

/** `RedisBackend   ... Service unavailable`: the checks that did not end in "working". */
function healthLines(output: string): string {
  const lines = output.split('\n').filter((line) => / \.\.\. /.test(line));
  return lines.filter((line) => !/ \.\.\. working$/.test(line.trimEnd())).join('; ') || lines.join('; ');
}

/** Undo: no migrating process is left when the servers behind it go. */
export const endMigrationModule = applicationModule({
  name: 'end_migration',
  summary: 'Ends a migration that is loaded or at work.',
  schema: nothing,
  read: () => reading(testAnswer('running', migrationRuns())),
  decide: (_here, _context, facts) =>
    facts && !answers(facts).has('running')
      ? { kind: 'nothing', reason: 'no migration runs' }
      : {
          kind: 'steps',
          steps: [{ kind: 'change', says: 'end the migration', command: endMigration() }],
        },
});
