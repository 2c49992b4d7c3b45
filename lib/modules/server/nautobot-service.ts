import { z } from 'zod';
import type { Unit } from '../../nautobot/application.ts';
import { HOLD_NAUTOBOT } from '../../postgresql/host-paths.ts';
import { answers, testAnswer } from '../../shell/answers.ts';
import type { Command, Result } from '../../shell/host-shell.ts';
import { sh } from '../../shell/sh.ts';
import type { Decision, Step } from '../module.ts';
import { applicationModule, type Here } from './application-module.ts';
import { exitCode, judgeExit, reading, text } from './reading.ts';

const schema = z.strictObject({
  role: z.enum(['web', 'worker', 'scheduler']).describe('Which of Nautobot’s services.'),
  state: z
    .enum(['stopped', 'restored'])
    .describe('`restored`: as the survey found them: what ran runs again, what did not stays as it is.'),
  which: z
    .enum(['all', 'first', 'others'])
    .default('all')
    .describe('Hosts: all of them, the first that runs the service, or all but that one.'),
  health: z
    .enum(['must', 'answer', 'no'])
    .default('no')
    .describe('After a start of the web: wait for 200 at the health address (`must`), or for any answer (`answer`).'),
});
type Arguments = z.infer<typeof schema>;

/** Beyond every TimeoutStopSec that a unit of Nautobot's is likely to have. */
const STOP_DEADLINE = 600_000;
const HEALTH_DEADLINE = 300_000;

/** Stops the services of a role, or brings them back as they were. */
export const nautobotServiceModule = applicationModule<Arguments>({
  name: 'nautobot_service',
  summary: 'Stops the web, worker or scheduler units of Nautobot, or starts again those that ran before.',
  schema,
  read: ({ application: { units } }, { arguments: { role } }) =>
    reading(
      ...units
        .filter((unit) => unit.role === role)
        .flatMap(({ name }) => [
          testAnswer(`active:${name}`, sh`systemctl is-active -q -- ${name}`),
          testAnswer(`coming:${name}`, onItsWay(name)),
        ]),
      testAnswer('held', sh`[ -e ${HOLD_NAUTOBOT} ]`),
    ),
  decide: (here, { arguments: chosen, host }, facts) => {
    const units = here.application.units.filter(({ role }) => role === chosen.role);
    if (units.length === 0) return { kind: 'nothing', reason: `no ${chosen.role} runs here` };
    const is = facts ? answers(facts) : undefined;
    const active = (unit: Unit): boolean => is?.has(`active:${unit.name}`) ?? unit.active;
    switch (chosen.state) {
      case 'stopped':
        return stop(units, (unit) => active(unit) || is?.has(`coming:${unit.name}`) === true, {
          here,
          role: chosen.role,
        });
      case 'restored': {
        const first = here.upgrade.applications.find(({ units: all }) =>
          all.some((unit) => unit.role === chosen.role && unit.active),
        );
        if (chosen.which !== 'all' && (host === first?.host) !== (chosen.which === 'first')) {
          return { kind: 'elsewhere', reason: `${first?.host ?? 'no host'} is the first` };
        }
        return restore(units, active, { here, chosen, held: is?.has('held') ?? true });
      }
    }
  },
});

/**
 * The web servers load Nautobot without a database (they answer 500) and serve the moment that the doors open. Their
 * settings name the port at which nobody answers until then. The hold stays: its flag is away for the start alone, and
 * a reboot finds it.
 */
export const warmWebModule = applicationModule({
  name: 'warm_web',
  summary:
    'Starts the web units ahead of the open doors, so that they have loaded by then; not where migrations are pending.',
  schema: z.strictObject({}),
  read: ({ application: { units } }) =>
    reading(
      ...units
        .filter((unit) => unit.role === 'web')
        .map(({ name }) => testAnswer(`active:${name}`, sh`systemctl is-active -q -- ${name}`)),
      testAnswer('held', sh`[ -e ${HOLD_NAUTOBOT} ]`),
    ),
  decide: ({ application, upgrade }, _context, facts) => {
    const is = facts ? answers(facts) : new Map<string, string>();
    const wanted = application.units.filter(({ role, active }) => role === 'web' && active);
    if (wanted.length === 0) return { kind: 'nothing', reason: 'no web server ran here' };
    if (upgrade.applications.some(({ pendingMigrations }) => pendingMigrations.length > 0)) {
      return { kind: 'nothing', reason: 'migrations are pending: the web starts after them' };
    }
    if (is.has('held') && wanted.every(({ name }) => is.has(`active:${name}`))) {
      return { kind: 'nothing', reason: `${names(wanted)} loaded already` };
    }
    return {
      kind: 'steps',
      steps: [
        {
          kind: 'change',
          says: `load ${names(wanted)}, which serves nobody before the doors are open`,
          command: sh`rm -f ${HOLD_NAUTOBOT}; systemctl start -- ${wanted.map(({ name }) => name)}; code=$?
touch ${HOLD_NAUTOBOT}; sync ${HOLD_NAUTOBOT}; exit "$code"`,
        },
      ],
    };
  },
});

/**
 * A unit that starts, stops or waits to be started again is not active, and would be there after all when the server is
 * to be stopped: one whose start was interrupted by a reboot, one that crashed (`Restart=`).
 */
function onItsWay(unit: string): Command {
  return sh`case $(systemctl is-active -- ${unit}) in activating | deactivating | reloading) ;; *) false ;; esac`;
}

function stop(
  units: readonly Unit[],
  up: (unit: Unit) => boolean,
  { role, here }: { role: Arguments['role']; here: Here },
): Decision {
  // In check mode all of them still run; what the survey saw running is what would be stopped.
  const running = units.filter((unit) => up(unit));
  if (running.length === 0) return { kind: 'nothing', reason: `${names(units)} not running` };
  const steps: Step[] = role === 'web' ? [{ kind: 'mark', says: 'the window opens', mark: 'window-opens' }] : [];
  const wait = role === 'worker' ? here.upgrade.drainTimeout * 1000 + STOP_DEADLINE : STOP_DEADLINE;
  return {
    kind: 'steps',
    steps: [
      ...steps,
      {
        kind: 'change',
        says: `stop ${names(running)}`,
        // `failed` is a unit that was killed or complained while stopping: stopped all the same.
        command: sh`systemctl stop -- ${running.map(({ name }) => name)}
for unit in ${running.map(({ name }) => name)}; do
  state=$(systemctl is-active -- "$unit"); case "$state" in inactive | failed) ;; *) echo "$unit is $state"; exit 1 ;; esac
done`,
        deadline: wait,
        judge: (result) => judgeExit(result, `${names(running)} stopped`, `${names(running)} could not be stopped`),
      },
    ],
  };
}

function restore(
  units: readonly Unit[],
  active: (unit: Unit) => boolean,
  { here, chosen, held }: { here: Here; chosen: Arguments; held: boolean },
): Decision {
  const wanted = units.filter((unit) => unit.active);
  if (wanted.length === 0) return { kind: 'nothing', reason: `${names(units)} did not run before` };
  const stopped = wanted.filter((unit) => !active(unit));
  const health = chosen.role === 'web' ? healthSteps(here, chosen) : [];
  if (stopped.length === 0 && !held && health.length === 0) {
    return { kind: 'nothing', reason: `${names(wanted)} running` };
  }
  const start: Step = {
    kind: 'change',
    says: `start ${names(wanted)}`,
    // `systemctl start` succeeds on a unit whose condition fails, so what it did is asked.
    command: sh`rm -f ${HOLD_NAUTOBOT}; sync /var/lib/pgup
systemctl start -- ${wanted.map(({ name }) => name)} && systemctl is-active -- ${wanted.map(({ name }) => name)}`,
    deadline: STOP_DEADLINE,
    judge: (result) =>
      judgeExit(result, `${names(wanted)} running`, `${names(wanted)} did not start`, 'journalctl -u names the cause'),
  };
  return { kind: 'steps', steps: [...(stopped.length === 0 && !held ? [] : [start]), ...health] };
}

function healthSteps({ application: { health, host } }: Here, { health: wanted }: Arguments): readonly Step[] {
  if (wanted === 'no') return [];
  const close: Step = { kind: 'mark', says: 'the window closes', mark: 'window-closes' };
  const closing = wanted === 'must' ? [close] : [];
  if (!health) return closing;
  const { address, port, path, hostHeader, tls } = health;
  return [
    {
      kind: 'http',
      says: `wait until Nautobot answers at ${path} on ${host}`,
      request: { address, port, path, headers: { host: hostHeader }, tls },
      every: 100,
      deadline: HEALTH_DEADLINE,
      judge: (result) => {
        const status = /^HTTP\/\S+ (\d+)/.exec(text(result))?.[1];
        if (exitCode(result) !== 0 || status === undefined) {
          return { ok: false, says: `the web server of ${host} does not answer: ${text(result).slice(0, 300)}` };
        }
        if (wanted === 'must' && status !== '200') {
          return { ok: false, says: `Nautobot on ${host} answers ${status} at ${path}: ${bodyOf(result)}` };
        }
        return { ok: true, says: `Nautobot on ${host} answers ${status}` };
      },
    },
    ...closing,
  ];
}

/** The page behind the headers, short: Nautobot's health page names the check that fails. */
function bodyOf(result: Result): string {
  const page = text(result).split('\n\n').slice(1).join(' ');
  return page
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .slice(0, 300);
}

function names(units: readonly Unit[]): string {
  return units.map(({ name }) => name).join(', ');
}
