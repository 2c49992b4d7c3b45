import { PgupError } from '../errors.ts';
import type { HostShell } from '../shell/host-shell.ts';
import { sh } from '../shell/sh.ts';

/** On the database host, from the moment that the deployment may not be put back any more until it is finished. */
export const MARKER = '/var/lib/pgup/marker';

/** What the host itself says: the marker is there, or it is not. Rejects where the host cannot be asked. */
export async function markerIsThere(shell: HostShell): Promise<boolean> {
  const result = await shell.ask({ kind: 'query', command: sh`test -e ${MARKER}` });
  if (result.ending.kind !== 'exited') {
    throw new PgupError('connection-lost', `${shell.host} could not say whether the point of no return is passed`, {
      host: shell.host,
    });
  }
  return result.ending.code === 0;
}
