import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { layerFolders, layersOf } from './host.ts';
import { artifactRoot } from './image-cache.ts';
import { bridgeName, defaultLabName, machineName } from './names.ts';
import { chooseNetwork, hostAddress } from './network.ts';
import type { LabNetwork } from './network.ts';
import { inventoryFolder, projectRoot } from './paths.ts';
import type { ArtifactName } from './recipe.ts';
import { bootId, labNames, readState, writeState } from './state.ts';
import type { LabState } from './state.ts';
import type { Topology } from './topology.ts';

/** What a lab was asked to be: one that stands is the same where these are. */
export type Asked = Pick<LabState, 'topology' | 'topologyHash' | 'dump'>;

/** The folders that hosts see at /srv, by the name they have there. */
function servedArtifacts(topology: Topology): Readonly<Record<string, ArtifactName>> {
  // Wheels are for Nautobot's environment: without such a host they need not be built.
  const wheels = topology.hosts.some(({ roles }) => roles.includes('nautobot'));
  return { apt: 'packages', ...(wheels ? { wheels: 'wheels' } : {}) };
}

/** What the hosts of a topology are made of. */
export function neededArtifacts(topology: Topology, dumped: boolean): readonly ArtifactName[] {
  return [...topology.hosts.flatMap((spec) => layersOf(spec, dumped)), ...Object.values(servedArtifacts(topology))];
}

/** The network that a lab will get, or why there is none for it. */
export function networkFor(name: string): Promise<LabNetwork> {
  const others = labNames().filter((other) => other !== name);
  return chooseNetwork(
    name,
    bridgeName(name),
    others.flatMap((other) => readState(other)?.network.prefix ?? []),
  );
}

/** Decides everything about a lab and writes it down, before any of it exists. To be called under the network lock. */
export async function claim(name: string, topology: Topology, asked: Asked, runtime: string): Promise<LabState> {
  const network = await networkFor(name);
  const state: LabState = {
    name,
    ...asked,
    boot: bootId(),
    phase: 'coming up',
    clone: projectRoot,
    inventory: join(inventoryFolder, name === defaultLabName() ? 'lab.ini' : `lab-${name}.ini`),
    runtime,
    network,
    opsPassword: randomBytes(12).toString('hex'),
    served: Object.fromEntries(
      Object.entries(servedArtifacts(topology)).map(([name, artifact]) => [name, artifactRoot(artifact)]),
    ),
    hosts: topology.hosts.map((spec, index) => ({
      name: spec.name,
      address: hostAddress(network, index + 1),
      machine: machineName(name, index + 1),
      lower: layerFolders(spec, asked.dump !== undefined),
      spec,
    })),
  };
  writeState(state);
  return state;
}
