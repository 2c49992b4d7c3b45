// Bundles the compiled command line into dist/bin: the whole program as one script, and a launcher that loads it
// together with V8's compiled form of it, taken from a training run. `import()` stays lazy inside the one file: a module
// runs when it is needed. The program runs from any working directory.
import { build } from 'esbuild';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { train } from './train.mjs';

const entry = 'dist/cli/main.js';
const folder = resolve('dist/bin');

if (existsSync(entry)) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await bundle();
  writeFileSync(`${folder}/package.json`, '{ "type": "commonjs" }\n');
  const training = `${folder}/training.js`;
  writeFileSync(
    training,
    `${loader()}process.on('exit', () => fs.writeFileSync(compiled, script.createCachedData()));\n`,
  );
  await train(training);
  rmSync(training);
  writeFileSync(`${folder}/pgup.js`, launcher());
  chmodSync(`${folder}/pgup.js`, 0o755);
}

function bundle() {
  return build({
    entryPoints: { program: entry },
    outdir: folder,
    bundle: true,
    platform: 'node',
    // V8's compiled form can be kept for a script, not for an ES module.
    format: 'cjs',
    outExtension: { '.js': '.cjs' },
    target: 'node20',
    legalComments: 'none',
    logLevel: 'warning',
    // ssh2's optional native parts: not built here, and ssh2 works without them.
    external: ['cpu-features', '*.node'],
    define: {
      'import.meta.dirname': '__dirname',
      'import.meta.filename': '__filename',
      'import.meta.url': '__fileUrl',
    },
    banner: { js: "const __fileUrl = require('node:url').pathToFileURL(__filename).href;" },
    plugins: [lean()],
  });
}

/** What packages load at once and pgup never needs, in a form that is enough for it. */
function lean() {
  return {
    name: 'lean',
    setup({ onLoad }) {
      // yargs measures its help text after every command, asked for or not: ours is ASCII, and the tables cost 40 ms.
      onLoad({ filter: /\/node_modules\/string-width\/index\.js$/ }, () => ({
        contents: 'export default (text) => text.length;',
      }));
      // ssh2's agents for node:http: nobody uses them, and they load http, https and tls.
      onLoad({ filter: /\/node_modules\/ssh2\/lib\/http-agents\.js$/ }, () => ({ contents: 'module.exports = {};' }));
    },
  };
}

/** Asking for the version loads nothing at all. */
function launcher() {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
  return `#!/usr/bin/env node
if (process.argv.length === 3 && process.argv[2] === '--version') process.stdout.write('${version}\\n');
else load();

function load() {
${loader()}}
`;
}

/** Node refuses a compiled form that another version of it has made, and then compiles for itself. */
function loader() {
  return `const fs = require('node:fs');
const { Script } = require('node:vm');
const path = __dirname + '/program.cjs';
const compiled = __dirname + '/program.compiled';
const text = '(function (exports, require, module, __filename, __dirname) {//' + fs.readFileSync(path, 'latin1') + '\\n})';
const cachedData = fs.existsSync(compiled) ? fs.readFileSync(compiled) : undefined;
const script = new Script(text, { filename: path, cachedData });
script.runInThisContext()(exports, require, module, path, __dirname);
`;
}
