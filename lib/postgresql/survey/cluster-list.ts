import { parseLines, parsePairs, posix, type Section } from '../../shell/sections.ts';

/** A cluster as it is seen from outside: nothing is asked of the server. */
export interface ListedCluster {
  /** `15`; empty where the data directory does not say. */
  readonly version: string;
  /** Debian's name, `main`; empty for clusters that `pg_lsclusters` does not know. */
  readonly name: string;
  readonly port: number | undefined;
  /** `online`, `down`, `online,recovery`, … */
  readonly status: string;
  readonly owner: string;
  readonly dataDirectory: string;
  readonly logFile: string;
}

/**
 * `list_clusters`: what `pg_lsclusters` lists, then the postmasters that run, which on other systems than Debian are all
 * that is known. A server process is told from its children by its title: they have one of their own. Its working
 * directory is its data directory. What runs in a container is none of this host's
 * clusters; where another user's processes may not be looked into, nothing is known of them.
 */
export const CLUSTER_LIST_SCRIPT = posix`
list_clusters() {
  if have pg_lsclusters; then ask lsclusters - 20 pg_lsclusters -h; fi
  own=$(readlink /proc/self/ns/mnt 2>/dev/null)
  for each in /proc/[0-9]*; do
    name= title= version= port= line=
    { read -r name <"$each/comm"; } 2>/dev/null
    case $name in postgres|postmaster) ;; *) continue;; esac
    { read -r title <"$each/cmdline"; } 2>/dev/null
    case $title in ''|postgres:*) continue;; esac
    space=$(readlink "$each/ns/mnt" 2>/dev/null)
    case $space in ''|"$own") ;; *) continue;; esac
    data=$(readlink "$each/cwd" 2>/dev/null) || continue
    { read -r version <"$data/PG_VERSION"; } 2>/dev/null
    # its fourth line
    { { read -r line && read -r line && read -r line && read -r port; } <"$data/postmaster.pid"; } 2>/dev/null
    emit postmaster "\${each#/proc/}" 0 "$(printf 'version=%s\nport=%s\ndata=%s\nowner=%s\n' \
      "$version" "$port" "$data" "$(stat -c %U "$each" 2>/dev/null)")"
  done
}
`;

export function parseClusterList(sections: readonly Section[]): readonly ListedCluster[] {
  const list = sections.find(({ name, code }) => name === 'lsclusters' && code === 0);
  const listed = parseLines(list?.text ?? '').flatMap(parseLine);
  const running = sections.filter(({ name }) => name === 'postmaster').map(parsePostmaster);
  const isKnown = ({ dataDirectory, port }: ListedCluster): boolean =>
    listed.some((each) => each.dataDirectory === dataDirectory || (isOnline(each) && each.port === port));
  return Object.freeze([...listed, ...running.filter((each) => !isKnown(each))]);
}

function parseLine(line: string): readonly ListedCluster[] {
  const [version = '', name = '', port, status = '', owner = '', dataDirectory = '', logFile = ''] = line.split(/\s+/);
  if (!/^\d/.test(version)) return [];
  return [Object.freeze({ version, name, port: portOf(port), status, owner, dataDirectory, logFile })];
}

function parsePostmaster({ text }: Section): ListedCluster {
  const pairs = parsePairs(text);
  const of = (key: string): string => pairs.get(key) ?? '';
  return Object.freeze({
    version: of('version'),
    name: '',
    port: portOf(of('port')),
    status: 'online',
    owner: of('owner'),
    dataDirectory: of('data'),
    logFile: '',
  });
}

function isOnline({ status }: ListedCluster): boolean {
  return status.startsWith('online');
}

function portOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}
