#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { defaultLabName } from '../../lab/names.ts';
import { openLab } from '../../lab/open-lab.ts';
import type { Lab } from '../../lab/open-lab.ts';
import { terminalProgress } from '../../lab/progress.ts';
import { runCase, type CaseResult } from './fault-case.ts';
import { seededRandom, shuffled } from './random.ts';
import { record } from './record.ts';
import { readResults, sourceKey, writeResults } from './results.ts';
import { schedule, TOPOLOGIES, type Case, type Recorded, type TopologyName } from './schedule.ts';
import { table } from './table.ts';

/** `npm run faults [-- --sample N] [--seed S] [--labs N] [--only TEXT] [--again]` */
const { values: flags } = parseArgs({
  options: {
    sample: { type: 'string' },
    seed: { type: 'string', default: '1' },
    labs: { type: 'string', default: '4' },
    only: { type: 'string' },
    /** Leaves out the others, which cost two runs each to be recorded. */
    topology: { type: 'string', multiple: true, default: [...TOPOLOGIES] },
    /** Runs once more what did not survive at this commit. */
    again: { type: 'boolean', default: false },
  },
});

const key = sourceKey();
const results = readResults(key);
const random = seededRandom(Number(flags.seed));
const began = Date.now();
const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

const labs = new Map<string, Lab>();

/** The lab of this number with this topology. */
async function labOf(number: number, topology: TopologyName): Promise<Lab> {
  const name = `${defaultLabName()}-f${number}`;
  const lab = await openLab({ topology, name, replace: true, progress: terminalProgress() });
  labs.set(name, lab);
  return lab;
}

/** Bounded parallel work: each lab takes the next case of its topology, or changes to another topology. */
async function runAll(cases: readonly Case[]): Promise<void> {
  const left = [...cases];
  const total = left.length;
  const work = async (number: number): Promise<void> => {
    let topology: TopologyName | undefined;
    for (;;) {
      const at = Math.max(
        0,
        left.findIndex((one) => one.topology === topology),
      );
      const [next] = left.splice(at, 1);
      if (!next) return;
      topology = next.topology;
      const result = await attempt(next, number);
      results.cases[next.name] = result;
      writeResults(key, results);
      const how = result.problems.length === 0 ? result.ended : `NOT SURVIVED (${result.ended})`;
      say(`${total - left.length}/${total} ${next.name}: ${how}, ${Math.round(result.seconds)} s`);
      for (const problem of result.problems) say(`    ${problem}`);
    }
  };
  await Promise.all(Array.from({ length: Number(flags.labs) }, (_, number) => work(number + 1)));
}

async function attempt(next: Case, number: number): Promise<CaseResult> {
  const reference = results.recordings[next.topology]?.reference;
  if (!reference) throw new Error(`nothing is recorded on ${next.topology}`);
  try {
    return await runCase({ lab: await labOf(number, next.topology), ...next, reference });
  } catch (thrown) {
    // The table goes on: that this case could not be tried is no survival.
    const problem = `could not be tried: ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}`;
    return { ended: 'neither', resumes: 0, seconds: 0, problems: [problem], said: '' };
  }
}

try {
  for (const topology of TOPOLOGIES.filter((name) => flags.topology.includes(name))) {
    if (results.recordings[topology]) continue;
    say(`recording the runs without faults on ${topology}`);
    results.recordings[topology] = await record(await labOf(1, topology));
    writeResults(key, results);
  }
  const recorded = Object.fromEntries(
    TOPOLOGIES.map((name) => [name, results.recordings[name]?.points ?? []]),
  ) as unknown as Recorded;
  const all = schedule(recorded, random).filter(({ name }) => flags.only === undefined || name.includes(flags.only));
  const chosen = flags.sample === undefined ? all : shuffled(all, random).slice(0, Number(flags.sample));
  const missing = chosen.filter(({ name }) => {
    const known = results.cases[name];
    return known === undefined || (flags.again && known.problems.length > 0);
  });
  say(`${all.length} points; ${chosen.length} chosen, ${chosen.length - missing.length} of them known at ${key}`);
  await runAll(missing);
  const survived = chosen.filter(({ name }) => results.cases[name]?.problems.length === 0).length;
  say(table(chosen, results.cases));
  say(`${Math.round((Date.now() - began) / 1000)} s; all of it is in the cache folder, under ${key}`);
  say(`${chosen.length} points, ${survived} survived`);
  process.exitCode = survived === chosen.length && chosen.length > 0 ? 0 : 1;
} finally {
  for (const lab of labs.values()) await lab.down();
}
