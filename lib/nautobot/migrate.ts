import type { Command } from '../shell/host-shell.ts';
import type { Application } from './application.ts';
import { serverScript } from './server-command.ts';

/** What the migrating process is to do, and where. */
export interface Migration {
  readonly port: number;
  /** Undefined: the host that Nautobot's settings name, as they name it. */
  readonly socketDirectory: string | undefined;
  /** The major that the server there must be. */
  readonly version: string;
  /** Whether pending migrations were agreed to. */
  readonly pending: boolean;
}

/** The transient unit that the migration runs in. */
export const MIGRATE_UNIT = 'pgup-migrate';

/** Exit codes of the script; anything else is Django's own end. */
export const MIGRATE_ENDS = { pending: 93, wrongServer: 94, health: 95 } as const;

/**
 * Runs in Nautobot itself. Its settings name the port that stays shut until the doors open, so before the first query
 * every database entry that means the same server is pointed at the port that only this process may use; nothing is
 * written to Nautobot's configuration. One start of Django (4 s) does the plan, the migration and the health check.
 *
 * All in one function: older versions run such text in a scope that nested functions cannot see.
 */
const SCRIPT = `
def pgup(to):
    import sys, time
    from django.core.management import CommandError, call_command
    from django.db import connections
    from django.db.migrations.executor import MigrationExecutor

    def say(*words):
        print("pgup:", *words, flush=True)

    default = dict(connections["default"].settings_dict)
    for alias in connections:
        wrapper = connections[alias]
        same = all(wrapper.settings_dict.get(key) == default.get(key) for key in ("HOST", "PORT", "NAME"))
        if not same:
            continue
        wrapper.close()
        getattr(wrapper, "close_pool", lambda: None)()
        wrapper.settings_dict["PORT"] = str(to["port"])
        if to["socket"]:
            wrapper.settings_dict["HOST"] = to["socket"]

    connection = connections["default"]
    with connection.cursor() as cursor:
        cursor.execute("select current_setting('server_version_num')::int / 10000, current_setting('server_version')")
        major, version = cursor.fetchone()
    if str(major) != to["version"]:
        say("wrong-server", version)
        sys.exit(94)
    say("connected", version)
    executor = MigrationExecutor(connection)
    plan = [migration for migration, _ in executor.migration_plan(executor.loader.graph.leaf_nodes())]
    say("pending", len(plan), *["%s.%s" % (each.app_label, each.name) for each in plan[:20]])
    if plan and not to["pending"]:
        sys.exit(93)
    began = time.monotonic()
    call_command("migrate", interactive=False)
    say("migrated", "%.1f" % (time.monotonic() - began))
    connections.close_all()
    try:
        call_command("health_check")
    except CommandError as error:
        if "Unknown command" not in str(error):
            raise
    except SystemExit as end:
        if end.code:
            sys.exit(95)
    say("healthy")
    sys.exit(0)
`;

/** `nautobot-server migrate` and Nautobot's own health check, against the server that is still closed. */
export function migrate(application: Application, migration: Migration): Command {
  const to = JSON.stringify({
    port: migration.port,
    socket: migration.socketDirectory ?? '',
    version: migration.version,
    pending: migration.pending,
  });
  // JSON of these is Python but for its two words.
  const call = `pgup(${to.replace(':true', ':True').replace(':false', ':False')})`;
  return serverScript(application, `${SCRIPT}\n${call}\n`, { unit: MIGRATE_UNIT });
}

/** A line of the migration's output in words. */
export function migrateProgress(line: string): string | undefined {
  const applying = /^\s*Applying (\S+?)\.\.\./.exec(line)?.[1];
  if (applying !== undefined) return `migrate: ${applying}`;
  const [, word, rest = ''] = /^pgup: (\S+) ?(.*)$/.exec(line) ?? [];
  if (word === 'connected') return `migrate: connected to PostgreSQL ${rest}`;
  if (word === 'migrated') return 'health check of Nautobot';
  return undefined;
}

/** What the migration said of itself, in words. */
export function migrateReport(output: string): { readonly pending: readonly string[]; readonly applied: number } {
  const [, count = '0', names = ''] = /^pgup: pending (\d+) ?(.*)$/m.exec(output) ?? [];
  const pending = names.split(' ').filter((name) => name !== '');
  return { pending: Number(count) > pending.length ? [...pending, '…'] : pending, applied: Number(count) };
}
