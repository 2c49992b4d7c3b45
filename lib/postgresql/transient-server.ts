import type { Command } from '../shell/host-shell.ts';
import { raw, sh } from '../shell/sh.ts';
import type { Cluster, NewCluster } from './cluster.ts';
import type { WorkPaths } from './host-paths.ts';

/**
 * Settings of a server that we start for a moment, beside one that serves: closed to everybody but the owner, small in
 * memory, silent towards archives, standbys and Debian's pid file. Given on the command line, they win over every file.
 */
export function closedOptions({ ownerHba, ownerIdent }: Pick<WorkPaths, 'ownerHba' | 'ownerIdent'>): string {
  return [
    `hba_file=${ownerHba}`,
    `ident_file=${ownerIdent}`,
    'archive_mode=off',
    "synchronous_standby_names=''",
    "external_pid_file=''",
    'logging_collector=off',
    'shared_buffers=128MB',
    'huge_pages=off',
    'ssl=off',
  ]
    .map((each) => `-c ${each}`)
    .join(' ');
}

/** Where either cluster's server runs from. */
export type Startable = Pick<Cluster | NewCluster, 'binDirectory' | 'configDirectory' | 'dataDirectory'>;

export interface TransientOptions {
  readonly port: number;
  readonly socketDirectory: string;
  readonly log: string;
  /** More `-c …`, for the shell that pg_ctl starts. */
  readonly options: string;
}

/**
 * Starts a server, runs a command, stops the server, whatever came of the command. For the owner of the data
 * directory. A server that does not come up or does not go down cleanly is a failure.
 */
export function withServer(cluster: Startable, server: TransientOptions, inside: Command): Command {
  const { binDirectory, configDirectory, dataDirectory } = cluster;
  const options = [
    `-c config_file=${configDirectory}/postgresql.conf`,
    `-c port=${server.port}`,
    "-c listen_addresses=''",
    `-c unix_socket_directories=${server.socketDirectory}`,
    server.options,
  ].join(' ');
  return sh`${raw('set -eu; cd /; export LC_ALL=C PGCTLTIMEOUT=86400')}
${binDirectory}/pg_ctl start -s -w -D ${dataDirectory} -l ${server.log} -o ${options} < /dev/null || { tail -n 20 ${server.log} >&2; exit 71; }
code=0
( ${inside} ) || code=$?
${binDirectory}/pg_ctl stop -s -w -m fast -D ${dataDirectory} || code=72
exit $code`;
}

/**
 * Stops a server that a lost job of ours left behind: one whose socket lies in our directory. Any other is somebody
 * else's doing: exit code 73. Nothing running is fine.
 */
export function stopOrphan({ binDirectory, dataDirectory }: Startable, socketDirectory: string): Command {
  return sh`if ${isRunning({ binDirectory, dataDirectory })}; then
  if [ "$(sed -n 5p ${dataDirectory}/postmaster.pid)" != ${socketDirectory} ]; then
    echo "a server runs on "${dataDirectory}" that is none of ours" >&2; exit 73
  fi
  LC_ALL=C PGCTLTIMEOUT=86400 ${binDirectory}/pg_ctl stop -s -w -m fast -D ${dataDirectory}
fi`;
}

/** Exit code 0 where a server runs on the data directory. For its owner or root. */
export function isRunning({ dataDirectory }: Pick<Startable, 'dataDirectory'> & Partial<Startable>): Command {
  // pg_ctl refuses root; the file is the server's own, and a stale one names a process that is gone or not a postgres.
  return sh`{ [ -e ${dataDirectory}/postmaster.pid ] && grep -qs postgres "/proc/$(head -n 1 ${dataDirectory}/postmaster.pid)/comm"; }`;
}

/** What `pg_controldata` says; for root too. */
export function controlData({
  binDirectory,
  dataDirectory,
}: Pick<Startable, 'binDirectory' | 'dataDirectory'>): Command {
  return sh`LC_ALL=C ${binDirectory}/pg_controldata ${dataDirectory}`;
}
