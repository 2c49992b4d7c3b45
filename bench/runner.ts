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
  /** Ends the benchmark that runs, undoes what it made, and begins no other. */
  readonly stop?: AbortSignal | undefined;
}

/**
 * Measures the benchmarks one after another and prints their tables, then one of all promises; the last line is one
 * JSON object, benchmark → promise → figure. Gives the exit code: 0 only where everything was measured and every promise
 * is kept, 2 where none is broken but the machine was too restless to tell of some, 130 where it was stopped, else 1.
 */
export async function runBenchmarks({ benchmarks, rounds, out, err, stop }: RunOptions): Promise<number> {
  const ratios: Record<string, Record<string, number | null>> = {};
  const all: Promised[] = [];
  let whole = benchmarks.length > 0;
  for (const benchmark of benchmarks) {
    if (stop?.aborted) break;
    const { name, summary } = benchmark;
    err(`bench: ${name}: ${summary}\n`);
    try {
      const { tables, promises } = await measured({ benchmark, rounds, err, stop });
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
  return stop?.aborted ? 130 : exitCodeOf(whole, all.map(verdictOf));
}

function exitCodeOf(whole: boolean, verdicts: readonly Verdict[]): number {
  if (!whole || verdicts.includes('BROKEN')) return 1;
  return verdicts.includes('noisy') ? 2 : 0;
}

interface Measuring extends Pick<RunOptions, 'rounds' | 'err' | 'stop'> {
  readonly benchmark: Benchmark;
}

async function measured({ benchmark, rounds, err, stop }: Measuring): Promise<Measured> {
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
    return await unlessStopped(benchmark.measure(bench), stop);
  } finally {
    for (const work of deferred.reverse()) await work();
    rmSync(folder, { recursive: true, force: true });
  }
}

function unlessStopped<T>(work: Promise<T>, stop: AbortSignal | undefined): Promise<T> {
  if (!stop) return work;
  const stopped = new Promise<never>((_resolve, reject) => {
    const onStop = (): void => {
      reject(new Error('stopped'));
    };
    if (stop.aborted) onStop();
    else stop.addEventListener('abort', onStop, { once: true });
  });
  return Promise.race([work, stopped]);
}

function rounded(value: number): number | null {
  return Number.isFinite(value) ? Number(value.toPrecision(4)) : null;
}
