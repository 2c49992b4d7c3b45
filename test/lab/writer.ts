import type { Lab } from '../../lab/open-lab.ts';
import { sql } from './pgup.ts';

export interface WriterStory {
  /** How often it was refused or found nobody. */
  readonly refused: number;
  /** Milliseconds since the epoch of each row that it was told is stored. */
  readonly toldAt: readonly number[];
  /** Numbers of rows that it was told are stored, and that are not there. */
  readonly missing: readonly number[];
}

/** Runs on the host until the stop file is there: one row a try, each try a connection of its own. */
const SCRIPT = (to: string, label: string) => `
  n=0; : > /tmp/told-${label}; : > /tmp/refused-${label}; rm -f /tmp/stop-${label}
  while [ ! -e /tmp/stop-${label} ]; do
    n=$((n+1))
    if PGPASSWORD="$NAUTOBOT_TEST_PASSWORD" PGCONNECT_TIMEOUT=2 psql -XqAt -h ${to} -p 5432 -U nautobot -v ON_ERROR_STOP=1 \
        -c "INSERT INTO public.writer_test VALUES ('${label}', $n)" nautobot >/dev/null 2>>/tmp/refused-${label}.log
    then echo "$n $(date +%s%3N)" >> /tmp/told-${label}
    else echo x >> /tmp/refused-${label}
    fi
    sleep 0.1
  done`;

/**
 * Somebody who writes to Nautobot's database, as Nautobot's own role, all the time, from one host: through the normal
 * port, which is what a forgotten web process or a cron job would do.
 */
export async function watchWriter(
  lab: Lab,
  { from, to, prepared = false }: { from: string; to: string; prepared?: boolean },
): Promise<{ stop: () => Promise<WriterStory> }> {
  const password = await databasePassword(lab);
  const table = 'CREATE TABLE IF NOT EXISTS public.writer_test (writer text, n integer)';
  if (!prepared) await sql(lab, to, `${table}; GRANT ALL ON public.writer_test TO nautobot;`);
  const unit = `writer-${from}`;
  await lab.run(from, ['systemctl', 'reset-failed', `${unit}.service`], { mayFail: true });
  await lab.run(from, [
    'systemd-run',
    '--unit',
    unit,
    `--setenv=NAUTOBOT_TEST_PASSWORD=${password}`,
    'sh',
    '-c',
    SCRIPT(to, from),
  ]);
  return {
    stop: async () => {
      await lab.run(from, ['touch', `/tmp/stop-${from}`]);
      // One more turn of its loop, which may be waiting for a connection.
      await new Promise((resolve) => setTimeout(resolve, 3000));
      const told = (await lab.run(from, ['cat', `/tmp/told-${from}`])).stdout.trim().split('\n').filter(Boolean);
      const refused = (await lab.run(from, ['cat', `/tmp/refused-${from}`])).stdout.trim().split('\n').filter(Boolean);
      const stored = new Set(
        (await sql(lab, to, `SELECT n FROM public.writer_test WHERE writer = '${from}'`)).split('\n'),
      );
      const rows = told.map((line) => line.split(' ').map(Number));
      return {
        refused: refused.length,
        toldAt: rows.map(([, at]) => at ?? 0),
        missing: rows.flatMap(([n]) => (n === undefined || stored.has(String(n)) ? [] : [n])),
      };
    },
  };
}

/** The password that the lab's Nautobot uses, from its own configuration. */
async function databasePassword(lab: Lab): Promise<string> {
  const { stdout } = await lab.run('app1', [
    'sh',
    '-c',
    `grep -h -o '"PASSWORD": *"[^"]*"' /opt/nautobot/nautobot_config.py | tail -n 1`,
  ]);
  return /"PASSWORD": *"([^"]*)"/.exec(stdout)?.[1] ?? '';
}
