import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verdictOf, type Bench, type Benchmark, type Measured, type Promised, type Verdict } from './benchmark.ts';
import { median } from './statistics.ts';
import { drawTable, promiseTable } from './table.ts';

export interface RunOptions {
  readonly benchmarks: readonly Benchmark[];
  /** In place of each benchmark's own number. */
  readonly rounds: number | undefined;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/**
 * Measures the benchmarks one after another and prints their tables, then one of all promises; the last line is one
 * JSON object, benchmark → promise → figure. Gives the exit code: 0 only where everything was measured and every promise
 * is kept, 2 where none is broken but the machine was too restless to tell of some, else 1.
 */
export async function runBenchmarks({ benchmarks, rounds, out, err }: RunOptions): Promise<number> {
  const ratios: Record<string, Record<string, number | null>> = {};
  const all: Promised[] = [];
  let whole = benchmarks.length > 0;
  for (const benchmark of benchmarks) {
    const { name, summary } = benchmark;
    err(`bench: ${name}: ${summary}\n`);
    try {
      const { tables, promises } = await measured(benchmark, rounds, err);
      out(`\n## ${name}: ${summary}\n\n`);
      for (const table of tables) out(`${drawTable(table)}\n\n`);
      // JSON has no NaN: what was not measured is null, and keeps no promise.
      ratios[name] = Object.fromEntries(promises.map(({ key, values }) => [key, rounded(median(values))]));
      all.push(...promises);
      whole &&= promises.length > 0;
    } catch (thrown) {
      whole = false;
      ratios[name] = {};
      err(`bench: ${name} could not be measured: ${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
    }
  }
  out(`\n## promises\n\n${drawTable(promiseTable(all))}\n\n${JSON.stringify(ratios)}\n`);
  return exitCodeOf(whole, all.map(verdictOf));
}

function exitCodeOf(whole: boolean, verdicts: readonly Verdict[]): number {
  if (!whole || verdicts.includes('BROKEN')) return 1;
  return verdicts.includes('noisy') ? 2 : 0;
}

async function measured(
  benchmark: Benchmark,
  rounds: number | undefined,
  err: (text: string) => void,
): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), `pgup-bench-${benchmark.name}-`));
  const deferred: (() => Promise<void> | void)[] = [];
  const bench: Bench = {
    rounds: rounds ?? benchmark.rounds,
    folder,
    say: (text) => {
      err(`bench: ${benchmark.name}: ${text}\n`);
    },
    defer: (work) => {
      deferred.push(work);
    },
  };
  try {
    return await benchmark.measure(bench);
  } finally {
    for (const work of deferred.reverse()) await work();
    rmSync(folder, { recursive: true, force: true });
  }
}

function rounded(value: number): number | null {
  return Number.isFinite(value) ? Number(value.toPrecision(4)) : null;
}
