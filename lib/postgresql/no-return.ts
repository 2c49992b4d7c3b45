import type { Command } from '../shell/host-shell.ts';
import { sh } from '../shell/sh.ts';
import type { NewCluster } from './cluster.ts';
import { workPaths } from './host-paths.ts';
import { controlData, isRunning } from './transient-server.ts';

/** What the new cluster itself shows, whatever any marker says. */
export interface NoReturnEvidence {
  readonly systemIdentifier: string | undefined;
  readonly dataDirectory: string | undefined;
  readonly timeline: string | undefined;
  /** Applications can get in, or could: the carried settings are in force, or the server runs on the open port. */
  readonly open: boolean;
}

/** Prints the evidence as `name value` lines; for root. A cluster that is not there shows nothing. */
export function noReturnEvidence(fresh: NewCluster): Command {
  const { dataDirectory, port } = fresh;
  const { carriedAutoConf, upgraded } = workPaths(fresh);
  return sh`if [ -e ${`${dataDirectory}/global/pg_control`} ]; then
  printf 'data-directory %s\n' ${dataDirectory}
  ${controlData(fresh)} | sed -n ${`s/^Database system identifier: */system-identifier /p; s/^Latest checkpoint's TimeLineID: */timeline /p`}
  if { [ -e ${upgraded} ] && cmp -s ${carriedAutoConf} ${`${dataDirectory}/postgresql.auto.conf`}; } ||
    { ${isRunning(fresh)} && [ "$(sed -n 4p ${`${dataDirectory}/postmaster.pid`})" = ${String(port)} ]; }; then echo open yes; fi
fi`;
}

export function parseNoReturnEvidence(text: string): NoReturnEvidence {
  const lines = new Map(
    text.split('\n').map((line): [string, string] => {
      const space = line.indexOf(' ');
      return [line.slice(0, space), line.slice(space + 1).trim()];
    }),
  );
  return Object.freeze({
    systemIdentifier: lines.get('system-identifier'),
    dataDirectory: lines.get('data-directory'),
    timeline: lines.get('timeline'),
    open: lines.get('open') === 'yes',
  });
}
