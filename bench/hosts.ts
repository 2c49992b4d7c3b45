import { join } from 'node:path';
import type { Benchmark, Promised } from './benchmark.ts';
import { runBare } from './floor.ts';
import { eachRound, interleave, type Side, type Taken } from './interleave.ts';
import { installPeers, runAnsible, runPyinfra, type Peers } from './peers.ts';
import { startServers } from './servers.ts';
import { processTable } from './table.ts';
import { makeWorkload, runPgup, type Workload } from './workload.ts';

const TASKS = 20;
const SIZES = [1, 10, 50];
/** Seconds of start-up that pgup may take beyond the floor: it reads an inventory and a playbook. */
const START = 0.2;

/** The everyday case: some tasks on some hosts, from the start of the process to its exit. */
export const hosts: Benchmark = {
  name: 'hosts',
  summary: `1, 10 and 50 hosts x ${TASKS} command tasks, whole process, host keys checked`,
  rounds: 5,
  async measure(bench) {
    const peers = await installPeers(bench);
    const servers = await startServers({ bench, count: Math.max(...SIZES) });
    const tables = [];
    const promises: Promised[] = [];
    for (const size of SIZES) {
      const folder = join(bench.folder, String(size));
      const chosen = servers.hosts.slice(0, size);
      const work = makeWorkload({ folder, ...servers, hosts: chosen, tasks: TASKS });
      bench.say(`${size} hosts`);
      const { taken, promises: some } = await interleave({
        ...bench,
        sides: sidesOf(work, peers),
        promises: (all) => [beyondFloor(size, all), ...(size === 10 ? besides(all) : [])],
      });
      tables.push({ ...processTable(taken.values()), title: `${size} hosts x ${TASKS} tasks (${peers.versions})` });
      promises.push(...some);
    }
    return { tables, promises };
  },
};

/** The peers are slow: one run of theirs is an answer, and more would only take minutes. */
const SELDOM = 1;

function sidesOf(work: Workload, peers: Peers): readonly Side[] {
  return [
    { name: 'bare ssh2', run: () => runBare(work) },
    { name: 'pgup', run: () => runPgup(work) },
    { name: 'pyinfra', run: () => runPyinfra(peers, work) },
    { name: 'ansible-playbook, mitogen', rounds: SELDOM, run: () => runAnsible(peers, work, { mitogen: true }) },
    {
      name: 'ansible-playbook, forks=50, pipelining',
      rounds: SELDOM,
      run: () => runAnsible(peers, work, { mitogen: false }),
    },
  ];
}

function beyondFloor(size: number, all: ReadonlyMap<string, Taken>): Promised {
  return {
    key: `${size}: (pgup - ${START} s) / bare ssh2`,
    says: `${size} hosts: pgup without ${START} s of start-up, to bare ssh2`,
    values: eachRound(all, ['pgup', 'bare ssh2'], ([pgup, bare]) => (pgup.wall - START) / bare.wall),
    limit: { kind: 'at most', bound: 1.5 },
    unit: 'x',
  };
}

function besides(all: ReadonlyMap<string, Taken>): readonly Promised[] {
  const bounds = [
    ['pyinfra', 3],
    ['ansible-playbook, mitogen', 15],
    ['ansible-playbook, forks=50, pipelining', 40],
  ] as const;
  return bounds.map(([name, bound]) => ({
    key: `10: ${name} / pgup`,
    says: `10 hosts: ${name} to pgup`,
    values: eachRound(all, [name, 'pgup'], ([peer, pgup]) => peer.wall / pgup.wall),
    limit: { kind: 'at least', bound },
    unit: 'x',
  }));
}
