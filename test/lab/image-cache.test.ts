import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { artifactRoot, discardDeadBuilds, emptyCache, isBuilt, makeArtifact } from '../../lab/image-cache.ts';
import { mountOverlay, mountsBelow, unmountBelow } from '../../lab/overlay.ts';
import { gone, identify, isAlive, kill } from '../../lab/processes.ts';
import type { ProcessId } from '../../lab/processes.ts';
import { silentProgress } from '../../lab/progress.ts';
import { ARTIFACTS, inBuildOrder, recipeHash } from '../../lab/recipe.ts';
import { HOST_TIMEOUT, isRoot, skipWithoutRoot } from './support.ts';

describe('a recipe', () => {
  it('has a hash that stays while nothing changes, and differs from all others', () => {
    expect(ARTIFACTS.map(recipeHash)).to.deep.equal(ARTIFACTS.map(recipeHash));
    expect(new Set(ARTIFACTS.map(recipeHash)).size).to.equal(ARTIFACTS.length);
  });

  it('comes after all that it is made on', () => {
    expect(inBuildOrder(['packages'])).to.deep.equal(['base', 'packages']);
    expect(inBuildOrder(['data'])).to.deep.equal(['base', 'tools', 'wheels', 'nautobot', 'cluster', 'schema', 'data']);
  });
});

describe('the cache of images', function () {
  this.timeout(HOST_TIMEOUT);
  const before = process.env['XDG_CACHE_HOME'];
  let cache = '';
  let folder = '';

  beforeEach(() => {
    cache = mkdtempSync(join(tmpdir(), 'pgup-cache-'));
    folder = join(cache, 'pgup-lab');
    process.env['XDG_CACHE_HOME'] = cache;
    mkdirSync(folder);
  });
  afterEach(async () => {
    if (isRoot) await unmountBelow(cache);
    rmSync(cache, { recursive: true, force: true });
    if (before === undefined) delete process.env['XDG_CACHE_HOME'];
    else process.env['XDG_CACHE_HOME'] = before;
  });

  /** What a builder that was killed leaves: a folder, and in it the number of a process that is gone. */
  function deadBuild(name: string): string {
    const build = join(folder, `building-${name}-4194303`);
    mkdirSync(build);
    writeFileSync(join(build, 'builder.json'), JSON.stringify({ pid: 4194303, started: '1' }));
    return build;
  }

  it('has an artifact only when it is whole', async () => {
    const failed = await makeArtifact('base', (build) => {
      writeFileSync(join(build, 'half'), '');
      return Promise.reject(new Error('no network'));
    }).catch((error: unknown) => (error as Error).message);
    expect(failed).to.equal('no network');
    expect(isBuilt('base')).to.equal(false);
    expect(readdirSync(folder)).to.deep.equal([]);

    await makeArtifact('base', (build) => {
      expect(isBuilt('base'), 'while it is made').to.equal(false);
      mkdirSync(join(build, 'root'));
      writeFileSync(join(build, 'root/file'), 'content');
      return Promise.resolve();
    });
    expect(isBuilt('base')).to.equal(true);
    expect(readFileSync(join(artifactRoot('base'), 'file'), 'utf8')).to.equal('content');
  });

  it('is rid of what a killed builder left: files, mounts, and a process that still works there', async function () {
    skipWithoutRoot(this);
    const build = deadBuild('schema');
    const [lower, upper, work, root] = ['lower', 'upper', 'work', 'mounted'].map((name) => join(build, name)) as [
      string,
      string,
      string,
      string,
    ];
    mkdirSync(lower);
    await mountOverlay({ lower: [lower], upper, work, root });
    const file = join(build, 'builder.json');
    const follow = (name: string): ProcessId[] => {
      const { pid } = spawn('tail', ['--follow', file], { argv0: name, stdio: 'ignore' });
      const id = identify(pid ?? 0);
      return id === undefined ? [] : [id];
    };
    const [worker, reader] = [follow('mmdebstrap'), follow('tail')];
    await sleep(100);
    await discardDeadBuilds();
    expect(existsSync(build)).to.equal(false);
    expect(mountsBelow(build)).to.deep.equal([]);
    expect(await gone(worker, 1000), 'the worker is gone').to.equal(true);
    expect(reader.every(isAlive), 'somebody who read a file there lives').to.equal(true);
    reader.forEach(kill);
  });

  it('keeps what a living builder is at', async () => {
    const build = join(folder, `building-data-${process.pid}`);
    mkdirSync(build);
    writeFileSync(join(build, 'builder.json'), JSON.stringify(identify(process.pid)));
    await discardDeadBuilds();
    expect(existsSync(build)).to.equal(true);
  });

  it('is empty after it was emptied', async () => {
    deadBuild('base');
    mkdirSync(artifactRoot('base'), { recursive: true });
    mkdirSync(join(folder, 'nautobot-ofanotherrecipe'));
    writeFileSync(join(folder, 'base.log'), '');
    await emptyCache(silentProgress);
    expect(readdirSync(folder)).to.deep.equal([]);
  });
});
