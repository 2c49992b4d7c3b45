import { setTimeout as sleep } from 'node:timers/promises';
import type { Lab } from '../../lab/open-lab.ts';
import { nameOf, type Point } from './points.ts';
import { placeIn } from './condition.ts';

/** What is made to happen at a point. */
export type Kind =
  'kill' | 'freeze' | 'cut' | 'long-cut' | 'database-power' | 'application-power' | 'sshd' | 'clock' | 'disk-full';

export const KINDS: Readonly<Record<Kind, string>> = {
  kill: 'SIGKILL of the controller, then `pgup resume`',
  freeze: 'SIGSTOP of the controller, gone on with from another one, SIGCONT',
  cut: 'the line to the host is cut for 30 s',
  'long-cut': 'the line to the host is cut for longer than the run waits, then healed and resumed',
  'database-power': 'the database host loses its power and boots again',
  'application-power': 'the application host loses its power and boots again',
  sshd: 'sshd is restarted and its sessions end',
  clock: "the controller's clock falls back by an hour",
  'disk-full': 'the disk of the database host, or the one with pgup’s state, is full',
};

export interface Fault {
  readonly kind: Kind;
  readonly point: Point;
}

export function faultName({ kind, point }: Fault): string {
  return `${kind} at ${nameOf(point)}`;
}

/** How long a line is cut for, milliseconds. */
const CUT = 30_000;

/**
 * Makes it happen. The promise inside ends when what heals by itself has healed: a cable that is put back, a host that
 * has booted. `end` ends the controller.
 */
export async function strike(fault: Fault, lab: Lab, end: () => void): Promise<{ readonly healed: Promise<void> }> {
  const { kind, point } = fault;
  const { web, database } = placeIn(lab);
  const healed = Promise.resolve();
  switch (kind) {
    case 'kill':
      end();
      return { healed };
    case 'freeze':
      // Whoever goes on with the run wakes it (fault-case.ts).
      return { healed };
    case 'cut':
      await lab.cut(point.host);
      return { healed: sleep(CUT).then(() => lab.restore(point.host)) };
    case 'long-cut':
      await lab.cut(point.host);
      return { healed };
    case 'database-power':
      await lab.powerCut(database);
      return { healed: lab.powerOn(database) };
    case 'application-power':
      await lab.powerCut(web);
      return { healed: lab.powerOn(web) };
    case 'sshd':
      await lab.run(point.host, ['sh', '-c', RESTART_SSHD]);
      return { healed };
    case 'disk-full':
      await lab.run(database, ['sh', '-c', fill(/^pg_upgrade /.test(point.says) ? 4 : 20)]);
      return { healed };
    case 'clock':
      // The program was told when it was started.
      return { healed };
  }
}

/** The sessions are told by their processes' titles; the listener is systemd's. */
const RESTART_SSHD = `systemctl restart ssh
for pid in $(ps -eo pid=,args= | awk '/sshd(-session)?: / && !/listener/ && !/awk/ { print $1 }'); do
  kill -9 "$pid" 2>/dev/null
done; true`;

/**
 * Fills the file systems that were made small for this: the state's to the last byte, the data's but for megabytes: as
 * many as a server needs to start where a copy that ran out of space leaves them once it is removed; for pg_upgrade
 * fewer than the one segment of WAL that it makes.
 */
const fill = (
  left: number,
): string => `! mountpoint -q /var/lib/pgup || dd if=/dev/zero of=/var/lib/pgup/filler bs=512 2>/dev/null
mountpoint -q /var/lib/pgup ||
  fallocate -l $(( ($(df --output=avail -k /var/lib/postgresql | tail -n 1) - ${left * 1024}) * 1024 )) /var/lib/postgresql/filler`;

/** A state folder of its own, just large enough for a run to begin, for the fault that fills it. */
export const SMALL_STATE =
  'mkdir -p /var/lib/pgup && chmod 711 /var/lib/pgup && mount -t tmpfs -o size=40m,mode=711 tmpfs /var/lib/pgup';

/** Gives the space back. */
export const EMPTY = 'rm -f /var/lib/postgresql/filler /var/lib/pgup/filler';
