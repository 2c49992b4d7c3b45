import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect } from 'chai';
import type { Bench, Benchmark, Measured, Promised } from '../../bench/benchmark.ts';
import { measureChild } from '../../bench/child.ts';
import { runBenchmarks } from '../../bench/runner.ts';

const promised = (changes: Partial<Promised> = {}): Promised => ({
  key: 'a / b',
  says: 'a to b',
  value: 2,
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
        promises: [promised({ key: 'c', value: 51.23456, limit: { kind: 'at least', bound: 50 } })],
      })),
    );
    expect(exitCode).to.equal(0);
    expect(ratios).to.deep.equal({ one: { 'a / b': 2 }, two: { c: 51.23 } });
    expect(out)
      .to.match(/\| pgup \| +1\.5 \|/)
      .and.to.match(/\| +51\.2 x \| +at least 50 x \| +kept \|/);
  });

  for (const [what, broken] of [
    ['is above its limit', promised({ value: 2.001 })],
    ['is below its limit', promised({ value: 49, limit: { kind: 'at least', bound: 50 } })],
    ['could not be measured', promised({ value: NaN })],
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
    expect(code).to.equal((ratio ?? NaN) <= 3 ? 0 : 1);
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
