import { lookAt, type Proof } from '../../lab/demo-proof.ts';
import type { Lab } from '../../lab/open-lab.ts';
import { until } from '../../lab/wait.ts';

/** Where the deployment's parts are. */
export interface Place {
  readonly web: string;
  readonly database: string;
}

export function placeIn(lab: Lab): Place {
  const having = (role: 'nautobot' | 'postgresql'): string => {
    const host = lab.hosts.find(({ spec }) => spec.roles.includes(role));
    if (!host) throw new Error(`the lab ${lab.name} has no host with the role ${role}`);
    return host.name;
  };
  return { web: having('nautobot'), database: having('postgresql') };
}

/** What stands on every host, in lines that are the same wherever the same stands. */
export type Condition = readonly string[];

/** Clusters, server processes, units and their settings, package policies, and all that pgup leaves on a host. */
const SCRIPT = `
pg_lsclusters -h 2>/dev/null | awk '{ print "cluster", $1, $2, $3, $4, $6 }'
ps -eo args= | awk '$1 ~ "^/usr/lib/postgresql/.*/bin/" { print "process", $1, $2, $3 }'
systemctl list-units --all --plain --no-legend 'pgup*' | awk '{ print "transient", $1, $3, $4 }'
for unit in nautobot nautobot-worker nautobot-scheduler postgresql@15-main postgresql@17-main; do
  echo "unit $unit $(systemctl is-enabled "$unit" 2>/dev/null) $(systemctl is-active "$unit" 2>/dev/null)"
done
find /etc/systemd/system /run/systemd/system -mindepth 1 2>/dev/null | grep -v '/user@' | sed 's/^/systemd /'
for file in /etc/postgresql/*/*/start.conf; do [ ! -e "$file" ] || echo "start $file $(grep -v '^#' "$file" | tr -d '\\n')"; done
apt-mark showhold | sed 's/^/hold /'
for timer in apt-daily.timer apt-daily-upgrade.timer; do
  echo "timer $timer $(systemctl is-enabled "$timer" 2>/dev/null) $(systemctl is-active "$timer" 2>/dev/null)"
done
find /etc /var/lib/postgresql -name '.pgup-*' 2>/dev/null | sed 's/^/staged /'
[ ! -e /usr/sbin/policy-rc.d ] || echo 'policy-rc.d'
find /var/lib/pgup /run/pgup* -path /var/lib/pgup/jobs -prune -o -print 2>/dev/null | sed 's/^/state /'
[ ! -e /var/lib/pgup/claim ] || awk '{ print "lock", $2 }' /var/lib/pgup/claim
find /var/lib/pgup/jobs -name open 2>/dev/null | sed 's/^/open /'
find /var/lib/postgresql -maxdepth 2 2>/dev/null | grep -v '/pgup-backup/[^/]*[^l]$' | sed 's/^/data /'
true`;

async function conditionOf(lab: Lab): Promise<Condition> {
  const each = await Promise.all(
    lab.hosts.map(async ({ name }) => {
      const { stdout } = await lab.run(name, ['sh', '-c', SCRIPT]);
      return stdout
        .trim()
        .replaceAll(/\d{8}-\d{6}-[0-9a-f]{4}/g, 'RUN')
        .split('\n')
        .map((line) => `${name}: ${line}`);
    }),
  );
  return each.flat().sort();
}

/** Lines that one has and the other has not. */
function differencesOf(expected: Condition, found: Condition): readonly string[] {
  return [
    ...expected.filter((line) => !found.includes(line)).map((line) => `lacks: ${line}`),
    ...found.filter((line) => !expected.includes(line)).map((line) => `has: ${line}`),
  ];
}

/** The condition once no unit is on its way any more: Debian's start of a cluster goes on after the server is up. */
export function settledCondition(lab: Lab): Promise<Condition> {
  return until('every unit at rest', 60, async () => {
    const standing = await conditionOf(lab);
    return standing.some((line) => /activating|reloading/.test(line)) ? undefined : standing;
  });
}

/**
 * Waits a while for a condition that has what all of these have and nothing that none of them has: a run is put back
 * before its backup or after it. A scheduler that found no database is started again after 30 s.
 */
export async function settledDifferences(lab: Lab, expected: readonly Condition[]): Promise<readonly string[]> {
  const [first = [], ...others] = expected;
  const least = first.filter((line) => others.every((other) => other.includes(line)));
  const most = expected.flat();
  let last: readonly string[] = [];
  const found = await until('the condition', 45, async () => {
    const standing = await conditionOf(lab);
    last = [
      ...differencesOf(least, standing).filter((line) => line.startsWith('lacks')),
      ...differencesOf(most, standing).filter((line) => line.startsWith('has')),
    ];
    return last.length === 0 ? true : undefined;
  }).catch(() => false);
  return found ? [] : last;
}

/** Tables whose rows differ; those that the running stand-in writes to are looked at in `rowProblems`. */
export function tableDifferences(before: Proof, after: Proof): readonly string[] {
  const names = new Set([...before.tables.keys(), ...after.tables.keys()]);
  return [...names]
    .filter((name) => !/numberedrow|healthchecktestmodel/.test(name))
    .filter((name) => before.tables.get(name) !== after.tables.get(name))
    .map((name) => `${name} was ${before.tables.get(name) ?? 'absent'} and is ${after.tables.get(name) ?? 'absent'}`);
}

export function proofOf(lab: Lab): Promise<Proof> {
  return lookAt(lab, placeIn(lab));
}

/** Every writer that was there writes again; no row that was acknowledged is missing; none is there twice. */
export async function rowProblems(lab: Lab): Promise<readonly string[]> {
  const { web, database } = placeIn(lab);
  const told = async (): Promise<ReadonlyMap<string, readonly string[]>> => {
    const { stdout } = await lab.run(web, ['sh', '-c', 'cd /var/lib/nautobot-standin && grep -H "^!" *; true']);
    const rows = new Map<string, string[]>();
    for (const line of stdout.trim().split('\n')) {
      const [, source = '', number = ''] = /^(.*):! (\d+)$/.exec(line) ?? [];
      rows.set(source, [...(rows.get(source) ?? []), number]);
    }
    return rows;
  };
  const first = await told();
  const problems: string[] = [];
  await until('every writer writing again', 45, async () => {
    const now = await told();
    return WRITERS.every((source) => (now.get(source)?.length ?? 0) > (first.get(source)?.length ?? 0))
      ? true
      : undefined;
  }).catch(() => problems.push('not every service of Nautobot writes again'));
  const acknowledged = await told();
  const argv = ['runuser', '-u', 'postgres', '--', 'psql', '-XqAt', '-p', '5432', 'nautobot'];
  const input = `SELECT source || ' ' || number || ' ' || count(*) FROM extras_numberedrow GROUP BY source, number`;
  const stored = new Map(
    (await lab.run(database, argv, { input })).stdout
      .trim()
      .split('\n')
      .map((line) => {
        const [source = '', number = '', count = ''] = line.split(' ');
        return [`${source} ${number}`, Number(count)];
      }),
  );
  const missing = [...acknowledged].flatMap(([source, numbers]) =>
    numbers.filter((number) => !stored.has(`${source} ${number}`)).map((number) => `${source} ${number}`),
  );
  const twice = [...stored].filter(([, count]) => count > 1).map(([row]) => row);
  if (missing.length > 0) problems.push(`acknowledged rows that are missing: ${missing.slice(0, 10).join(', ')}`);
  if (twice.length > 0) problems.push(`rows that are there twice: ${twice.slice(0, 10).join(', ')}`);
  return problems;
}

const WRITERS = ['web-1', 'web-2', 'worker', 'scheduler'] as const;

/** Jobs of one step that came to a good end more than once: what a run has done must not be done again. */
export async function repeatedJobs(lab: Lab): Promise<readonly string[]> {
  const script =
    'cd /var/lib/pgup/jobs 2>/dev/null || exit 0; for job in *; do echo "$job $(cat "$job/rc" 2>/dev/null)"; done';
  const all = await Promise.all(
    lab.hosts.map(async ({ name }) => (await lab.run(name, ['sh', '-c', script])).stdout.trim().split('\n')),
  );
  const good = new Map<string, number>();
  for (const line of all.flat()) {
    const [, step] = /^(\S+-[\d.u]+-\d+)(?:-\d+)? 0+$/.exec(line) ?? [];
    if (step !== undefined) good.set(step, (good.get(step) ?? 0) + 1);
  }
  return [...good].filter(([, count]) => count > 1).map(([step, count]) => `${step} (${count} times)`);
}
