import type { Application, Unit, UnitRole } from './application.ts';

/** The units of a role that were running when the survey looked: what is stopped, and later started again. */
export function activeUnits({ units }: Application, role: UnitRole): readonly Unit[] {
  return units.filter((unit) => unit.role === role && unit.active);
}

/**
 * The drop-in that holds a unit: it cannot be started while the flag file lies there, whoever tries, after a reboot
 * too. (`mask` fails on units in /etc, and `mask --runtime` says yes and does nothing.)
 *
 * For the time of the hold it also changes how the unit stops:
 * - a worker is told alone (its children would die of the signal with a job in their hands) and is given as long as a
 *   job may take: the warm shutdown finishes what runs and takes nothing new;
 * - a web server that ends on SIGTERM by itself loses its ExecStop, which is a whole Django start that systemd waits
 *   for while the web serves on: 4 s of downtime.
 */
export function unitHold(unit: Unit, flag: string, options: { drainTimeout: number; quickStop: boolean }): string {
  const service =
    unit.role === 'worker'
      ? ['[Service]', 'KillMode=mixed', `TimeoutStopSec=${options.drainTimeout + 30}`]
      : unit.role === 'web' && options.quickStop
        ? ['[Service]', 'ExecStop=']
        : [];
  return [
    '# pgup: an upgrade of PostgreSQL is under way',
    '[Unit]',
    `ConditionPathExists=!${flag}`,
    ...service,
    '',
  ].join('\n');
}

/** Whether uwsgi ends on SIGTERM. Without `die-on-term` it takes the signal for "reload" and stays. */
export function diesOnTerm(ini: string): boolean {
  return /^\s*die-on-term\s*=\s*(true|1|yes|on)\s*$/im.test(ini);
}
