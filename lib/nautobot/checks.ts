import { finding, notice, type Finding } from '../finding.ts';
import { readCommandLine } from './survey/command-line.ts';
import type { SettingsFacts } from './survey/server.ts';
import type { UnitFacts } from './survey/units.ts';
import { nameMigrations } from './migrations.ts';
import { oldestPostgresql } from './versions.ts';

/** What Nautobot says of itself on one application host. */
export function checkSettings(
  host: string,
  settings: SettingsFacts,
  policy: { readonly target: string; readonly migratePending: boolean; readonly drainTimeout: number },
): readonly Finding[] {
  if (!settings.database.engine.includes('postgresql'))
    return [
      finding(
        host,
        'database-engine',
        `Nautobot's database is ${settings.database.engine}: pgup upgrades PostgreSQL`,
        'take this deployment out of the inventory',
      ),
    ];
  if (!settings.server)
    return [
      finding(
        host,
        'nautobot-database',
        `Nautobot does not reach its database (${settings.database.host}:${settings.database.port}): ${reason(settings, 'server')}`,
        'bring it to work first: an upgrade is proven by Nautobot working before and after',
      ),
    ];
  return [
    ...checkCache(host, settings),
    ...checkVersion(host, settings, policy.target),
    ...checkMigrations(host, settings, policy.migratePending),
    ...checkJobs(host, settings, policy.drainTimeout),
  ];
}

/** Without its cache neither migrate nor the health page works: the window would not close. */
function checkCache(host: string, settings: SettingsFacts): readonly Finding[] {
  if (settings.cache === true || !settings.errors.some((each) => each.startsWith('cache: '))) return [];
  return [
    finding(
      host,
      'cache',
      `Nautobot does not reach its cache (Redis): ${reason(settings, 'cache')}`,
      'bring it to work first: migrate and the health page need it',
    ),
  ];
}

function checkVersion(host: string, { version = '' }: SettingsFacts, target: string): readonly Finding[] {
  const oldest = oldestPostgresql(version);
  if (oldest === undefined)
    return [finding(host, 'nautobot-version', `the version of Nautobot cannot be told from "${version}"`)];
  if (Number(target) >= Number(oldest)) return [];
  return [
    finding(
      host,
      'nautobot-version',
      `Nautobot ${version} needs PostgreSQL ${oldest} or newer: it would not start on ${target}`,
      `pgup_target="${oldest}" or newer`,
    ),
  ];
}

function checkMigrations(host: string, settings: SettingsFacts, agreed: boolean): readonly Finding[] {
  const pending = settings.migrations;
  if (!pending)
    return [
      finding(
        host,
        'pending-migrations',
        `which migrations are pending cannot be told: ${reason(settings, 'migrations')}`,
        'nautobot-server showmigrations, as the user of Nautobot, says more',
      ),
    ];
  if (pending.length === 0) return [];
  const count = pending.length === 1 ? '1 migration is' : `${pending.length} migrations are`;
  const names = `${count} pending: ${nameMigrations(pending)}`;
  return agreed
    ? [notice(host, 'pending-migrations', `${names}; step 7 applies them (pgup_migrate=pending)`)]
    : [
        finding(
          host,
          'pending-migrations',
          `${names}. They change the schema, take their time inside the window, and cannot be taken back`,
          'if they shall be applied with this upgrade: pgup_migrate=pending',
        ),
      ];
}

function checkJobs(host: string, { jobs }: SettingsFacts, drainTimeout: number): readonly Finding[] {
  if (!jobs || jobs.count === 0) return [];
  const some = jobs.rows.slice(0, 5).map(({ name, status, age }) => `${name} (${status}, ${duration(age)})`);
  const rest = jobs.count > some.length ? ` and ${jobs.count - some.length} more` : '';
  return [
    notice(
      host,
      'running-jobs',
      `Nautobot has jobs that are not done: ${some.join(', ')}${rest}; with the scheduler stopped, those that run are waited for ${drainTimeout} s and never killed`,
      'pgup_drain_timeout=SECONDS, or come back when they are done',
    ),
  ];
}

/** A unit's role; `other` where it runs a server command that ends by itself. Undefined where it runs something else. */
export function roleOf(unit: UnitFacts, processes: readonly { unit: string; command: readonly string[] }[]) {
  const own = readCommandLine(unit.command);
  if (own) return own.role;
  const running = processes.filter((each) => each.unit === unit.name).map(({ command }) => readCommandLine(command));
  return running.find((each) => each !== undefined)?.role;
}

/** A unit that is to be running, also while systemd waits to start it again after it fell. */
export function isUp({ active }: UnitFacts): boolean {
  return ['active', 'activating', 'reloading'].includes(active);
}

/** Units that should run and do not: they are left as they are, which the operator may not expect. */
export function checkUnitStates(host: string, units: readonly UnitFacts[]): readonly Finding[] {
  return units
    .filter((unit) => unit.enabled === 'enabled' && !isUp(unit) && unit.triggeredBy.length === 0)
    .map(({ name, active }) =>
      notice(
        host,
        'unit-down',
        `${name} is enabled and ${active}: it is left as it is, and will not be started after the upgrade`,
        `if it should run: systemctl start ${name}`,
      ),
    );
}

interface ProcessOf {
  readonly pid: number;
  readonly unit: string;
  readonly user: string;
  readonly command: readonly string[];
}

/** Nautobot that no unit would stop: it would write on, or wait for the database with its session open. */
export function checkStrays(
  host: string,
  processes: readonly ProcessOf[],
  units: readonly string[],
): readonly Finding[] {
  return processes
    .filter(({ unit, command }) => readCommandLine(command) !== undefined && !units.includes(unit))
    .map(({ pid, unit, user, command }) =>
      finding(
        host,
        'stray-process',
        `Nautobot also runs outside its units: process ${pid} of ${user}${unit ? ` (${unit})` : ''}: ${command.slice(0, 6).join(' ')}`,
        'end it, or run it as a systemd unit, which pgup can stop and start',
      ),
    );
}

function reason({ errors }: SettingsFacts, part: string): string {
  return errors.find((each) => each.startsWith(`${part}: `))?.slice(part.length + 2) ?? 'it does not say why';
}

function duration(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} days`;
}
