import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bench, Benchmark, Table } from './benchmark.ts';
import type { Ran } from './child.ts';
import { runBare } from './floor.ts';
import { eachRound, interleave, sideOf, type Side, type Taken } from './interleave.ts';
import { installPeers, runAnsible } from './peers.ts';
import { startServers, type Servers } from './servers.ts';
import { echoes, makeWorkload, runPgup, type Playbook, type Workload } from './workload.ts';

/** Enough tasks that a millisecond each stands out from the start of the program. */
const MANY = 401;
const MANY_OF_ANSIBLE = 21;

/** What one more task costs on one host: the difference between a long and a short playbook. */
export const task: Benchmark = {
  name: 'task',
  summary: 'what one more task costs, one host on loopback',
  rounds: 5,
  async measure(bench) {
    const peers = await installPeers(bench);
    const servers = await startServers({ bench, count: 1 });
    const upgrade = (tasks: number): Workload => asUpgrade(workload({ bench, servers, tasks, play: fenced }));
    const plain = (tasks: number): Workload => workload({ bench, servers, tasks });
    const sides: readonly [Marginal, Marginal, Marginal, Marginal] = [
      { name: 'bare ssh2', many: MANY, work: plain, run: (work) => runBare(work) },
      { name: 'pgup, generic playbook', many: MANY, work: plain, run: (work) => runPgup(work) },
      { name: 'pgup, upgrade playbook', many: MANY, work: upgrade, run: (work) => runPgup(work, '--yes') },
      {
        name: 'ansible-playbook',
        many: MANY_OF_ANSIBLE,
        work: plain,
        run: (work) => runAnsible(peers, work, { mitogen: false }),
      },
    ];
    const [bare, pgup, upgraded, ansible] = sides;
    const { taken, promises } = await interleave({
      ...bench,
      sides: sides.flatMap(bothSides),
      promises: (all) => [
        {
          key: 'pgup / bare ssh2',
          says: 'a task of pgup to one of the bare ssh2 loop',
          values: compare(all, [pgup, bare], (ours, floor) => ours / floor),
          limit: { kind: 'at most', bound: 1.5 },
          unit: 'x',
        },
        {
          key: 'ansible / pgup',
          says: 'a task of ansible-playbook (pipelining) to one of pgup',
          values: compare(all, [ansible, pgup], (theirs, ours) => theirs / ours),
          limit: { kind: 'at least', bound: 50 },
          unit: 'x',
        },
        {
          key: 'fenced - generic, ms',
          says: 'a fenced step of an upgrade playbook, beyond a generic task',
          values: compare(all, [upgraded, pgup], (step, plainTask) => 1000 * (step - plainTask)),
          limit: { kind: 'at most', bound: 5 },
          unit: 'ms',
        },
      ],
    });
    return { tables: [{ ...costTable(sides.map((side) => costOf(side, taken))), title: peers.versions }], promises };
  },
};

/** A side that is measured with one task and with many. */
interface Marginal {
  readonly name: string;
  readonly many: number;
  readonly work: (tasks: number) => Workload;
  readonly run: (work: Workload) => Promise<Ran>;
}

interface Cost {
  readonly name: string;
  /** Seconds for one more task. */
  readonly wall: number;
  /** Seconds of the controller's processor for one more task. */
  readonly cpu: number;
  /** Seconds of the whole process with one task. */
  readonly first: number;
}

const sideName = ({ name }: Marginal, tasks: number): string => `${name}, ${tasks}`;

function bothSides(side: Marginal): readonly Side[] {
  return [1, side.many].map((tasks) => {
    const work = side.work(tasks);
    return { name: sideName(side, tasks), run: () => side.run(work) };
  });
}

/** What two sides take for one more task, in seconds, compared round by round. */
function compare(
  all: ReadonlyMap<string, Taken>,
  [a, b]: readonly [Marginal, Marginal],
  figure: (a: number, b: number) => number,
): readonly number[] {
  const names = [sideName(a, a.many), sideName(a, 1), sideName(b, b.many), sideName(b, 1)] as const;
  return eachRound(all, names, ([aMany, aOne, bMany, bOne]) =>
    figure((aMany.wall - aOne.wall) / (a.many - 1), (bMany.wall - bOne.wall) / (b.many - 1)),
  );
}

function costOf(side: Marginal, taken: ReadonlyMap<string, Taken>): Cost {
  const [one, many] = [sideOf(taken, sideName(side, 1)), sideOf(taken, sideName(side, side.many))];
  const more = side.many - 1;
  return { name: side.name, wall: (many.wall - one.wall) / more, cpu: (many.cpu - one.cpu) / more, first: one.wall };
}

function costTable(costs: readonly Cost[]): Table {
  return {
    columns: ['one host', 'ms a task', 'processor ms a task', 'seconds with one task'],
    rows: costs.map(({ name, wall, cpu, first }) => [
      name,
      (1000 * wall).toFixed(2),
      (1000 * cpu).toFixed(2),
      first.toFixed(3),
    ]),
  };
}

function workload(options: { bench: Bench; servers: Servers; tasks: number; play?: Playbook }): Workload {
  const { bench, servers, tasks, play } = options;
  const folder = join(bench.folder, `${play ? 'upgrade' : 'generic'}-${tasks}`);
  return makeWorkload({ folder, ...servers, tasks, ...(play ? { play } : {}) });
}

/** Tasks that can be undone make an upgrade playbook: claimed hosts, a fence around each step, a journal on disk. */
const fenced: Playbook = (tasks) =>
  [
    '- name: Say hello',
    '  hosts: all',
    '  gather_facts: false',
    '  tasks:',
    '    - name: Claim every host for this run',
    '      claim:',
    ...echoes(tasks),
    '      undo:',
    '        - command: echo bye',
    '    - name: Let go of every host',
    '      release:',
    '',
  ].join('\n');

/** The same hosts as a deployment. */
function asUpgrade(work: Workload): Workload {
  const names = work.hosts.map(({ name }) => `${name}\n`).join('');
  appendFileSync(work.inventoryFile, `[nautobot]\n${names}[postgresql]\n${names}[all:vars]\npgup_target="17"\n`);
  return work;
}
