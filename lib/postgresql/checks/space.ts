import { finding, notice, type Finding } from '../../finding.ts';
import { formatBytes } from '../size.ts';
import type { ClusterFacts } from '../survey/cluster.ts';
import type { Place } from '../survey/place.ts';
import type { ServerFacts } from '../survey/server.ts';

interface SpacePlan {
  readonly host: string;
  readonly cluster: ClusterFacts;
  readonly server: ServerFacts;
  readonly mode: 'copy' | 'clone';
  readonly relations: number;
  /** Where pgup's own state goes. */
  readonly state: Place | undefined;
}

interface Need {
  readonly place: Place;
  readonly what: string;
  readonly bytes: number;
  readonly inodes: number;
}

const MB = 1_000_000;
/** A server of our own, its logs, the schema dump. */
const HEADROOM = 256 * MB;
/** Lock, marker, the reserve file, the logs of jobs. */
const STATE = 32 * MB;

/** Space and inodes for the new cluster, the backup and pgup's state, summed up for each file system. */
export function checkSpace(plan: SpacePlan): readonly Finding[] {
  const { host, cluster } = plan;
  const needs = needsOf(plan);
  const found: Finding[] = [...checkClone(plan), ...checkBackupPlace(plan)];
  const refused = needs
    .filter(({ place }) => !place.writable)
    .map(({ place, what }) =>
      finding(
        host,
        'read-only',
        `${place.existing} cannot be written to (${place.fileSystem}), and shall hold ${what}`,
      ),
    );
  found.push(...refused);
  for (const device of new Set(needs.map(({ place }) => place.device)))
    found.push(
      ...checkDevice(
        host,
        needs.filter(({ place }) => place.device === device),
      ),
    );
  if (cluster.size === undefined)
    found.push(
      notice(
        host,
        'space',
        `the size of ${cluster.dataDirectory} could not be counted in time; its databases' sizes are taken`,
      ),
    );
  return found;
}

/** `pgup_mode=clone` is taken at its word; here it is told where it cannot be kept. */
function checkClone({ host, cluster, mode }: SpacePlan): readonly Finding[] {
  const [data, fresh] = ['data', 'new'].map((label) => cluster.places.find((each) => each.label === label));
  if (mode !== 'clone' || !data || !fresh) return [];
  const why =
    data.device !== fresh.device
      ? `${data.path} and ${fresh.path} are on different file systems`
      : data.clones === false
        ? `the file system of ${data.path} (${data.fileSystem}) cannot clone files`
        : undefined;
  return why === undefined ? [] : [finding(host, 'clone', `pgup_mode is clone, and ${why}`, 'pgup_mode=copy, or auto')];
}

/** A backup inside of what it is a backup of would be copied into itself, and be removed with it. */
function checkBackupPlace({ host, cluster }: SpacePlan): readonly Finding[] {
  const backup = cluster.places.find(({ label }) => label === 'backup')?.path;
  const fresh = cluster.places.find(({ label }) => label === 'new')?.path;
  const inside = [cluster.dataDirectory, cluster.realDataDirectory, fresh, cluster.configDirectory].find(
    (folder) => folder !== undefined && `${backup ?? ''}/`.startsWith(`${folder}/`),
  );
  return inside === undefined
    ? []
    : [
        finding(
          host,
          'backup-place',
          `the backup would go into ${backup ?? ''}, which is inside of ${inside}`,
          'pgup_backup_dir=/… elsewhere',
        ),
      ];
}

function needsOf({ cluster, server, mode, relations, state }: SpacePlan): readonly Need[] {
  const place = (label: string): Place | undefined => cluster.places.find((each) => each.label === label);
  const databases = server.databases.reduce((sum, { size }) => sum + size, 0);
  const size = cluster.size ?? databases + (cluster.walSize ?? 0);
  const files = cluster.files ?? relations * 3;
  const settings = Number(server.settings['max_wal_size'] ?? 1024) * 1_048_576;
  // restoring the schema writes WAL up to max_wal_size, but never much more than the schema is large
  const wal = Math.min(settings, 64 * MB + relations * 64_000);
  const catalogs = 10 * MB * server.databases.length + relations * 10_000;
  const fresh = mode === 'copy' ? databases * 1.1 : catalogs;
  const all: readonly [string, string, number, number][] = [
    ['new', 'the new cluster', fresh + wal + HEADROOM, files + 2000],
    ['backup', 'the backup', size * 1.02, files + 100],
  ];
  const needs = all.flatMap(([label, what, bytes, inodes]): readonly Need[] => {
    const at = place(label);
    return at ? [{ place: at, what, bytes: Math.ceil(bytes), inodes }] : [];
  });
  return state ? [...needs, { place: state, what: "pgup's state", bytes: STATE, inodes: 100 }] : needs;
}

function checkDevice(host: string, needs: readonly Need[]): readonly Finding[] {
  const [first] = needs;
  if (!first) return [];
  const { free, freeInodes, existing, fileSystem } = first.place;
  const bytes = needs.reduce((sum, need) => sum + need.bytes, 0);
  const inodes = needs.reduce((sum, need) => sum + need.inodes, 0);
  const parts = needs.map((need) => `${formatBytes(need.bytes)} for ${need.what}`).join(', ');
  const found: Finding[] = [];
  if (free !== undefined && free < bytes)
    found.push(
      finding(
        host,
        'space',
        `the file system of ${existing} (${fileSystem}) has ${formatBytes(free)} free and needs ${formatBytes(bytes)}: ${parts}`,
        `free ${formatBytes(bytes - free)} there, or put the backup on another one: pgup_backup_dir=/…`,
      ),
    );
  if (freeInodes !== undefined && freeInodes < inodes)
    found.push(
      finding(
        host,
        'inodes',
        `the file system of ${existing} (${fileSystem}) has ${freeInodes} inodes free and needs ${inodes}`,
        'remove small files there, or put the backup on another one: pgup_backup_dir=/…',
      ),
    );
  return found;
}
