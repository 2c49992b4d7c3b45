// Bundles the compiled command line into dist/bin: one entry with lazily loaded chunks, so that `pgup --version` loads
// neither ssh2 nor the engine, and the program runs from any working directory.
import { build } from 'esbuild';
import { chmodSync, existsSync } from 'node:fs';

const entry = 'dist/cli/main.js';
if (existsSync(entry)) {
  await build({
    entryPoints: { pgup: entry },
    outdir: 'dist/bin',
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    sourcemap: 'linked',
    legalComments: 'none',
    logLevel: 'warning',
    // ssh2's optional native parts: not built here, and ssh2 works without them.
    external: ['cpu-features', '*.node'],
    // Packages written for CommonJS expect these: names of their own, because a package may define the usual ones itself.
    define: { __dirname: '__bundleFolder', __filename: '__bundleFile' },
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url); const __bundleFile = import.meta.filename; const __bundleFolder = import.meta.dirname;",
    },
  });
  chmodSync('dist/bin/pgup.js', 0o755);
}
