import { isIP } from 'node:net';

/** One client's session on a server. */
export interface Session {
  readonly pid: number;
  readonly user: string;
  readonly database: string;
  readonly application: string;
  /** Undefined: through a Unix socket, that is from the database host itself. */
  readonly address: string | undefined;
  readonly state: string;
}

/** Every client but the one that asks. */
export const SESSIONS = `
select pid, usename, coalesce(datname, ''), application_name, coalesce(host(client_addr), ''), coalesce(state, '')
from pg_catalog.pg_stat_activity where backend_type in ('client backend', 'walsender') and pid <> pg_catalog.pg_backend_pid()
`;

export function parseSessions(output: string): readonly Session[] {
  return output
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [pid = '', user = '', database = '', application = '', address = '', state = ''] = line.split('\t');
      return { pid: Number(pid), user, database, application, address: address === '' ? undefined : address, state };
    });
}

/** Whose a session is. */
export type Whose =
  /** Nautobot's own: it goes when its services have stopped. */
  | 'ours'
  /** Somebody at work that nobody told us of: nothing is stopped under their hands. */
  | 'stranger'
  /** On the database host, idle, in another database or as another role: monitoring. It reconnects by itself. */
  | 'bystander';

export function whose(
  session: Session,
  { addresses, database, user }: { addresses: readonly string[]; database: string; user: string },
): Whose {
  const { address, state } = session;
  const local = address === undefined || isLoopback(address);
  if (!local && !addresses.includes(address)) return 'stranger';
  if (session.user === user || session.database === database) return 'ours';
  if (!local) return 'ours';
  return state === 'idle' || state === '' ? 'bystander' : 'stranger';
}

function isLoopback(address: string): boolean {
  return isIP(address) === 4 ? address.startsWith('127.') : address === '::1';
}

/** A session in words. */
export function describeSession({ user, database, application, address, pid }: Session): string {
  const program = application === '' ? '' : ` (${application})`;
  return `${user}@${database}${program} from ${address ?? 'the database host'}, pid ${pid}`;
}
