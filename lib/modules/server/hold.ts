import { z } from 'zod';
import type { Application } from '../../nautobot/application.ts';
import { diesOnTerm, unitHold } from '../../nautobot/units.ts';
import { HOLD_NAUTOBOT, HOLD_POSTGRESQL, STATE } from '../../postgresql/host-paths.ts';
import { isRunning } from '../../postgresql/transient-server.ts';
import { answers, fileAnswer, lines, testAnswer, type Answers } from '../../shell/answers.ts';
import type { Command, Query } from '../../shell/host-shell.ts';
import { raw, sh } from '../../shell/sh.ts';
import type { Module, ModuleContext, Step } from '../module.ts';
import { upgradeOf, type Upgrade } from '../upgrade.ts';
import { named } from './database-module.ts';
import { startOld } from './postgresql-service.ts';
import { reading } from './reading.ts';

const nothing = z.strictObject({});

/** One unit of this host that must not start by itself while the upgrade is under way. */
interface Held {
  readonly unit: string;
  readonly content: string;
}

const directoryOf = (unit: string): string => `/etc/systemd/system/${unit}.d`;
const dropInOf = (unit: string): string => `${directoryOf(unit)}/pgup-hold.conf`;

function roles(context: ModuleContext): { application: Application | undefined; upgrade: Upgrade; database: boolean } {
  const upgrade = upgradeOf(context);
  const application = upgrade.applications.find(({ host }) => host === context.host);
  return { application, upgrade, database: context.host === upgrade.databaseHost };
}

/** What the decision needs: what is held already, how the web server ends, since when workers run. */
function readHold(context: ModuleContext): Query | undefined {
  const { application, database, upgrade } = roles(context);
  if (!application && !database) return undefined;
  const units = [...(application?.units.map(({ name }) => name) ?? []), ...(database ? [upgrade.old.unit] : [])];
  const workers = application?.units.filter(({ role, active }) => role === 'worker' && active) ?? [];
  return reading(
    ...units.map((unit) => fileAnswer(`drop-in:${unit}`, dropInOf(unit))),
    ...(application?.units.filter(({ role }) => role === 'web').map((unit) => iniAnswer(unit.name)) ?? []),
    testAnswer('nautobot', sh`[ -e ${HOLD_NAUTOBOT} ]`),
    testAnswer('postgresql', sh`[ -e ${HOLD_POSTGRESQL} ]`),
    ...(database ? [testAnswer('running', isRunning(upgrade.old))] : []),
    raw(`printf 'now %s\\nuptime %s\\n' "$(date +%s)" "$(cut -d ' ' -f 1 /proc/uptime)"`),
    ...workers.map(
      ({ name }) =>
        sh`printf 'since:%s %s\n' ${name} "$(systemctl show -p ActiveEnterTimestampMonotonic --value -- ${name})"`,
    ),
  );
}

/** The ini file that a web unit's command line names. */
function iniAnswer(unit: string): Command {
  return sh`ini=$(systemctl show -p ExecStart --value -- ${unit} | sed -n 's/.*--ini[= ]\\([^ ;]*\\).*/\\1/p')
if [ -n "$ini" ] && [ -f "$ini" ]; then printf '%s %s\n' ${`ini:${unit}*`} "$(base64 -w0 < "$ini")"; fi`;
}

function heldUnits(context: ModuleContext, is: Answers): readonly Held[] {
  const { application, database, upgrade } = roles(context);
  const nautobot = (application?.units ?? []).map((unit) => ({
    unit: unit.name,
    content: unitHold(unit, HOLD_NAUTOBOT, {
      drainTimeout: upgrade.drainTimeout,
      quickStop: diesOnTerm(is.get(`ini:${unit.name}`) ?? ''),
    }),
  }));
  const old = {
    unit: upgrade.old.unit,
    content: `# pgup: an upgrade of PostgreSQL is under way\n[Unit]\nConditionPathExists=!${HOLD_POSTGRESQL}\n`,
  };
  return [...nautobot, ...(database ? [old] : [])];
}

/** Epoch seconds since when each worker of this host runs: a job that claims to have begun earlier is not running. */
function workersSince(is: Answers): number | undefined {
  const booted = Number(is.get('now')) - Number(is.get('uptime'));
  const since = [...is].flatMap(([name, micros]) => (name.startsWith('since:') ? [booted + Number(micros) / 1e6] : []));
  return since.length === 0 ? undefined : Math.floor(Math.min(...since));
}

/**
 * From here to the end a reboot does not bring Nautobot up. The old cluster's drop-in is in place too; its flag comes
 * with its stop (`postgresql_service`), for a host that is rebooted before it must serve again.
 */
export const holdModule: Module<z.infer<typeof nothing>> = {
  ...named({
    name: 'hold',
    summary: "Keeps Nautobot's units and the old cluster from starting by themselves, across reboots, until lifted.",
    schema: nothing,
  }),
  read: readHold,
  decide: (context, facts) => {
    const { application, database } = roles(context);
    if (!application && !database) return { kind: 'nothing', reason: 'nothing of the deployment runs here' };
    const is = facts ? answers(facts) : new Map<string, string>();
    const held = heldUnits(context, is);
    const since = workersSince(is);
    const learned = since === undefined ? {} : { learned: { host: { workersSince: since } } };
    const there = held.every(({ unit, content }) => is.get(`drop-in:${unit}`) === content);
    if (there && (!application || is.has('nautobot'))) return { kind: 'nothing', reason: 'held already', ...learned };
    const flags = application ? [HOLD_NAUTOBOT] : [];
    const step: Step = {
      kind: 'change',
      says: `hold ${held.map(({ unit }) => unit).join(', ')}: nothing starts by itself, also after a reboot`,
      command: lines(
        raw('set -eu; umask 022'),
        ...held.map(writeDropIn),
        raw('systemctl daemon-reload'),
        // everybody must be able to see that the host is held: what is in the folder is closed by itself
        sh`install -d -m 0711 ${STATE}; install -d -m 0700 ${`${STATE}/hold`}`,
        ...flags.map((flag) => sh`touch ${flag}`),
        sh`sync ${[...flags, STATE, `${STATE}/hold`, ...held.flatMap(({ unit }) => [dropInOf(unit), directoryOf(unit), '/etc/systemd/system'])]}`,
      ),
    };
    return { kind: 'steps', steps: [step], ...learned };
  },
};

function writeDropIn({ unit, content }: Held): Command {
  return sh`install -d ${directoryOf(unit)}; printf %s ${content} > ${dropInOf(unit)}`;
}

const lifting = z.strictObject({
  restore: z
    .boolean()
    .default(false)
    .describe('Start what ran before the run and does not run: the host was rebooted while it was held.'),
});

/** Takes the drop-ins away. Services that were let go before it are not touched. */
export const liftHoldModule: Module<z.infer<typeof lifting>> = {
  ...named({
    name: 'lift_hold',
    summary: 'Takes away what kept units from starting.',
    schema: lifting,
  }),
  read: readHold,
  decide: (context, facts) => {
    const { application, database, upgrade } = roles(context);
    if (!application && !database) return { kind: 'nothing', reason: 'nothing of the deployment runs here' };
    const is = facts ? answers(facts) : undefined;
    const held = heldUnits(context, is ?? new Map());
    const there =
      !is || is.has('nautobot') || is.has('postgresql') || held.some(({ unit }) => is.has(`drop-in:${unit}`));
    const restoring = context.arguments.restore
      ? [
          ...(database ? startOld(upgrade.old, { running: is?.has('running') ?? true }) : []),
          ...startUnits((application?.units ?? []).filter(({ active }) => active).map(({ name }) => name)),
        ]
      : [];
    if (!there && restoring.length === 0) return { kind: 'nothing', reason: 'nothing is held' };
    const paths = held.map(({ unit }) => dropInOf(unit));
    return {
      kind: 'steps',
      steps: [
        {
          kind: 'change',
          says: `lift the hold of ${held.map(({ unit }) => unit).join(', ')}`,
          command: sh`rm -f ${[HOLD_NAUTOBOT, HOLD_POSTGRESQL, ...paths]}
rmdir ${[`${STATE}/hold`, ...held.map(({ unit }) => directoryOf(unit))]} 2>/dev/null
sync ${[STATE, '/etc/systemd/system']} && systemctl daemon-reload`,
        },
        ...restoring,
      ],
    };
  },
};

function startUnits(units: readonly string[]): readonly Step[] {
  if (units.length === 0) return [];
  const command = sh`systemctl start -- ${units}`;
  return [{ kind: 'change', says: `see that ${units.join(', ')} is started`, command }];
}
