import { sh, raw } from '../shell/sh.ts';
import type { Cluster, NewCluster } from './cluster.ts';
import type { Command } from '../shell/host-shell.ts';

/** A running server as we reach it: a socket directory and a port, a role, and the binaries of its version. */
export interface ServerAddress {
  readonly binDirectory: string;
  readonly socketDirectory: string;
  readonly port: number;
  readonly user: string;
}

/**
 * Sessions of ours run without a person's psqlrc, passwords asked for, time limits, and with nothing of the cluster's
 * settings that changes what a value looks like as text or that makes a reader write.
 */
const SESSION = [
  'TimeZone=UTC',
  'DateStyle=ISO,YMD',
  'IntervalStyle=postgres',
  'bytea_output=hex',
  'lc_monetary=C',
  'statement_timeout=0',
  'lock_timeout=0',
  'idle_in_transaction_session_timeout=0',
  'jit=off',
];

/** The old server as it serves: by peer as the owner of its data directory, or as the role that was named for it. */
export function liveServer(old: Cluster, adminUser: string | undefined): ServerAddress {
  const { binDirectory, socketDirectory, port, installUser } = old;
  return { binDirectory, socketDirectory, port, user: adminUser ?? installUser };
}

/** The new server before the doors are open. */
export function closedServer(fresh: NewCluster, installUser: string): ServerAddress {
  const { binDirectory, closedSocketDirectory: socketDirectory, closedPort: port } = fresh;
  return { binDirectory, socketDirectory, port, user: installUser };
}

/** The new server as it serves: where the old one did. */
export function openServer(old: Cluster, fresh: NewCluster): ServerAddress {
  const { binDirectory, port } = fresh;
  return { binDirectory, socketDirectory: old.socketDirectory, port, user: old.installUser };
}

/** `psql` on one database; the SQL goes to its standard input. The first error ends it with exit code 3. */
export function psql(server: ServerAddress, database: string, ...options: readonly string[]): Command {
  return sh`${environment()} ${server.binDirectory}/psql -XAtqw -v ON_ERROR_STOP=1 ${options} -h ${server.socketDirectory} -p ${server.port} -U ${server.user} -d ${database}`;
}

/** Exit code of awaitService where the service has given up. */
export const SERVICE_ENDED = 9;

/**
 * Exit code 0 once a server that systemd was told to start takes connections; else the end of its log. systemd does not
 * say that a cluster failed to start: Debian's unit ignores it, so no job of systemd's and no server are the sign.
 */
export function awaitService(
  server: Omit<ServerAddress, 'user'>,
  { unit, running, log }: { unit: string; running: Command; log: string },
): Command {
  return sh`${isReady(server)} && exit 0
tail -n 6 ${log}
[ -n "$(systemctl show -p Job --value -- ${unit})" ] || ${running} || exit ${SERVICE_ENDED}
exit 1`;
}

/**
 * Waits, seconds at most, until systemd is done with what it was last told to do with a service. Debian's start looks on
 * for two seconds after the server is up; to be told "stop" or "restart" meanwhile ends that onlooker by a signal, and
 * the server with it, unlike a stop of a service that is up.
 */
export function settledService(unit: string): Command {
  return sh`__n=0
while [ "$__n" -lt 100 ] && [ -n "$(systemctl show -p Job --value -- ${unit})" ]; do __n=$((__n + 1)); sleep 0.05; done`;
}

/** Exit code 0 once the server takes connections. */
export function isReady(server: Omit<ServerAddress, 'user'>): Command {
  return sh`${server.binDirectory}/pg_isready -q -h ${server.socketDirectory} -p ${server.port}`;
}

function environment(): Command {
  const options = SESSION.map((each) => `-c ${each}`).join(' ');
  return sh`${raw('env -u PGHOST -u PGPORT -u PGDATABASE -u PGUSER -u PGSERVICE -u PGSSLMODE')} LC_ALL=C PGOPTIONS=${options}`;
}
