import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { controllerCodename, controllerSources, debianMirror } from './apt-sources.ts';
import { runInBuild } from './build-environment.ts';
import { command } from './command.ts';
import {
  artifactRoot,
  discardDeadBuilds,
  isBuilt,
  makeArtifact,
  missingArtifacts,
  withBuildLock,
} from './image-cache.ts';
import { mountOverlay, unmountBelow } from './overlay.ts';
import { cacheFolder } from './paths.ts';
import type { Progress } from './progress.ts';
import { RECIPES, SUITES } from './recipe.ts';
import type { ArtifactName, Recipe } from './recipe.ts';

type Note = (line: string) => void;

/** Makes sure that the cache holds these artifacts, building what it lacks, one after the other. */
export async function ensureImages(wanted: readonly ArtifactName[], progress: Progress): Promise<void> {
  if (missingArtifacts(wanted).length === 0) return;
  await withBuildLock(progress, async () => {
    await discardDeadBuilds();
    const missing = missingArtifacts(wanted); // another builder may have made some while this one waited
    for (const [index, name] of missing.entries()) {
      if (isBuilt(name)) continue;
      const recipe = RECIPES[name];
      const text = `building image: ${index + 1}/${missing.length} ${name}: ${recipe.what}`;
      await progress.step(text, (note) => makeArtifact(name, (folder) => build(recipe, folder, note)));
    }
  });
}

async function build(recipe: Recipe, folder: string, note: Note): Promise<void> {
  const logFile = join(cacheFolder(), `${recipe.name}.log`);
  rmSync(logFile, { force: true });
  const sources = join(folder, 'sources.list');
  const mirror = debianMirror(controllerSources(), controllerCodename());
  writeFileSync(sources, SUITES.map((suite) => `deb ${mirror} ${suite} main\n`).join(''));
  if (recipe.on.length === 0) await buildBase(recipe, folder, logFile, note);
  else await buildOver(recipe, folder, logFile, note);
  rmSync(sources);
}

/** The first layer: Debian itself, unpacked by mmdebstrap. */
async function buildBase(recipe: Recipe, folder: string, logFile: string, note: Note): Promise<void> {
  const root = join(folder, 'root');
  const argv = [
    ...['mmdebstrap', '--variant=apt', '--format=directory', '--aptopt=APT::Install-Recommends "false"'],
    ...['--dpkgopt=path-exclude=/usr/share/man/*', '--dpkgopt=path-exclude=/usr/share/doc/*'],
    ...[`--include=${recipe.packages.join(',')}`, SUITES[0], root, join(folder, 'sources.list')],
  ];
  await command(argv, { logFile, onLine: note });
  const nothing = { network: false, readOnly: {}, writable: {}, environment: recipe.environment };
  await runInBuild('base.sh', { root, ...nothing, logFile, onLine: note });
}

/** Every other artifact: a script run in an overlay of the layers below, of which its own writes or its output are kept. */
async function buildOver(recipe: Recipe, folder: string, logFile: string, note: Note): Promise<void> {
  const [upper, work, root, output] = ['upper', 'work', 'mounted', 'output'].map((name) => join(folder, name));
  if (upper === undefined || work === undefined || root === undefined || output === undefined)
    throw new Error('unreachable');
  mkdirSync(output);
  await mountOverlay({ lower: recipe.on.map(artifactRoot), upper, work, root }, { volatile: true });
  await runInBuild(`${recipe.name}.sh`, {
    root,
    network: true,
    readOnly: {
      '/etc/apt/sources.list': join(folder, 'sources.list'),
      ...Object.fromEntries(recipe.uses.map((name) => [`/srv/${name}`, artifactRoot(name)])),
    },
    writable: { '/run/out': output },
    environment: { ...recipe.environment, PACKAGES: recipe.packages.join(' ') },
    logFile,
    onLine: note,
  });
  await unmountBelow(root);
  keep(recipe, { upper, output, kept: join(folder, 'root') });
  if (recipe.name === 'packages') await indexPackages(join(folder, 'root'));
  for (const name of [upper, work, root, output]) rmSync(name, { recursive: true, force: true });
}

/** Moves what the artifact consists of to its `root`. */
function keep(recipe: Recipe, from: { upper: string; output: string; kept: string }): void {
  if (recipe.kind === 'folder') {
    renameSync(from.output, from.kept);
  } else if (recipe.keep.length === 0) {
    renameSync(from.upper, from.kept);
  } else {
    for (const path of recipe.keep.filter((kept) => existsSync(join(from.upper, kept)))) {
      mkdirSync(dirname(join(from.kept, path)), { recursive: true, mode: 0o755 });
      renameSync(join(from.upper, path), join(from.kept, path));
    }
  }
}

/** Makes a folder of packages one that apt can read. */
async function indexPackages(folder: string): Promise<void> {
  for (const [what, file] of [
    ['packages', 'Packages'],
    ['release', 'Release'],
  ] as const) {
    const { stdout } = await command(['apt-ftparchive', what, '.'], { cwd: folder });
    writeFileSync(join(folder, file), stdout);
  }
}
