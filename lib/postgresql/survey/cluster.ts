import { parseLines, parsePairs, posix, type Section } from '../../shell/sections.ts';
import { parseAnswer, type Answer } from './answer.ts';
import { CLUSTER_SQL } from './cluster-sql.ts';
import { databaseFacts, type DatabaseFacts } from './database.ts';
import { DATABASE_SQL } from './database-sql.ts';
import { parseLibraries, type Library } from './library.ts';
import { parsePlaces, type Place } from './place.ts';
import { serverFacts, type ServerFacts } from './server.ts';

/** A cluster that `pg_lsclusters` lists, with what it says of itself where it runs and lets us in. */
export interface ClusterFacts {
  readonly version: string;
  readonly name: string;
  readonly port: number;
  /** `online`, `down`, `online,recovery`, `down,binaries_missing`, … */
  readonly status: string;
  readonly owner: string;
  readonly group: string;
  /** `700`, `750`. */
  readonly mode: string;
  /** As listed, and with all links resolved. */
  readonly dataDirectory: string;
  readonly realDataDirectory: string;
  readonly configDirectory: string;
  readonly binDirectory: string;
  readonly logFile: string;
  readonly socketDirectory: string;
  /** Where pg_wal points when it is a link. */
  readonly walDirectory: string | undefined;
  /** Debian's start.conf. */
  readonly start: string;
  readonly unit: string;
  /** From pg_control: also known of a cluster that is down. Empty where the binaries are gone. */
  readonly systemIdentifier: string;
  /** `systemctl show`'s ActiveState. */
  readonly unitState: string;
  /** Bytes and files of the data directory; of pg_wal alone. Undefined where counting took too long. */
  readonly size: number | undefined;
  readonly files: number | undefined;
  readonly walSize: number | undefined;
  /** The role that got in. */
  readonly role: string;
  readonly server: Answer<ServerFacts>;
  /** By OID, of the databases that take connections. */
  readonly databases: Readonly<Record<string, Answer<DatabaseFacts>>>;
  readonly libraries: readonly Library[];
  readonly places: readonly Place[];
}

/** Where the survey of the clusters reads its parameters: sh variables that the caller sets. */
export const CLUSTER_SCRIPT = posix`
survey_clusters() {
  list=$(bounded 20 pg_lsclusters -h 2>&1 </dev/null); emit lsclusters - "$?" "$list"
  printf '%s\n' "$list" | while read -r version name port status owner data log; do
    case $version in [0-9]*) survey_cluster;; esac
  done
}
# As the owner of the data directory, by the cluster's own psql; what PG* variables say elsewhere counts for nothing.
# Writing nothing is made sure of by the server itself.
ask_server() { # DATABASE
  bounded 40 runuser -u "$owner" -- env -i PATH="$PATH" LC_ALL=C HOME="$home" PGDATABASE="$1" PGHOST="$socket" \
    PGPORT="$port" PGUSER="$role" PGCONNECT_TIMEOUT=10 PGAPPNAME=pgup PGCLIENTENCODING=UTF8 \
    PGOPTIONS='-c default_transaction_read_only=on -c statement_timeout=30000 -c lock_timeout=3000 -c search_path=pg_catalog' \
    "$bin/psql" -XAtqw -f - 2>&1
}
survey_cluster() {
  key=$version/$name
  bin=/usr/lib/postgresql/$version/bin
  conf=/etc/postgresql/$version/$name
  unit=postgresql@$version-$name.service
  socket=$(sed -n 5p "$data/postmaster.pid" 2>/dev/null)
  home=$(awk -F: -v user="$owner" '$1 == user { print $6 }' /etc/passwd 2>/dev/null)
  role=$owner
  server= server_code=1
  case $status in
    online*)
      cd /
      server=$(ask_server postgres <<'SQL'
${CLUSTER_SQL}
SQL
      ); server_code=$?
      if [ "$server_code" != 0 ] && [ -n "$ADMIN_USER" ]; then
        role=$ADMIN_USER
        server=$(ask_server postgres <<'SQL'
${CLUSTER_SQL}
SQL
        ); server_code=$?
      fi;;
  esac
  emit cluster "$key" 0 "$(
    printf 'port=%s\nstatus=%s\nowner=%s\ndata=%s\nlog=%s\n' "$port" "$status" "$owner" "$data" "$log"
    printf 'real=%s\nconf=%s\nbin=%s\nunit=%s\n' "$(readlink -f "$data")" "$conf" "$bin" "$unit"
    printf 'group=%s\nmode=%s\n' "$(stat -c %G "$data" 2>/dev/null)" "$(stat -c %a "$data" 2>/dev/null)"
    printf 'socket=%s\nwal=%s\nrole=%s\n' "$socket" "$(readlink "$data/pg_wal")" "$role"
    printf 'start=%s\n' "$(sed -n '/^[[:space:]]*[a-z]/{s/[[:space:]#].*//;p;q;}' "$conf/start.conf" 2>/dev/null)"
    bounded 10 "$bin/pg_controldata" "$data" 2>/dev/null | sed -n 's/^Database system identifier: */identifier=/p'
    printf 'state=%s\n' "$(systemctl show -p ActiveState --value -- "$unit" 2>/dev/null)"
    if size=$(bounded 60 du -skx "$data" 2>/dev/null); then printf 'size=%s\n' "\${size%%[!0-9]*}"; fi
    if size=$(bounded 60 du -skx "$data/pg_wal/" 2>/dev/null); then printf 'walsize=%s\n' "\${size%%[!0-9]*}"; fi
    if files=$(bounded 60 find "$data/" -xdev 2>/dev/null); then printf 'files=%s\n' "$(printf '%s\n' "$files" | wc -l)"; fi
  )"
  emit server "$key" "$server_code" "$server"
  libraries=$(printf '%s\n' "$server" | sed -n 's/^L //p')
  for oid in $(printf '%s\n' "$server" | survey_database_oids); do
    database=$(printf '%s\n' "$server" | sed -n "s/^D $oid //p")
    answer=$(ask_server "$database" <<'SQL'
${DATABASE_SQL}
SQL
    ); answer_code=$?
    emit database "$key:$oid" "$answer_code" "$answer"
    libraries=$libraries'
'$(printf '%s\n' "$answer" | sed -n 's/^L //p')
  done
  emit libraries "$key" 0 "$(printf '%s\n' "$libraries" | sort -u | survey_libraries)"
  survey_place data "$key" "$data"
  survey_place wal "$key" "$data/pg_wal"
  case $data in
    */"$version/$name") survey_place new "$key" "\${data%/"$version/$name"}/$TARGET/$name";;
    *) survey_place new "$key" "/var/lib/postgresql/$TARGET/$name";;
  esac
  above=$(dirname "$(dirname "$data")")
  survey_place backup "$key" "\${BACKUP_DIR:-\${above%/}/pgup-backup}"
}
survey_database_oids() { sed -n 's/^D \([0-9]*\) .*/\1/p'; }
`;

export function parseClusters(sections: readonly Section[]): readonly ClusterFacts[] {
  return sections.filter(({ name }) => name === 'cluster').map((each) => parseCluster(each, sections));
}

function parseCluster({ key, text }: Section, sections: readonly Section[]): ClusterFacts {
  const pairs = parsePairs(text);
  const [version = '', name = ''] = key.split('/');
  const of = (what: string): string => pairs.get(what) ?? '';
  const kilobytes = (what: string): number | undefined => (of(what) === '' ? undefined : Number(of(what)) * 1024);
  const databases = sections
    .filter((each) => each.name === 'database' && each.key.startsWith(`${key}:`))
    .map((each) => [each.key.slice(key.length + 1), parseAnswer(each, databaseFacts)] as const);
  return Object.freeze({
    version,
    name,
    port: Number(of('port')),
    status: of('status'),
    owner: of('owner'),
    group: of('group'),
    mode: of('mode'),
    dataDirectory: of('data'),
    realDataDirectory: of('real'),
    configDirectory: of('conf'),
    binDirectory: of('bin'),
    logFile: of('log'),
    socketDirectory: of('socket'),
    walDirectory: of('wal') || undefined,
    start: of('start'),
    unit: of('unit'),
    systemIdentifier: of('identifier'),
    unitState: of('state'),
    size: kilobytes('size'),
    files: of('files') === '' ? undefined : Number(of('files')),
    walSize: kilobytes('walsize'),
    role: of('role'),
    server: parseAnswer(
      sections.find((each) => each.name === 'server' && each.key === key),
      serverFacts,
    ),
    databases: Object.freeze(Object.fromEntries(databases)),
    libraries: parseLibraries(sections.find((each) => each.name === 'libraries' && each.key === key)?.text ?? ''),
    places: parsePlaces(sections, key),
  });
}

/** What `pg_lsclusters` said, where it is not there or failed. */
export function clusterListError(sections: readonly Section[]): string | undefined {
  const list = sections.find(({ name }) => name === 'lsclusters');
  return list && list.code !== 0 ? parseLines(list.text).slice(-1).join('') || `exit code ${list.code}` : undefined;
}
