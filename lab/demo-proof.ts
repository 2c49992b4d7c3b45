import type { Lab } from './open-lab.ts';

/** What the demo looks at before and after: as a user sees Nautobot, and as the server sees its data. */
export interface Proof {
  readonly loginStatus: number;
  readonly loginTitle: string;
  /** `PostgreSQL 15.18 (Debian …)`, as the server that Nautobot uses says it. */
  readonly serverVersion: string;
  /** table → `count checksum`. */
  readonly tables: ReadonlyMap<string, string>;
}

/**
 * Tables that a running Nautobot writes to by itself: sessions, health checks, its own clockwork, and the list of jobs,
 * which every `migrate` refreshes. They are counted but not compared here; pgup compares them too, while everything is stopped.
 */
const RESTLESS =
  /^public\.(extras_healthchecktestmodel|django_session|constance_constance|extras_scheduledjobs?|extras_job|extras_jobresult|extras_joblogentry|users_user|django_celery_beat_.*)$/;

const CHECKSUMS = `
SET timezone = 'UTC'; SET datestyle = 'ISO'; SET extra_float_digits = 1;
SELECT format('SELECT %L, count(*), coalesce(sum((''x'' || substr(md5(row::text), 1, 15))::bit(60)::bigint), 0) FROM %I.%I AS row',
              schemaname || '.' || tablename, schemaname, tablename)
  FROM pg_catalog.pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1 \\gexec
`;

/** Looks at a deployment from outside, with nothing of pgup's. */
export async function lookAt(lab: Lab, { web, database }: { web: string; database: string }): Promise<Proof> {
  const ask = (): Promise<Response> => fetch(new URL('/login/', lab.healthUrl(web)), { redirect: 'manual' });
  // A connection that was kept from before the host's line was cut fails once.
  const login = await ask().catch(ask);
  const page = await login.text();
  const version = await psql(lab, database, 'SELECT version()');
  const lines = (await psql(lab, database, CHECKSUMS)).split('\n').filter((line) => line.split('|').length === 3);
  return {
    loginStatus: login.status,
    loginTitle: /<title>\s*([^<]*?)\s*<\/title>/.exec(page)?.[1] ?? '(no title)',
    serverVersion: version.split(' on ')[0] ?? version,
    tables: new Map(
      lines.map((line) => {
        const [table = '', count = '', sum = ''] = line.split('|');
        return [table, `${count} ${sum}`];
      }),
    ),
  };
}

/** Always port 5432, where Nautobot looks: whichever server answers there is the one that is looked at. */
async function psql(lab: Lab, host: string, sql: string): Promise<string> {
  const argv = ['runuser', '-u', 'postgres', '--', 'psql', '-XqAt', '-p', '5432', '-v', 'ON_ERROR_STOP=1', 'nautobot'];
  const { stdout } = await lab.run(host, argv, { input: sql });
  return stdout.trim();
}

/** Tables whose rows differ, apart from those that Nautobot itself goes on writing to. */
export function differences(before: Proof, after: Proof): readonly string[] {
  const names = new Set([...before.tables.keys(), ...after.tables.keys()]);
  return [...names].filter((name) => !RESTLESS.test(name) && before.tables.get(name) !== after.tables.get(name));
}

/** How many rows the tables of a proof have together. */
export function rowCount({ tables }: Proof): number {
  return [...tables.values()].reduce((sum, entry) => sum + Number(entry.split(' ')[0]), 0);
}
