import { z } from 'zod';
import { endServerCommand } from '../../nautobot/server-command.ts';
import { migrate, MIGRATE_ENDS, MIGRATE_UNIT, migrateProgress, migrateReport } from '../../nautobot/migrate.ts';
import { workPaths } from '../../postgresql/host-paths.ts';
import { answers, testAnswer } from '../../shell/answers.ts';
import type { Result } from '../../shell/host-shell.ts';
import { sh } from '../../shell/sh.ts';
import type { Verdict } from '../module.ts';
import type { Upgrade } from '../upgrade.ts';
import { applicationModule } from './application-module.ts';
import { exitCode, reading, text } from './reading.ts';

const nothing = z.strictObject({});
/** Thousands of migrations over large tables have taken hours. */
const DEADLINE = 24 * 3_600_000;

/** Documented step 7, on one host of the deployment. */
export const migrateModule = applicationModule({
  name: 'migrate',
  summary: 'Runs nautobot-server migrate and Nautobot’s health check on one host, against the server that is closed.',
  schema: nothing,
  decide: ({ application, upgrade }, { host }) => {
    if (host !== upgrade.migrator) return { kind: 'nothing', reason: `${upgrade.migrator} migrates` };
    const { new: fresh, migratePending } = upgrade;
    const bySocket = application.database.host === '' || application.database.host.startsWith('/');
    const { pendingMigrations: pending } = application;
    const count = pending.length === 0 ? 'nothing is pending' : `${pending.length} pending`;
    return {
      kind: 'steps',
      steps: [
        {
          kind: 'job',
          says: `nautobot-server migrate (${count}) and Nautobot's health check, on port ${fresh.closedPort}`,
          command: migrate(application, {
            port: fresh.closedPort,
            socketDirectory: bySocket ? workPaths(fresh).applicationSockets : undefined,
            version: fresh.version,
            pending: migratePending,
          }),
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
  summary: 'Ends a migration that still runs.',
  schema: nothing,
  read: () => reading(testAnswer('running', sh`systemctl is-active -q -- ${`${MIGRATE_UNIT}.service`}`)),
  decide: (_here, _context, facts) =>
    facts && !answers(facts).has('running')
      ? { kind: 'nothing', reason: 'no migration runs' }
      : {
          kind: 'steps',
          steps: [{ kind: 'change', says: 'end the migration', command: endServerCommand(MIGRATE_UNIT) }],
        },
});
