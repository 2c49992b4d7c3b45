import type { Command } from '../shell/host-shell.ts';
import { sh } from '../shell/sh.ts';
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

/** The transient unit that the migration runs in, and the one that keeps its output and exit code. */
const MIGRATE_UNIT = 'pgup-migrate';
const KEEPER_UNIT = 'pgup-migrate-keeper';

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
    import os, sys, time
    from django.core.management import CommandError, call_command
    from django.db import connections
    from django.db.migrations.executor import MigrationExecutor

    def say(*words):
        print("pgup:", *words, flush=True)

    def end(code):
        # Past Python's and Nautobot's own leaving, which takes a second: everything is committed and said.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)

    if to["go"]:
        # An app may have asked the old server something while it loaded: that session must not be left.
        connections.close_all()
        say("loaded")
        while not os.path.exists(to["go"]):
            time.sleep(0.05)
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
        end(94)
    say("connected", version)
    executor = MigrationExecutor(connection)
    plan = [migration for migration, _ in executor.migration_plan(executor.loader.graph.leaf_nodes())]
    say("pending", len(plan), *["%s.%s" % (each.app_label, each.name) for each in plan[:20]])
    if plan and not to["pending"]:
        end(93)
    began = time.monotonic()
    call_command("migrate", interactive=False)
    say("migrated", "%.1f" % (time.monotonic() - began))
    connections.close_all()
    try:
        call_command("health_check")
    except CommandError as error:
        if "Unknown command" not in str(error):
            raise
    except SystemExit as left:
        if left.code:
            end(95)
    say("healthy")
    end(0)
`;

/** `nautobot-server migrate` and Nautobot's own health check, against the server that is still closed. */
function migrationScript(migration: Migration, go: string): string {
  const to = JSON.stringify({
    port: migration.port,
    socket: migration.socketDirectory ?? '',
    version: migration.version,
    pending: migration.pending,
    go,
  });
  // JSON of these is Python but for its two words.
  return `${SCRIPT}\npgup(${to.replace(':true', ':True').replace(':false', ':False')})\n`;
}

/** Where a loaded migration and those who wait for it meet. In /run: a reboot ends both. */
const PLACE = '/run/pgup-migrate';
const GO = `${PLACE}/go`;

/**
 * Starts the migrating process and lets it load Nautobot (4 s of Django's start), which needs no database; then it
 * waits for its word. For root; returns at once.
 */
export function loadMigration(application: Application, migration: Migration): Command {
  const process = serverScript(application, migrationScript(migration, GO), { unit: MIGRATE_UNIT });
  const script = sh`${process} > ${PLACE}/output 2>&1; echo "$?" > ${PLACE}/code.new; mv ${PLACE}/code.new ${PLACE}/code`;
  return sh`${endMigration()}
set -e; install -d -m 0750 -g ${application.group === '' ? 'root' : application.group} ${PLACE}
printf '%s\\n' ${script.text} > ${PLACE}/run
systemd-run --quiet --collect --unit=${KEEPER_UNIT} --description=${KEEPER_UNIT} -- /bin/sh ${PLACE}/run`;
}

/** Exit code of migrationIsLoaded where the process has ended, which it does not do by itself. */
export const MIGRATION_ENDED = 9;

/** Exit code 0 once Nautobot is loaded; else the end of what the process said. */
export function migrationIsLoaded(): Command {
  return sh`grep -qs '^pgup: loaded' ${PLACE}/output && exit 0
tail -n 8 ${PLACE}/output 2>/dev/null; systemctl is-active -q ${KEEPER_UNIT}.service || exit ${MIGRATION_ENDED}; exit 1`;
}

/**
 * Lets the loaded process go to work and prints what it says, to its end; its exit code is ours. Where none waits (the
 * host was rebooted), a fresh one does the work. For root.
 */
export function migrate(application: Application, migration: Migration): Command {
  return sh`if systemctl is-active -q ${KEEPER_UNIT}.service && [ ! -e ${GO} ]; then
  touch ${GO}
  tail -n +1 -s 0.05 -f ${PLACE}/output &
  while [ ! -e ${PLACE}/code ] && systemctl is-active -q ${KEEPER_UNIT}.service; do sleep 0.05; done
  sleep 0.1; kill "$!"
  code=$(cat ${PLACE}/code) || code=96
  rm -rf ${PLACE}; exit "$code"
fi
${endMigration()}
${serverScript(application, migrationScript(migration, ''), { unit: MIGRATE_UNIT })}`;
}

/** Exit code 0 where one of these jobs, by what their folders' names begin with, printed a migration's good end. */
export function migrationEnded(jobs: string): Command {
  return sh`grep -qsx 'pgup: healthy' ${jobs}-*/out`;
}

/** Ends a migration, loaded or at work. For root. */
export function endMigration(): Command {
  return sh`systemctl stop ${[`${KEEPER_UNIT}.service`, `${MIGRATE_UNIT}.service`]} 2>/dev/null; rm -rf ${PLACE}`;
}

/** Exit code 0 while one is loaded or at work. */
export function migrationRuns(): Command {
  return sh`systemctl is-active -q ${KEEPER_UNIT}.service || systemctl is-active -q ${MIGRATE_UNIT}.service`;
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
