import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { command } from './command.ts';
import { withLock } from './lock.ts';
import { unmountBelow } from './overlay.ts';
import { cacheFolder } from './paths.ts';
import { containerLeaders, gone, identify, isAlive, kill, ofPrograms, rootedIn } from './processes.ts';
import type { ProcessId } from './processes.ts';
import type { Progress } from './progress.ts';
import { ARTIFACTS, inBuildOrder, recipeHash } from './recipe.ts';
import type { ArtifactName } from './recipe.ts';

/** The finished artifacts of a recipe: a folder NAME-HASH each, complete or absent. */
export function artifactFolder(name: ArtifactName): string {
  return join(cacheFolder(), `${name}-${recipeHash(name)}`);
}

/** The files of an artifact: a layer's part of a root file system, or what a folder serves. */
export function artifactRoot(name: ArtifactName): string {
  return join(artifactFolder(name), 'root');
}

export function isBuilt(name: ArtifactName): boolean {
  return existsSync(artifactFolder(name));
}

export function missingArtifacts(wanted: readonly ArtifactName[]): readonly ArtifactName[] {
  return inBuildOrder(wanted).filter((name) => !isBuilt(name));
}

/** Only one process builds at a time: two would take twice the memory and finish no sooner. */
export function withBuildLock<T>(progress: Progress, work: () => Promise<T>): Promise<T> {
  return withLock(join(cacheFolder(), 'build.lock'), 'another build of the images', progress, work);
}

const BUILDER_FILE = 'builder.json';

/**
 * Gives `work` an empty folder to make an artifact in, and moves it to its place when it is done. A build that fails
 * or is killed leaves nothing that could be taken for an artifact.
 */
export async function makeArtifact(name: ArtifactName, work: (folder: string) => Promise<void>): Promise<void> {
  const folder = join(cacheFolder(), `building-${name}-${process.pid}`);
  // Asked for now: the recipe's files may change while it is followed.
  const [place, hash] = [artifactFolder(name), recipeHash(name)];
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  writeFileSync(join(folder, BUILDER_FILE), JSON.stringify(identify(process.pid)));
  try {
    const start = Date.now();
    await work(folder);
    await unmountBelow(folder);
    rmSync(join(folder, BUILDER_FILE));
    const made = { name, hash, seconds: Math.round((Date.now() - start) / 1000), on: new Date() };
    writeFileSync(join(folder, 'artifact.json'), `${JSON.stringify(made, undefined, 2)}\n`);
    // Builds flush nothing on the way: without this a machine that loses power could keep the name and lose the files.
    await command(['sync', '--file-system', folder]);
    renameSync(folder, place);
  } catch (error) {
    await discardBuild(folder);
    throw error;
  }
}

/** Removes what builders that were killed left behind: processes, mounts, files. To be called under the build lock. */
export async function discardDeadBuilds(): Promise<void> {
  if (!existsSync(cacheFolder())) return;
  for (const name of readdirSync(cacheFolder()).filter((entry) => entry.startsWith('building-'))) {
    const folder = join(cacheFolder(), name);
    const file = join(folder, BUILDER_FILE);
    const builder = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as ProcessId) : undefined;
    if (builder === undefined || !isAlive(builder)) await discardBuild(folder);
  }
}

/** The programs that a builder starts with its folder among their arguments. */
const BUILDERS = ['mmdebstrap', 'systemd-nspawn', 'apt-get', 'dpkg', 'dpkg-deb', 'tar', 'mount', 'sync'];

async function discardBuild(folder: string): Promise<void> {
  const inside = (path: string): boolean => path.startsWith(`${folder}/`);
  // A builder's own programs, and what they run there; somebody who just reads a file of ours is not meant. Looked for
  // again until there are none: one that was just about to start another one may have been quicker.
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const processes = [
      ...ofPrograms(BUILDERS, (text) => text.includes(`${folder}/`)),
      ...containerLeaders(inside),
      ...rootedIn(folder),
    ];
    if (processes.length === 0) break;
    processes.forEach(kill);
    await gone(processes, 5000);
  }
  await unmountBelow(folder);
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

/** Empties the cache. Labs that are up stand on it, so the caller makes sure that there is none. */
export async function emptyCache(progress: Progress): Promise<void> {
  await withBuildLock(progress, async () => {
    await discardDeadBuilds();
    for (const entry of existsSync(cacheFolder()) ? readdirSync(cacheFolder()) : []) {
      if (!entry.startsWith('build.lock')) rmSync(join(cacheFolder(), entry), { recursive: true, force: true });
    }
  });
}

/** The artifacts of this recipe that the cache holds. */
export function builtArtifacts(): readonly ArtifactName[] {
  return ARTIFACTS.filter(isBuilt);
}
