import { randomBytes } from 'node:crypto';

/** `20261123-021640-7f3a`: sorts by time, fits a systemd unit's name and a path on every host. */
export function newRunId(now: number): string {
  const [date = '', time = ''] = new Date(now).toISOString().split('T');
  return `${date.replaceAll('-', '')}-${time.slice(0, 8).replaceAll(':', '')}-${randomBytes(2).toString('hex')}`;
}
