/** One job that Nautobot's own table says is running. */
export interface RunningJob {
  readonly id: string;
  readonly name: string;
  /** Epoch seconds: when it began, or where the version does not say, when it was asked for. */
  readonly since: number;
}

/**
 * Jobs in the hands of a worker. Queued ones wait in Redis and are not lost by a stop, so they are not waited for:
 * `STARTED` since Nautobot 2.0, `running` before. The columns differ over the versions, hence the detour over JSON.
 */
export const RUNNING_JOBS = `
select format($pgup$
  select row ->> 'id', row ->> 'name',
    extract(epoch from coalesce(row ->> 'date_started', row ->> 'date_created', row ->> 'created')::timestamptz)::bigint
  from (select to_jsonb(j) as row from %I.extras_jobresult j where status in ('STARTED', 'running')) jobs
$pgup$, n.nspname)
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relname = 'extras_jobresult' and c.relkind = 'r' \\gexec
`;

/** Reads psql's tab-separated rows. */
export function parseRunningJobs(output: string): readonly RunningJob[] {
  return output
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [id = '', name = '', since = '0'] = line.split('\t');
      return { id, name, since: Number(since) };
    });
}

/**
 * Those that a worker can be at. A row that says "started" from before every worker's own start was left by a worker
 * that died: waiting for it would never end.
 */
export function liveJobs(jobs: readonly RunningJob[], workersSince: number | undefined): readonly RunningJob[] {
  return workersSince === undefined ? jobs : jobs.filter(({ since }) => since >= workersSince);
}
