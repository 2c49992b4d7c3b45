// `npm test`: lint and every test, side by side. Lint takes a minute of one processor core, in which mocha's first suites
// wait for their hosts to boot. Mocha is given the suites that take longest first: one that began last would run alone.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { cacheFolder } from '../dist/lab/paths.js';

/** The suites that take minutes, the longest first. */
const LONG = [
  'differential/generic',
  'lab/upgrade',
  'faults/real-nautobot',
  'lab/variety',
  'faults/chosen',
  'lab/nautobot',
  'faults/reboot',
  'lab/lab',
  'shell/jobs',
  'transport/contract',
].map((name) => `dist/test/${name}.test.js`);

/** Test files at the same time: one more than cores, because each waits for hosts half of the time. */
const JOBS = Math.min(4, availableParallelism() + 1);

const all = readdirSync('dist/test', { recursive: true })
  .map((name) => `dist/test/${name}`)
  .filter((file) => file.endsWith('.test.js'))
  .sort();
const gone = LONG.filter((file) => !all.includes(file));
if (gone.length > 0) throw new Error(`scripts/test.mjs names suites that are not there: ${gone.join(', ')}`);
const longest = [...LONG, ...all.filter((file) => !LONG.includes(file))];
const [first, ...later] = longest;

// Where the lab's images are still to be built, which takes one core for some ten minutes, one suite has them built
// and waits; what needs no lab host is tested meanwhile.
const built = existsSync(cacheFolder()) && readdirSync(cacheFolder()).some((name) => name.startsWith('data-'));
const needsLab = (file) => /^dist\/test\/(lab|faults|differential)\//.test(file);
const files = built
  ? longest
  : [first, ...later.filter((file) => !needsLab(file)), ...later.filter((file) => needsLab(file))];

/** Ends with the exit code; a signal that ended it counts as failure. */
function run(command, args, stdio) {
  const child = spawn(command, args, { stdio });
  const said = [];
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text) => said.push(text));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? 1, said: said.join('') }));
  });
}

const lint = run('npm', ['run', '--silent', 'lint'], ['ignore', 'pipe', 'pipe']);
void lint.then(({ code, said }) => console.error(code === 0 ? 'lint: nothing is wrong' : `lint:\n${said}`));
const mocha = await run('npx', ['mocha', '--parallel', '--jobs', String(JOBS), ...files], 'inherit');
const { code, said } = await lint;
if (code !== 0) console.error(`lint failed, which is why this run failed:\n${said}`);
process.exitCode = mocha.code === 0 && code === 0 ? 0 : 1;
