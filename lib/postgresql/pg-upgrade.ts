import type { Command } from '../shell/host-shell.ts';
import { raw, sh } from '../shell/sh.ts';
import type { Cluster, NewCluster } from './cluster.ts';
import type { WorkPaths } from './host-paths.ts';
import { closedOptions } from './transient-server.ts';

export interface PgUpgrade {
  readonly old: Cluster;
  readonly new: NewCluster;
  readonly work: WorkPaths;
  readonly mode: 'copy' | 'clone';
  /** `check`: beside the running old server. `upgrade`: for good. */
  readonly purpose: 'check' | 'upgrade';
}

/** Ports of the servers that pg_upgrade itself starts: on sockets in a 0700 directory, so that nobody else sees them. */
const OLD_PORT = 50432;
const NEW_PORT = 50433;

/** Before every report file that the command prints when it failed. */
const REPORT = 'pgup-report:';

/**
 * The new version's pg_upgrade, for the owner of the data directory, in a directory of its own. Both servers run closed
 * and small; nothing of the shell's environment reaches them. When it fails, the reports that it wrote are printed
 * after its own output; the schema dumps and the file of roles (password hashes) are not.
 */
export function pgUpgrade({ old, new: fresh, work, mode, purpose }: PgUpgrade): Command {
  const options = closedOptions(work);
  const check = purpose === 'check';
  const words = [
    ...['--old-bindir', old.binDirectory, '--new-bindir', fresh.binDirectory],
    ...['--old-datadir', old.configDirectory, '--new-datadir', fresh.configDirectory],
    // A live check finds the running server by the port in its pid file; the two must differ.
    ...['--old-port', String(check ? old.port : OLD_PORT), '--new-port', String(NEW_PORT)],
    ...['--socketdir', fresh.closedSocketDirectory, '--username', old.installUser],
    ...['--old-options', options, '--new-options', options],
    '--retain',
    ...(mode === 'clone' ? ['--clone'] : []),
    ...(check ? ['--check'] : []),
  ];
  const output = `${fresh.dataDirectory}/pg_upgrade_output.d`;
  return sh`${raw('set -u; unset PGHOST PGPORT PGUSER PGDATABASE PGSERVICE PGOPTIONS PGDATA; export LC_ALL=C PGCTLTIMEOUT=86400')}
rm -rf ${work.upgrade} ${output} && mkdir -m 0700 ${work.upgrade} && cd ${work.upgrade} || exit 74
${check ? raw('') : sh`touch ${work.begun} && sync ${work.begun} ${work.directory} || exit 74`}
code=0
${fresh.binDirectory}/pg_upgrade ${words} < /dev/null || code=$?
rm -f delete_old_cluster.sh
mkdir -m 0700 logs
find . ${output} -type f '(' -name '*.txt' -o -name '*.log' ')' ! -path './logs/*' -exec cp -p '{}' logs/ ';' 2>/dev/null
sed -i -E "s/(PASSWORD +')[^']*'/\\1***'/gI" logs/* 2>/dev/null
rm -rf ${output}
if [ "$code" -ne 0 ]; then
  for report in logs/*.txt; do
    if [ -f "$report" ]; then echo ${REPORT} "\${report##*/}"; head -c 8000 "$report"; echo; fi
  done
  for log in logs/pg_upgrade_dump_*.log logs/pg_upgrade_server.log; do
    if [ -f "$log" ]; then echo ${REPORT} "\${log##*/}"; tail -n 15 "$log"; fi
  done
fi
${check ? raw('') : sh`if [ "$code" -eq 0 ]; then ${fresh.binDirectory}/pg_controldata ${fresh.dataDirectory} > ${work.upgraded}.new && sync ${work.upgraded}.new && mv ${work.upgraded}.new ${work.upgraded} && sync ${work.directory}; fi`}
exit "$code"`;
}

const STATUS = /^(\S.*?)\s{2,}(ok|fatal|warning|failed check.*)$/;

/** A status line of pg_upgrade in words: `Restoring database schemas in the new cluster`. */
export function upgradeProgress(line: string): string | undefined {
  const [, text, status] = STATUS.exec(line) ?? [];
  if (text === undefined || status === undefined) return undefined;
  return `pg_upgrade: ${lowerFirst(text)}${status === 'ok' ? '' : `: ${status}`}`;
}

/** Why pg_upgrade failed, from its output with the reports behind it: the failed step, and what the reports name. */
export function upgradeFailure(output: string): { readonly says: string; readonly next: string | undefined } {
  const [own = '', ...reports] = output.split(new RegExp(`^${REPORT} `, 'm'));
  const texts = new Map(
    reports.map((report): [string, string] => {
      const end = report.indexOf('\n');
      return [report.slice(0, end).trim(), report.slice(end + 1).trim()];
    }),
  );
  const libraries = texts.get('loadable_libraries.txt');
  if (libraries !== undefined) {
    const missing = [...libraries.matchAll(/could not load library "([^"]+)"/g)].map(([, library = '']) => library);
    return {
      says: `the new version lacks a library that functions of the old one use: ${[...new Set(missing)].join(', ')}`,
      next: 'install the package that ships it for the new version, or drop the extension in the old one',
    };
  }
  const [name, text] = [...texts].find(([file]) => file.endsWith('.txt')) ?? [...texts][0] ?? [];
  const failed = own.split('\n').flatMap((line) => {
    const [, step, status] = STATUS.exec(line) ?? [];
    return step !== undefined && status !== undefined && /^(fatal|failed)/.test(status) ? [step] : [];
  });
  const words = failed.length > 0 ? failed.join('; ') : lastWords(own);
  const detail =
    name === undefined || text === undefined ? '' : `\n${name}:\n${text.split('\n').slice(0, 20).join('\n')}`;
  return { says: `pg_upgrade failed: ${words}${detail}`, next: undefined };
}

function lastWords(output: string): string {
  const lines = output.split('\n').filter((line) => line.trim() !== '' && !/^Failure, exiting|\*failure\*/.test(line));
  return lines.slice(-4).join('\n');
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
