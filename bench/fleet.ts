import { join } from 'node:path';
import type { Benchmark } from './benchmark.ts';
import { HANDSHAKES, runBare } from './floor.ts';
import { gatherFacts } from '../lib/modules/generic/gather-facts.ts';
import type { ModuleContext } from '../lib/modules/module.ts';
import { eachRound, interleave, type Side } from './interleave.ts';
import { startServers } from './servers.ts';
import { processTable } from './table.ts';
import { echoes, makeWorkload, runPgup, type Playbook } from './workload.ts';

const HOSTS = 500;
const TASKS = 5;

/** A large fleet from one controller: connections, facts and some tasks. */
export const fleet: Benchmark = {
  name: 'fleet',
  summary: `${HOSTS} hosts: connect, read facts, ${TASKS} tasks; MaxStartups at its default`,
  rounds: 3,
  async measure(bench) {
    // The first of two settings of the same name counts in sshd.
    const servers = await startServers({ bench, count: HOSTS, settings: ['MaxStartups 10:30:100'] });
    const work = makeWorkload({ folder: join(bench.folder, 'fleet'), ...servers, tasks: TASKS, play: withFacts });
    const sides: readonly Side[] = [
      { name: 'bare ssh2', run: () => runBare(work, factsScript()) },
      { name: 'pgup', run: () => runPgup(work, '--forks', String(HOSTS)) },
    ];
    const { taken, promises } = await interleave({
      ...bench,
      sides,
      promises: (all) => [
        {
          key: 'pgup / bare ssh2',
          says: `${HOSTS} hosts: pgup to bare ssh2 with the same limit on handshakes`,
          values: eachRound(all, ['pgup', 'bare ssh2'], ([pgup, bare]) => pgup.wall / bare.wall),
          limit: { kind: 'at most', bound: 1.2 },
          unit: 'x',
        },
        {
          key: 'memory beyond bare ssh2, MB',
          says: `${HOSTS} hosts: memory of pgup beyond that of bare ssh2`,
          values: eachRound(all, ['pgup', 'bare ssh2'], ([pgup, bare]) => (pgup.memory - bare.memory) / 1e6),
          limit: { kind: 'at most', bound: 40 },
          unit: 'MB',
        },
      ],
    });
    const title = `${HOSTS} hosts, ${HANDSHAKES} handshakes at a time; a host that fails on either side ends the benchmark`;
    return { tables: [{ ...processTable(taken.values()), title }], promises };
  },
};

const withFacts: Playbook = (tasks) =>
  ['- name: Say hello', '  hosts: all', '  gather_facts: true', '  tasks:', ...echoes(tasks)].join('\n') + '\n';

/** What pgup asks each host, word for word: the floor does the same work. */
function factsScript(): string {
  const query = gatherFacts.read?.({} as ModuleContext<Record<string, never>>);
  if (!query) throw new Error('facts are no longer read by a script');
  return query.command.text;
}
