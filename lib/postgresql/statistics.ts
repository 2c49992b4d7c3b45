import type { Command } from '../shell/host-shell.ts';
import { raw, sh } from '../shell/sh.ts';
import { psql, type ServerAddress } from './server-address.ts';
import { compareMajors } from './versions.ts';

/** Cheap enough to run in two sessions beside a service, fast enough for a window. */
const JOBS = 2;

/** From 18 on pg_upgrade carries most statistics over; gathering them anew would first throw the good ones away. */
const carriesStatistics = (version: string): boolean => compareMajors(version, '18') >= 0;

/** Plans that are usable: the smallest sample of every table of one database. For the owner. */
export function firstStatistics(server: ServerAddress, version: string, database: string): Command {
  if (carriesStatistics(version)) return raw(':');
  return vacuumdb(server, ['--analyze-only', '-d', database], '-c default_statistics_target=1 -c vacuum_cost_delay=0');
}

/** Everything else, over all databases, while the service runs. For the owner. */
export function restOfStatistics(server: ServerAddress, version: string): Command {
  const all = carriesStatistics(version)
    ? [
        ['--all', '--analyze-in-stages', '--missing-stats-only'],
        ['--all', '--analyze-only'],
      ]
    : [['--all', '--analyze-in-stages']];
  return sh`${raw('set -e; cd /')}
${raw(all.map((options) => vacuumdb(server, options, '').text).join('\n'))}`;
}

function vacuumdb(
  { binDirectory, socketDirectory, port, user }: ServerAddress,
  words: readonly string[],
  options: string,
): Command {
  return sh`env LC_ALL=C PGOPTIONS=${`-c statement_timeout=0 ${options}`.trim()} ${binDirectory}/vacuumdb -q -w -j ${JOBS} -h ${socketDirectory} -p ${port} -U ${user} ${words} < /dev/null`;
}

/**
 * Runs what pg_upgrade wrote about extensions whose default version is newer now, and looks whether any index became
 * invalid. Without such a file there is nothing to update. For the owner.
 */
export function updateExtensions(server: ServerAddress, script: string): Command {
  return sh`${raw('set -e; cd /')}
if [ -s ${script} ]; then ${psql(server, 'template1')} -f ${script} < /dev/null; fi`;
}
