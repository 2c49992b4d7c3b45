import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeHostFiles } from './host-files.ts';
import type { HostFiles } from './host-files.ts';
import { powerOff, startHost } from './host-process.ts';
import type { HostPlace } from './host-process.ts';
import { artifactRoot } from './image-cache.ts';
import { mountOverlay, mountsBelow, unmountBelow } from './overlay.ts';
import { prepareDatabase } from './prepare-database.ts';
import type { ArtifactName } from './recipe.ts';
import { hostFolder } from './state.ts';
import type { HostState, LabState } from './state.ts';
import { mountStorage } from './storage.ts';
import type { HostSpec } from './topology.ts';

/** The artifacts whose layers a host stands on, top first. */
export function layersOf(spec: HostSpec, dump: boolean): readonly ArtifactName[] {
  const own: ArtifactName[] = spec.image === 'bare' ? ['base'] : ['tools', 'base'];
  if (spec.installed) own.unshift('new-version');
  if (spec.pythonApt) own.unshift('python-apt');
  const standin = spec.application === 'standin';
  if (spec.roles.includes('nautobot'))
    own.unshift(...(standin ? (['standin', 'nautobot'] as const) : (['nautobot'] as const)));
  if (spec.roles.includes('postgresql')) {
    const filled = spec.clusters.some(({ content }) => content === 'nautobot') && !dump;
    const data = standin ? (['standin-data'] as const) : (['data', 'schema'] as const);
    own.unshift(...(filled ? data : []), 'cluster');
  }
  return own;
}

/** Where a layer's files are; written to the state so that a host keeps its layers for as long as it stands. */
export function layerFolders(spec: HostSpec, dump: boolean): string[] {
  return layersOf(spec, dump).map(artifactRoot);
}

/** What is needed to run this host. */
export function placeOf(state: LabState, host: HostState): HostPlace {
  const folder = hostFolder(state, host.name);
  return {
    name: host.name,
    machine: host.machine,
    bridge: state.network.bridge,
    folder,
    served: Object.fromEntries(Object.entries(state.served).map(([name, path]) => [`/srv/${name}`, path])),
    writable: host.spec.storage === undefined ? {} : { '/var/lib/postgresql': join(folder, 'storage') },
  };
}

/**
 * Makes the layer that tells this host from all others: its files, and a database restored from a dump. It stays as
 * it is for the host's life, so that a reset only has to throw away what was written above it.
 */
export async function prepareHost(files: HostFiles): Promise<void> {
  const folder = hostFolder(files.state, files.host.name);
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  const [root, work] = [join(folder, 'root'), join(folder, 'prepared-work')];
  await mountOverlay({ lower: files.host.lower, upper: join(folder, 'prepared'), work, root }, { volatile: true });
  await writeHostFiles(root, files);
  if (files.host.spec.roles.includes('postgresql')) await prepareDatabase(root, files);
  await unmountBelow(root);
  rmSync(work, { recursive: true, force: true });
}

/** Boots a prepared host; one that was only switched off finds its files as they were. */
export async function bootHost(state: LabState, host: HostState): Promise<void> {
  const folder = hostFolder(state, host.name);
  const [upper, work, root] = [join(folder, 'upper'), join(folder, 'work'), join(folder, 'root')];
  if (!mountsBelow(folder).includes(root)) {
    await mountOverlay({ lower: [join(folder, 'prepared'), ...host.lower], upper, work, root });
    if (host.spec.storage !== undefined) await mountStorage(folder, host.spec.storage);
  }
  await startHost(placeOf(state, host));
}

/** Ends a host and takes its root file system away; what was written since it was prepared goes with it. */
export async function removeHost(folder: string): Promise<void> {
  await powerOff(folder);
  await unmountBelow(folder);
  for (const name of ['upper', 'work', 'storage.img']) rmSync(join(folder, name), { recursive: true, force: true });
}
