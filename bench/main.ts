/**
 * `npm run bench [-- NAME...] [--rounds N]`: measures pgup beside others, all in one run on this machine, and prints the
 * figures with their limits. The last line is one JSON object, benchmark → promise → figure. Exit code 0 only where
 * every promise is kept, 1 where one is broken, 2 where the machine is too restless to tell, 130 where it was stopped: then
 * what was made is undone first.
 *
 * To add a benchmark: a file here that exports a `Benchmark` (benchmark.ts), and its name in all.ts. Its `measure` makes
 * what it needs in `bench.folder`, gives what must be undone to `bench.defer`, measures its sides with `interleave` (or
 * by itself), and returns tables for people and promises: figures with limits. Whole processes are measured by
 * `measureSuccess` (child.ts): wall, processor and peak memory. It throws where something cannot be measured; nothing is
 * ever left out. A row for it goes into docs/speed.md.
 */
import yargs from 'yargs';
import { benchmarks } from './all.ts';
import { describeMachine } from './machine.ts';
import { runBenchmarks } from './runner.ts';

const names = benchmarks.map(({ name }) => name);
const argv = await yargs(process.argv.slice(2))
  .scriptName('bench')
  .usage(
    `$0 [NAME...] [--rounds N]\n\n${benchmarks.map(({ name, summary }) => `${name.padEnd(10)} ${summary}`).join('\n')}`,
  )
  .option('rounds', { type: 'number', describe: "how often each side is measured, in place of the benchmark's own" })
  .check(({ _: given, rounds }) => {
    const unknown = given.map(String).filter((name) => !names.includes(name));
    if (unknown.length > 0)
      throw new Error(`no benchmark is called ${unknown.join(', ')}; there are ${names.join(', ')}`);
    if (rounds !== undefined && !(Number.isInteger(rounds) && rounds > 0))
      throw new Error('--rounds needs a whole number');
    return true;
  })
  .strictOptions()
  .parse();

process.stdout.write(`${describeMachine(new Date())}\n`);
const wanted = argv._.map(String);
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    stop.abort();
  });
}
process.exitCode = await runBenchmarks({
  benchmarks: benchmarks.filter(({ name }) => wanted.length === 0 || wanted.includes(name)),
  rounds: argv.rounds,
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  stop: stop.signal,
});
// What was being measured when it was stopped has no other end.
if (stop.signal.aborted) process.exit();
