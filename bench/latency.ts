import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TcpProxy } from '../test/support/tcp-proxy.ts';
import type { Benchmark } from './benchmark.ts';
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
    for (let round = 0; round <= bench.rounds; round++) {
      bench.say(`round ${round} of ${bench.rounds}`);
      const times = await timesOf(work);
      if (round > 0) runs.push(times);
    }
    const [login, shell, task] = (['login', 'shell', 'task'] as const).map((what) =>
      median(runs.map((times) => times[what])),
    ) as [number, number, number];
    const trips = (milliseconds: number): number => milliseconds / ROUND_TRIP;
    return {
      tables: [
        {
          columns: [`behind ${ROUND_TRIP} ms`, 'ms', 'round trips'],
          rows: [
            ['start of the line to authenticated', login.toFixed(0), trips(login).toFixed(2)],
            ['authenticated to a ready shell', shell.toFixed(0), trips(shell).toFixed(2)],
            ['a task', task.toFixed(1), trips(task).toFixed(2)],
          ],
        },
      ],
      promises: [
        {
          key: 'task, ms',
          says: 'a task',
          value: task,
          limit: { kind: 'at most', bound: 1.1 * ROUND_TRIP + 2 },
          unit: 'ms',
        },
        {
          key: 'to authentication, round trips',
          says: 'from the start of the line to authentication',
          value: trips(login),
          limit: { kind: 'at most', bound: 6 },
          unit: 'round trips',
        },
        {
          key: 'to a ready shell, round trips',
          says: 'from authentication to a ready shell',
          value: trips(shell),
          limit: { kind: 'at most', bound: 2 },
          unit: 'round trips',
        },
      ],
    };
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
