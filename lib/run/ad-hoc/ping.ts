import { PgupError } from '../../errors.ts';
import type { Events } from '../../events.ts';
import { sh } from '../../shell/sh.ts';
import { eachHost, type AdHoc } from './each-host.ts';

/** Whether each host can be reached, logged in to, and its user be become: everything that a run needs first. */
export async function pingHosts(adHoc: AdHoc, events: Events): Promise<number> {
  const { now } = adHoc;
  return eachHost<{ readonly user: string | undefined; readonly roundTrip: number | undefined }>({
    adHoc,
    nothing: { user: undefined, roundTrip: undefined },
    work: async (shell) => {
      const asked = now();
      const { ending, stdout, stderr } = await shell.ask({ kind: 'query', command: sh`id -un` });
      const roundTrip = (now() - asked) / 1000;
      const user = stdout.toString('utf8').trim();
      if (ending.kind !== 'exited' || ending.code !== 0 || user === '') {
        throw new PgupError('command-failed', `${shell.host} does not say who we are`, {
          output: stderr.toString('utf8'),
        });
      }
      return { value: { user, roundTrip } };
    },
    tell: (event) => {
      events.emit('ping:host', event);
    },
  });
}
