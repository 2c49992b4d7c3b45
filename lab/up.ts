import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { bootAndWait, keepConsoles } from './boot.ts';
import { claim, neededArtifacts, networkFor } from './claim.ts';
import type { Asked } from './claim.ts';
import { takeDown } from './down.ts';
import { eachHost } from './each-host.ts';
import { LabError } from './errors.ts';
import { isBehind, waitForHealth } from './health.ts';
import { leaderOf } from './host-process.ts';
import { ensureImages } from './image.ts';
import { missingArtifacts } from './image-cache.ts';
import { withLock } from './lock.ts';
import { allowInotify, installOnController, requireDisk, requireRoot } from './machine-check.ts';
import { checkLabName, defaultLabName } from './names.ts';
import { overlayFolder } from './overlay-folder.ts';
import { cacheFolder, stateFolder } from './paths.ts';
import { findDump } from './prepare-database.ts';
import { seconds } from './progress.ts';
import type { Progress } from './progress.ts';
import { raise } from './raise.ts';
import { bootId, hostFolder, labFolder, labLock, logFolder, networkLock, readState, writeState } from './state.ts';
import type { LabState } from './state.ts';
import { STORAGE_PACKAGES } from './storage.ts';
import { readTopology } from './topology.ts';
import type { Topology } from './topology.ts';

export interface UpOptions {
  /** A name in lab/topologies, or a path. */
  readonly topology: string;
  /** The lab's name; without it that of this clone. */
  readonly name?: string;
  /** A plain SQL dump of a Nautobot database to restore instead of the made data. */
  readonly dump?: string;
  /** Take down a lab of this name that stands with another topology or database, instead of refusing. */
  readonly replace?: boolean;
  readonly progress: Progress;
}

/** Brings a lab up; one that is up already is left as it is, one that a crash left half made is made anew. */
export async function bringUp(options: UpOptions): Promise<LabState> {
  requireRoot();
  const { progress } = options;
  const name = checkLabName(options.name ?? defaultLabName());
  const topology = readTopology(options.topology);
  const asked: Asked = {
    topology: topology.source,
    topologyHash: createHash('sha256').update(JSON.stringify(topology.hosts)).digest('hex').slice(0, 12),
    ...(options.dump === undefined ? {} : { dump: resolve(findDump(options.dump)) }),
  };
  return withLock(labLock(name), `another command on the lab ${name}`, progress, async () => {
    const standing = await reuse(name, asked, options);
    if (standing === undefined) return make(name, topology, asked, progress);
    await bootMissing(standing, progress);
    return standing;
  });
}

/** The lab that stands already, if it is what is asked for; what a crash or a reboot left is taken down. */
async function reuse(name: string, asked: Asked, { progress, replace }: UpOptions): Promise<LabState | undefined> {
  if (!existsSync(labFolder(name))) return undefined;
  const state = readState(name);
  if (state?.phase !== 'up' || state.boot !== bootId()) {
    progress.say(`the lab ${name} was left half made: taking down what there is of it`);
  } else if (state.topologyHash === asked.topologyHash && state.dump === asked.dump) {
    return state;
  } else if (replace !== true) {
    const was = `${state.topology}${state.dump === undefined ? '' : ` with ${state.dump}`}`;
    throw new LabError(`the lab ${name} is up as something else (${was}). Take it down first, or use another --name.`);
  }
  await takeDown(name, progress);
  return undefined;
}

async function make(name: string, topology: Topology, asked: Asked, progress: Progress): Promise<LabState> {
  const start = Date.now();
  const needed = neededArtifacts(topology, asked.dump !== undefined);
  const filesystems = topology.hosts.flatMap(({ storage }) =>
    storage === undefined ? [] : [STORAGE_PACKAGES[storage.type]],
  );
  await installOnController(progress, filesystems);
  // What cannot work is said before minutes are spent on an image.
  await networkFor(name);
  if (missingArtifacts(needed).length > 0) requireDisk(cacheFolder(), 6, 'building the images');
  requireDisk(stateFolder(), 1 + topology.hosts.length / 4, `a lab of ${topology.hosts.length} hosts`);
  const runtime = join(await overlayFolder(name), name);
  await ensureImages(needed, progress);
  allowInotify(topology.hosts.length, progress);

  const state = await withLock(networkLock(), 'another lab that comes up', progress, () =>
    claim(name, topology, asked, runtime),
  );
  try {
    await raise(state, progress);
  } catch (error) {
    keepConsoles(state);
    progress.say('that failed: taking down what there is of the lab');
    await takeDown(name, progress);
    if (existsSync(logFolder(name))) progress.say(`what its hosts said is in ${logFolder(name)}`);
    throw error;
  }
  const up = { ...state, phase: 'up' as const };
  writeState(up);
  progress.say(`hosts booted ${seconds(Date.now() - start)} after the start`);
  await waitForHealth(up.hosts, progress, { anyAnswer: isBehind(up) });
  return up;
}

/**
 * Boots those hosts of a lab that are off. Whether Nautobot is well on the others is not asked: somebody may have
 * stopped it there on purpose.
 */
async function bootMissing(state: LabState, progress: Progress): Promise<void> {
  const off = state.hosts.filter(({ name }) => leaderOf(hostFolder(state, name)) === undefined);
  progress.say(`the lab ${state.name} is up already${off.map(({ name }) => `; ${name} is off: booting it`).join('')}`);
  await eachHost(off, (host) => bootAndWait(state, host, progress));
  await waitForHealth(off, progress, { anyAnswer: isBehind(state) });
}
