import type { Answers } from '../shell/answers.ts';
import { fileAnswer, lines } from '../shell/answers.ts';
import type { Command } from '../shell/host-shell.ts';
import { raw, sh } from '../shell/sh.ts';
import { migratorAccess, ownerAccess } from './closed-access.ts';
import type { Cluster, NewCluster } from './cluster.ts';
import { convertHba, type Entry } from './hba.ts';
import { workPaths } from './host-paths.ts';
import { convertSettings, readSettings, settingLine } from './settings.ts';

/** A file that the new cluster gets, made from one of the old cluster's. */
export interface CarriedFile {
  readonly path: string;
  readonly content: string;
  readonly mode: string;
  /** `user:group`. */
  readonly owner: string;
  readonly changes: readonly string[];
  /** The old cluster's text, where there is one. */
  readonly before: string | undefined;
}

export interface Carried {
  readonly files: readonly CarriedFile[];
  /** Relative names of files in the old data directory that the settings name: certificates and keys. */
  readonly dataFiles: readonly string[];
  /** Settings files outside the cluster's own directory that the new version cannot read as they are. */
  readonly shared: readonly { readonly path: string; readonly changes: readonly string[] }[];
}

/** Prints the old cluster's configuration: every settings file with its owner and mode, and those that they include. */
export function readConfiguration(old: Cluster): Command {
  const { configDirectory, dataDirectory, hbaFile, identFile } = old;
  return lines(
    sh`(cd ${configDirectory} || exit 0
find . -type f '(' -name '*.conf' -o -name environment ')' ! -name start.conf ! -name '* *' -size -512k | sort | while IFS= read -r file; do
  file=\${file#./}
  if [ ${configDirectory}/"$file" != ${hbaFile} ] && [ ${configDirectory}/"$file" != ${identFile} ]; then
    printf 'file:%s* %s\n' "$file" "$(base64 -w0 < "$file")"
    printf 'stat:%s %s\n' "$file" "$(stat -c '%a %U:%G' "$file")"
  fi
done
grep -rhsE '^[[:space:]]*include' --include='*.conf' . | sed -n "s/^[^']*'\\(\\/[^']*\\)'.*/\\1/p" | while IFS= read -r path; do
  case "$path" in ${configDirectory}/*) continue ;; esac
  find "$path" -name '*.conf' -type f | while IFS= read -r file; do printf 'shared:%s* %s\n' "$file" "$(base64 -w0 < "$file")"; done
done)`,
    fileAnswer('hba', hbaFile),
    sh`printf 'stat-hba %s\n' "$(stat -c '%a %U:%G' ${hbaFile})"`,
    fileAnswer('ident', identFile),
    sh`printf 'stat-ident %s\n' "$(stat -c '%a %U:%G' ${identFile})"`,
    fileAnswer('auto', `${dataDirectory}/postgresql.auto.conf`),
  );
}

/** Settings that name files, and what the server takes where they are not set. */
const FILES: Readonly<Record<string, string>> = {
  ssl_cert_file: 'server.crt',
  ssl_key_file: 'server.key',
  ssl_ca_file: '',
  ssl_crl_file: '',
  ssl_dh_params_file: '',
  krb_server_keyfile: '',
};

/** The new cluster's configuration: the old one's, converted; and what keeps it closed until the doors open. */
export function carry(
  old: Cluster,
  fresh: NewCluster,
  { is, entries }: { is: Answers; entries: readonly Entry[] },
): Carried {
  const work = workPaths(fresh);
  const owner = `${fresh.owner}:${fresh.group}`;
  const own = settingsFiles(old, fresh, is);
  const hba = convertHba(is.get('hba') ?? '', old.version, fresh.version);
  const ident = is.get('ident') ?? '';
  const auto = convertSettings(is.get('auto') ?? '', old, fresh);
  const access = ownerAccess(fresh.owner, old.installUser);
  const closed = migratorAccess(access, entries, { hba: hba.text, ident });
  const stat = (name: string): Pick<CarriedFile, 'mode' | 'owner'> => {
    const [mode = '640', of = owner] = (is.get(name) ?? '').split(' ').filter((word) => word !== '');
    return { mode, owner: of };
  };
  const ours = (path: string, content: string): CarriedFile => ({
    ...{ path, content, mode: '600', owner, changes: [], before: undefined },
  });
  const files = [
    ...own,
    {
      path: `${fresh.configDirectory}/pg_hba.conf`,
      content: hba.text,
      changes: hba.changes,
      before: is.get('hba'),
      ...stat('stat-hba'),
    },
    {
      path: `${fresh.configDirectory}/pg_ident.conf`,
      content: ident,
      changes: [],
      before: is.get('ident'),
      ...stat('stat-ident'),
    },
    ours(work.ownerHba, access.hba),
    ours(work.ownerIdent, access.ident),
    ours(work.closedHba, closed.hba),
    ours(work.closedIdent, closed.ident),
    { ...ours(work.carriedAutoConf, auto.text), changes: auto.changes, before: is.get('auto') },
    ours(`${work.dataFiles}/postgresql.auto.conf`, `${auto.text.trimEnd()}\n${closedSettings(fresh, entries)}`),
  ];
  const settings = new Map([...own.flatMap(({ content }) => [...readSettings(content)]), ...readSettings(auto.text)]);
  return Object.freeze({ files, dataFiles: namedDataFiles(settings, fresh), shared: sharedFiles(old, fresh, is) });
}

function settingsFiles(old: Cluster, fresh: NewCluster, is: Answers): readonly CarriedFile[] {
  const names = [...is.keys()].filter((name) => name.startsWith('file:')).map((name) => name.slice('file:'.length));
  return names.map((name) => {
    const before = is.get(`file:${name}`) ?? '';
    const verbatim = name === 'environment' || name === 'pg_ctl.conf';
    const converted = verbatim ? { text: before, changes: [] } : convertSettings(before, old, fresh);
    const main = name === 'postgresql.conf';
    const [mode = '644', owner = `${fresh.owner}:${fresh.group}`] = (is.get(`stat:${name}`) ?? '').split(' ');
    return {
      path: `${fresh.configDirectory}/${name}`,
      content: main ? withPlaces(converted.text, fresh) : converted.text,
      changes: converted.changes.map((change) => `${name}: ${change}`),
      ...{ mode, owner, before },
    };
  });
}

/** What Debian's tools and we rely on is said in the file itself, whether or not the old one said it. */
function withPlaces(text: string, fresh: NewCluster): string {
  const { version, name, dataDirectory, configDirectory, port } = fresh;
  const places: readonly (readonly [string, string])[] = [
    ['data_directory', dataDirectory],
    ['hba_file', `${configDirectory}/pg_hba.conf`],
    ['ident_file', `${configDirectory}/pg_ident.conf`],
    ['external_pid_file', `/var/run/postgresql/${version}-${name}.pid`],
    ['port', String(port)],
  ];
  const has = readSettings(text);
  const lacking = places.filter(([setting, value]) => has.get(setting) !== value);
  if (has.get('unix_socket_directories') === undefined)
    lacking.push(['unix_socket_directories', '/var/run/postgresql']);
  if (lacking.length === 0) return text;
  return `${text.trimEnd()}\n${lacking.map(([setting, value]) => settingLine(setting, value)).join('\n')}\n`;
}

/**
 * In postgresql.auto.conf, which every file yields to and which Debian's tools read: however the cluster is started
 * before the doors open, by a person or after a reboot, it comes up closed.
 */
function closedSettings(fresh: NewCluster, entries: readonly Entry[]): string {
  const work = workPaths(fresh);
  const throughSocket = entries.some(({ address }) => address === undefined);
  const sockets = [fresh.closedSocketDirectory, ...(throughSocket ? [work.applicationSockets] : [])];
  return [
    '# pgup: closed until the upgrade is proven',
    settingLine('port', String(fresh.closedPort)),
    settingLine('unix_socket_directories', sockets.join(', ')),
    settingLine('hba_file', work.closedHba),
    settingLine('ident_file', work.closedIdent),
    '',
  ].join('\n');
}

function namedDataFiles(settings: ReadonlyMap<string, string>, fresh: NewCluster): readonly string[] {
  const names = Object.entries(FILES).map(([setting, otherwise]) => settings.get(setting) ?? otherwise);
  const inside = `${fresh.dataDirectory}/`;
  const relative = names.map((name) => (name.startsWith(inside) ? name.slice(inside.length) : name));
  return [...new Set(relative)].filter((name) => name !== '' && !name.startsWith('/') && !name.includes('..'));
}

function sharedFiles(old: Cluster, fresh: NewCluster, is: Answers): Carried['shared'] {
  return [...is]
    .filter(([name]) => name.startsWith('shared:'))
    .map(([name, text]) => ({ path: name.slice('shared:'.length), changes: convertSettings(text, old, fresh).changes }))
    .filter(({ changes }) => changes.length > 0);
}

/** Copies on the host what no person writes: certificates, keys and other files beside the settings. For root. */
export function carryOtherFiles(old: Cluster, fresh: NewCluster, dataFiles: readonly string[]): Command {
  const work = workPaths(fresh);
  return sh`${raw('set -eu; umask 077')}
install -d -m 0700 -o ${fresh.owner} -g ${fresh.group} ${[work.directory, work.dataFiles]}
cd ${old.configDirectory}
find . -mindepth 1 -type d | while IFS= read -r directory; do
  install -d -m "$(stat -c %a "$directory")" -o ${fresh.owner} -g ${fresh.group} ${fresh.configDirectory}/"$directory"
done
find . '(' -type f -o -type l ')' ! -name '*.conf' ! -name environment -exec cp -a --parents '{}' ${fresh.configDirectory} ';'
cd ${old.dataDirectory}
for file in ${dataFiles.length === 0 ? raw('""') : dataFiles}; do
  if [ -n "$file" ] && [ -f "$file" ]; then cp -a --parents "$file" ${work.dataFiles}; fi
done`;
}

/** Lets the new binary read its configuration: it names every line that it cannot take. For the owner. */
export function proveSettings({ binDirectory, configDirectory, dataDirectory }: NewCluster): Command {
  return sh`cd / && LC_ALL=C ${binDirectory}/postgres -D ${dataDirectory} -C port --config-file=${configDirectory}/postgresql.conf`;
}
