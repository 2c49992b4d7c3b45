import { dirname } from 'node:path/posix';
import type { Command } from '../shell/host-shell.ts';
import { raw, sh } from '../shell/sh.ts';
import type { Cluster, NewCluster } from './cluster.ts';
import { NEW_CLUSTER_INTENT, NEW_CLUSTER_RECEIPT, STATE, type WorkPaths } from './host-paths.ts';
import { initdbArguments } from './initdb.ts';
import { renamePath } from './settings.ts';
import { isRunning } from './transient-server.ts';

/**
 * Making and unmaking the new cluster. What may be removed is decided by two files alone: the receipt, which holds the
 * system identifier of the cluster that pgup made, and before there is one, this run's word that no such cluster
 * existed when it came. All commands are for root.
 */

/** Exit code where the cluster is not proven to be ours. */
export const NOT_OURS = 77;
/** Exit code where a server runs on it. */
export const RUNNING = 73;

export interface NewClusterWork {
  readonly old: Cluster;
  readonly new: NewCluster;
  readonly work: WorkPaths;
  readonly run: string;
}

/** Writes down that no such cluster exists, before anything could make one. */
export function recordIntent({ new: fresh, run }: Pick<NewClusterWork, 'new' | 'run'>): Command {
  return sh`install -d -m 0711 ${STATE}
if [ ! -e ${`${fresh.configDirectory}/postgresql.conf`} ] && [ ! -e ${`${fresh.dataDirectory}/PG_VERSION`} ]; then
  printf '%s\n' ${run} > ${NEW_CLUSTER_INTENT}.new && sync ${NEW_CLUSTER_INTENT}.new && mv ${NEW_CLUSTER_INTENT}.new ${NEW_CLUSTER_INTENT} && sync ${STATE}
fi`;
}

/** Makes the cluster, not running, and its receipt. Prints the system identifier. */
export function createCluster({ old, new: fresh, work, run }: NewClusterWork): Command {
  const { version, name, owner, group } = fresh;
  const waldir = walDirectory(old, fresh);
  const options = ['--port', String(fresh.port), '--start-conf', 'manual', '--datadir', fresh.dataDirectory];
  const owned = ['--user', owner, '--group', group];
  return sh`${raw('set -eu; cd /; export LC_ALL=C')}
${removeOurs({ new: fresh, work, run })}
${recordIntent({ new: fresh, run })}
${waldir === undefined ? raw(':') : sh`install -d -m 0700 -o ${owner} -g ${group} ${waldir}`}
pg_createcluster ${[...options, ...owned]} ${version} ${name} -- ${initdbArguments(old, version, waldir)} >&2
install -d -m 0700 -o ${owner} -g ${group} ${work.directory}
${writeReceipt(fresh, run)}`;
}

/**
 * The data directory as `initdb` leaves it, once more, under the configuration that is there already: pg_upgrade wants
 * an empty cluster and a failed one is not empty. Prints the system identifier.
 */
export function initialiseAgain({ old, new: fresh, work, run }: NewClusterWork): Command {
  const { version, dataDirectory, owner, binDirectory } = fresh;
  const waldir = walDirectory(old, fresh);
  const made = ['postgresql.conf', 'pg_hba.conf', 'pg_ident.conf'].map((file) => `${dataDirectory}/${file}`);
  return sh`${raw('set -eu; cd /; export LC_ALL=C')}
${proveOurs({ new: fresh, run })}
find ${[dataDirectory, ...(waldir === undefined ? [] : [waldir])]} -mindepth 1 -delete
rm -f ${[work.upgraded, work.begun]}
runuser -u ${owner} -- ${binDirectory}/initdb -D ${dataDirectory} ${initdbArguments(old, version, waldir)} < /dev/null >&2
rm -f ${made}
cp -a ${work.dataFiles}/. ${dataDirectory}/
${writeReceipt(fresh, run)}`;
}

/** Removes the cluster, its log and our work beside it, if it is proven to be ours and does not run. Gone is fine. */
export function dropCluster({ new: fresh, work, run }: Pick<NewClusterWork, 'new' | 'work' | 'run'>): Command {
  return sh`${raw('set -eu; cd /; export LC_ALL=C')}
${removeOurs({ new: fresh, work, run })}
rm -rf ${[work.directory, work.applicationSockets, fresh.closedSocketDirectory]}
rmdir ${dirname(fresh.dataDirectory)} 2>/dev/null || :
rm -f ${[NEW_CLUSTER_RECEIPT, NEW_CLUSTER_INTENT]}; sync ${STATE}`;
}

function removeOurs({ new: fresh, work, run }: Pick<NewClusterWork, 'new' | 'work' | 'run'>): Command {
  const { version, name, dataDirectory, configDirectory } = fresh;
  return sh`if [ -e ${`${configDirectory}/postgresql.conf`} ] || [ -e ${`${dataDirectory}/PG_VERSION`} ]; then
  ${proveOurs({ new: fresh, run })}
  if [ -e ${`${configDirectory}/postgresql.conf`} ]; then pg_dropcluster ${version} ${name} || :; fi
  rm -rf ${[configDirectory, work.upgraded, work.begun]}
  if [ -d ${dataDirectory} ]; then
    find ${dataDirectory} -mindepth 1 -delete
    rmdir ${dataDirectory} 2>/dev/null || :
  fi
fi`;
}

function proveOurs({ new: fresh, run }: Pick<NewClusterWork, 'new' | 'run'>): Command {
  const { binDirectory, dataDirectory, version, name } = fresh;
  return sh`  if ${isRunning(fresh)}; then echo "a server runs on "${dataDirectory} >&2; exit ${RUNNING}; fi
  found=$(${binDirectory}/pg_controldata ${dataDirectory} 2>/dev/null | sed -n 's/^Database system identifier: *//p')
  if [ -e ${NEW_CLUSTER_RECEIPT} ]; then ours=$(head -n 1 ${NEW_CLUSTER_RECEIPT}); else ours=none; fi
  if [ "$found" != "$ours" ] && ! { [ "$ours" = none ] && [ "$(cat ${NEW_CLUSTER_INTENT} 2>/dev/null)" = ${run} ]; }; then
    echo "cluster "${`${version}/${name}`}" was not made by pgup: its system identifier is \${found:-unknown}" >&2; exit ${NOT_OURS}
  fi`;
}

function writeReceipt({ binDirectory, dataDirectory }: NewCluster, run: string): Command {
  return sh`identifier=$(${binDirectory}/pg_controldata ${dataDirectory} | sed -n 's/^Database system identifier: *//p')
test -n "$identifier"
printf '%s\n%s\n' "$identifier" ${run} > ${NEW_CLUSTER_RECEIPT}.new
sync ${NEW_CLUSTER_RECEIPT}.new; mv ${NEW_CLUSTER_RECEIPT}.new ${NEW_CLUSTER_RECEIPT}; sync ${STATE}
echo "$identifier"`;
}

/** Where the new cluster's WAL goes when the old one's has a directory of its own. */
function walDirectory(old: Cluster, fresh: NewCluster): string | undefined {
  if (old.walDirectory === undefined) return undefined;
  const renamed = renamePath(old.walDirectory, old, fresh);
  return renamed === old.walDirectory ? `${old.walDirectory}-${fresh.version}-${fresh.name}` : renamed;
}
