import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect } from 'chai';
import { verdictOf, type Bench, type Benchmark, type Measured, type Promised } from '../../bench/benchmark.ts';
import { measureChild } from '../../bench/child.ts';
import { eachRound, interleave, measureRounds } from '../../bench/interleave.ts';
import { runBenchmarks } from '../../bench/runner.ts';

const promised = (changes: Partial<Promised> = {}): Promised => ({
  key: 'a / b',
  says: 'a to b',
  values: [2],
  limit: { kind: 'at most', bound: 2 },
  unit: 'x',
  ...changes,
});

function benchmark(name: string, measure: (bench: Bench) => Measured | Promise<Measured>): Benchmark {
  return { name, summary: 'for this test', rounds: 7, measure: async (bench) => measure(bench) };
}

async function run(...benchmarks: Benchmark[]) {
  let out = '';
  let err = '';
  const exitCode = await runBenchmarks({
    benchmarks,
    rounds: undefined,
    out: (text) => (out += text),
    err: (text) => (err += text),
  });
  return { exitCode, out, err, ratios: JSON.parse(out.trimEnd().split('\n').at(-1) ?? '') as unknown };
}

describe('benchmarks', () => {
  it('give 0 and the figures where every promise is kept', async () => {
    const { exitCode, ratios, out } = await run(
      benchmark('one', () => ({ tables: [], promises: [promised()] })),
      benchmark('two', () => ({
        tables: [{ columns: ['side', 'seconds'], rows: [['pgup', '1.5']] }],
        promises: [promised({ key: 'c', values: [51.23456], limit: { kind: 'at least', bound: 50 } })],
      })),
    );
    expect(exitCode).to.equal(0);
    expect(ratios).to.deep.equal({ one: { 'a / b': 2 }, two: { c: 51.23 } });
    expect(out)
      .to.match(/\| pgup \| +1\.5 \|/)
      .and.to.match(/\| +51\.2 x \| +1 \| +51\.2 and 51\.2 \| +at least 50 x \| +kept \|/);
  });

  it('are stopped in the middle with what they made undone, and none is begun after that', async () => {
    const stop = new AbortController();
    const seen: string[] = [];
    let folder = '';
    const exitCode = await runBenchmarks({
      benchmarks: [
        benchmark('endless', (bench) => {
          ({ folder } = bench);
          bench.defer(() => void seen.push('undone'));
          stop.abort();
          return new Promise<Measured>(() => undefined);
        }),
        benchmark('next', () => {
          seen.push('next');
          return { tables: [], promises: [promised()] };
        }),
      ],
      rounds: undefined,
      out: () => undefined,
      err: () => undefined,
      stop: stop.signal,
    });
    expect(exitCode).to.equal(130);
    expect(seen).to.deep.equal(['undone']);
    expect(existsSync(folder)).to.be.false;
  });

  for (const [what, broken] of [
    ['is above its limit', promised({ values: [2.001, 2.1, 2.2, 2.1, 2.3] })],
    ['is below its limit', promised({ values: [49], limit: { kind: 'at least', bound: 50 } })],
    ['was never taken', promised({ values: [] })],
    ['could not be measured', promised({ values: [1, NaN] })],
  ] as const) {
    it(`give 1 where one figure ${what}`, async () => {
      const { exitCode, out } = await run(
        benchmark('good', () => ({ tables: [], promises: [promised()] })),
        benchmark('bad', () => ({ tables: [], promises: [promised(), broken] })),
      );
      expect(exitCode).to.equal(1);
      expect(out).to.contain('BROKEN');
    });
  }

  it('give 2 where the rounds lie on both sides of a limit, and 1 where another is broken', async () => {
    const restless = benchmark('restless', () => ({ tables: [], promises: [promised({ values: [1, 1, 1, 3, 3] })] }));
    const { exitCode, out } = await run(restless);
    expect(exitCode).to.equal(2);
    expect(out).to.match(/between +\|.*\n.*\n.*\| +1 and 3 \|.*\| +noisy \|/);
    const bad = benchmark('bad', () => ({ tables: [], promises: [promised({ values: [3] })] }));
    expect((await run(restless, bad)).exitCode).to.equal(1);
  });

  it('measure further rounds as long as nothing can be said, and no more', async () => {
    const rounds = async (figures: readonly number[]) => {
      const values: number[] = [];
      const promises = await measureRounds({
        rounds: 5,
        say: () => undefined,
        round: (round) => {
          if (round > 0) values.push(figures[round - 1] ?? NaN);
          return Promise.resolve();
        },
        promises: () => [promised({ values: [...values] })],
      });
      return promises.map((each) => [each.values.length, verdictOf(each)]);
    };
    expect(await rounds([1, 1, 1, 1, 1])).to.deep.equal([[5, 'kept']]);
    // one disturbed round of eight moves no median; of five it could
    expect(await rounds([1, 9, 1, 1, 1, 1, 1, 1])).to.deep.equal([[8, 'kept']]);
    expect(await rounds([3, 1, 3, 3, 3, 3, 3, 3])).to.deep.equal([[8, 'BROKEN']]);
    expect(await rounds([1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1])).to.deep.equal([[15, 'noisy']]);
  });

  it('compare the sides of the same round, a seldom measured one with all', async () => {
    const samples =
      (...walls: number[]) =>
      () =>
        Promise.resolve({ wall: walls.shift() ?? NaN, cpu: 0, memory: 0 });
    let ratios: readonly number[] = [];
    await interleave({
      rounds: 2,
      sides: [
        { name: 'a', run: samples(100, 2, 30) },
        { name: 'b', run: samples(100, 1, 10) },
        { name: 'seldom', rounds: 1, run: samples(60) },
      ],
      say: () => undefined,
      promises: (all) => {
        ratios = eachRound(all, ['a', 'b', 'seldom'], ([a, b, c]) => (a.wall / b.wall) * c.wall);
        return [];
      },
    });
    expect(ratios).to.deep.equal([120, 180]);
  });

  it('give 1 where one throws, and still measure the others', async () => {
    const { exitCode, ratios, err } = await run(
      benchmark('bad', () => {
        throw new Error('no such peer');
      }),
      benchmark('good', () => ({ tables: [], promises: [promised()] })),
    );
    expect(exitCode).to.equal(1);
    expect(ratios).to.deep.equal({ bad: {}, good: { 'a / b': 2 } });
    expect(err).to.contain('no such peer');
  });

  it('give 1 where nothing was promised or no benchmark was meant', async () => {
    expect((await run(benchmark('empty', () => ({ tables: [], promises: [] })))).exitCode).to.equal(1);
    expect((await run()).exitCode).to.equal(1);
  });

  it('undo in reverse order whatever happens, and leave no folder', async () => {
    const undone: string[] = [];
    let folder = '';
    await run(
      benchmark('bad', (bench) => {
        ({ folder } = bench);
        bench.defer(() => void undone.push('first'));
        bench.defer(() => void undone.push('second'));
        expect(existsSync(folder)).to.equal(true);
        throw new Error('in the middle');
      }),
    );
    expect(undone).to.deep.equal(['second', 'first']);
    expect(existsSync(folder)).to.equal(false);
  });

  it('measure wall, processor and memory of a process with its children', async () => {
    const burn = 'const end = Date.now() + 300; while (Date.now() < end); Buffer.alloc(2e8, 1)';
    const { exitCode, wall, cpu, memory, stdout } = await measureChild({
      command: ['sh', '-c', 'echo said; sleep 0.3; "$0" -e "$1"; exit 3', process.execPath, burn],
    });
    expect({ exitCode, stdout }).to.deep.equal({ exitCode: 3, stdout: 'said\n' });
    expect(wall).to.be.within(0.6, 60);
    expect(cpu).to.be.within(0.05, 2 * wall);
    const alone = await measureChild({ command: [process.execPath, '-e', burn] });
    expect(alone.memory).to.be.within(2e8, 1e9);
    expect(memory).to.be.lessThan(1e8);
  });

  it('run from the command line: figures on the last line, exit code by the promises', async function () {
    this.timeout(60_000);
    const { code, out } = await command('startup', '--rounds', '2');
    const ratio = (JSON.parse(out.trimEnd().split('\n').at(-1) ?? '') as { startup: Record<string, number> }).startup[
      'version / node -e 0'
    ];
    expect(ratio).to.be.a('number');
    expect(code).to.equal(out.includes('BROKEN') ? 1 : out.includes('noisy') ? 2 : 0);
  });

  it('know their names', async () => {
    const { code, err } = await command('speed');
    expect(code).to.equal(1);
    expect(err).to.contain('no benchmark is called speed').and.contain('startup');
  });
});

function command(...words: string[]): Promise<{ code: number; out: string; err: string }> {
  const main = resolve(import.meta.dirname, '../../bench/main.js');
  return new Promise((done) => {
    execFile(process.execPath, [main, ...words], (error, out, err) => {
      done({ code: error ? Number(error.code) : 0, out, err });
    });
  });
}
