// Makes a fresh clone ready for `npm run demo`, `npm run lab` and `npm test`: installs where the lock file changed,
// builds where a source changed, and otherwise does nothing. It installs in place (never `npm ci`), because another
// command of this clone may be running from node_modules at the same time.
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
process.chdir(root);

/** Everything below these names goes into the program or its tests. */
const SOURCES = ['lib', 'cli', 'lab', 'bench', 'test', 'scripts', 'tsconfig.json', 'package.json'];

function digest(paths) {
  const hash = createHash('sha256');
  const visit = (path) => {
    if (!existsSync(path)) return;
    if (statSync(path).isDirectory()) {
      for (const name of readdirSync(path).sort()) visit(join(path, name));
    } else if (/\.(ts|mjs|json)$/.test(path)) {
      hash.update(`${path}\0`).update(readFileSync(path));
    }
  };
  paths.forEach(visit);
  return hash.digest('hex');
}

const stamped = (file) => (existsSync(file) ? readFileSync(file, 'utf8') : '');

function npm(...args) {
  // A clone made for CI or with NODE_ENV=production still needs the compiler: dev dependencies are always included.
  execFileSync('npm', args, { stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, NODE_ENV: '' } });
}

const lock = digest(['package-lock.json']);
const installed = 'node_modules/.pgup-installed';
if (stamped(installed) !== lock) {
  console.error('pgup: installing packages');
  npm('install', '--include=dev', '--no-save', '--loglevel=error');
  writeFileSync(installed, lock);
}

const sources = digest(SOURCES);
const built = 'dist/.pgup-built';
if (stamped(built) !== sources) {
  console.error('pgup: building');
  // Output of deleted sources would otherwise be run by the tests for ever.
  rmSync('dist', { recursive: true, force: true });
  npm('run', '--silent', 'build');
  mkdirSync('dist', { recursive: true });
  writeFileSync(built, sources);
}
