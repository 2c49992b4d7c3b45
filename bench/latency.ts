import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TcpProxy } from '../test/support/tcp-proxy.ts';
import type { Benchmark } from './benchmark.ts';
import { measureRounds } from './interleave.ts';
import { startServers } from './servers.ts';
import { median } from './statistics.ts';
import { makeWorkload, runPgup, type Workload } from './workload.ts';

/** Milliseconds that the proxy adds to the way there and back. */
const ROUND_TRIP = 50;
const TASKS = 20;

/** A host far away: what counts is how often pgup waits for an answer. */
export const latency: Benchmark = {
  name: 'latency',
  summary: `one host behind ${ROUND_TRIP} ms of round trip`,
  rounds: 5,
  async measure(bench) {
    const servers = await startServers({ bench, count: 1, settings: ['ListenAddress 127.0.0.1'] });
    const [server] = servers.hosts;
    if (!server) throw new Error('no sshd');
    const proxy = await TcpProxy.open({ to: server.port, delay: ROUND_TRIP / 2 });
    bench.defer(() => proxy.close());
    const far = { ...server, address: '127.0.0.1', port: proxy.port };
    const knownHostsFile = join(bench.folder, 'known_hosts');
    writeFileSync(knownHostsFile, `[127.0.0.1]:${proxy.port} ${server.hostKey}\n`);
    const work = makeWorkload({ folder: join(bench.folder, 'far'), hosts: [far], knownHostsFile, tasks: TASKS });
    const runs: Times[] = [];
    const trips = (milliseconds: number): number => milliseconds / ROUND_TRIP;
    const all = (what: keyof Times): readonly number[] => runs.map((times) => times[what]);
    const promises = await measureRounds({
      ...bench,
      round: async (round) => {
        const times = await timesOf(work);
        if (round > 0) runs.push(times);
      },
      promises: () => [
        {
          key: 'task, ms',
          says: `${ROUND_TRIP} ms away: a task`,
          values: all('task'),
          limit: { kind: 'at most', bound: 1.1 * ROUND_TRIP + 2 },
          unit: 'ms',
        },
        {
          key: 'to authentication, round trips',
          says: `${ROUND_TRIP} ms away: from the start of the line to authentication`,
          values: all('login').map(trips),
          limit: { kind: 'at most', bound: 6 },
          unit: 'round trips',
        },
        {
          key: 'to a ready shell, round trips',
          says: `${ROUND_TRIP} ms away: from authentication to a ready shell`,
          values: all('shell').map(trips),
          limit: { kind: 'at most', bound: 2 },
          unit: 'round trips',
        },
      ],
    });
    const row = (says: string, what: keyof Times): readonly string[] => {
      const middle = median(all(what));
      return [says, middle.toFixed(1), trips(middle).toFixed(2)];
    };
    const rows = [
      row('start of the line to authenticated', 'login'),
      row('authenticated to a ready shell', 'shell'),
      row('a task', 'task'),
    ];
    return { tables: [{ columns: [`behind ${ROUND_TRIP} ms`, 'ms', 'round trips'], rows }], promises };
  },
};

/** Milliseconds. */
interface Times {
  readonly login: number;
  readonly shell: number;
  readonly task: number;
}

interface Heard {
  readonly type: string;
  readonly at: number;
  readonly state?: string;
}

/** From what the program itself says, event by event: play, line, and one end a task. */
async function timesOf(work: Workload): Promise<Times> {
  const { stdout } = await runPgup(work, '--output', 'json');
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Heard);
  const of = (type: string): readonly number[] => events.filter((each) => each.type === type).map(({ at }) => at);
  const ends = of('task:host');
  const [started = NaN] = of('task:start');
  const [connected = NaN] = of('line');
  const [first = NaN] = ends;
  if (ends.length !== TASKS) throw new Error(`${ends.length} of ${TASKS} tasks were done`);
  const task = median(ends.slice(1).map((end, index) => end - (ends[index] ?? NaN)));
  // The first task is over one round trip after the shell was ready.
  return { login: connected - started, shell: first - connected - task, task };
}
