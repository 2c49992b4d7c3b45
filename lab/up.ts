import { createHash, randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import pLimit from 'p-limit';
import { takeDown } from './down.ts';
import { LabError } from './errors.ts';
import { bootHost, layerFolders, layersOf, hostFolder, prepareHost } from './host.ts';
import { leaderOf } from './host-process.ts';
import { ensureImages } from './image.ts';
import { artifactRoot, missingArtifacts } from './image-cache.ts';
import { inventoryText } from './inventory-file.ts';
import { makeClientKey, makeHostKeys } from './keys.ts';
import type { HostKeys } from './keys.ts';
import { withLock } from './lock.ts';
import { installOnController, overlayFolder, requireDisk, requireRoot } from './machine-check.ts';
import { bridgeName, checkLabName, defaultLabName, machineName } from './names.ts';
import { chooseNetwork, droppedBetweenHosts, hostAddress, makeBridge } from './network.ts';
import { cacheFolder, inventoryFolder, projectRoot, stateFolder } from './paths.ts';
import { findDump } from './prepare-database.ts';
import type { Progress } from './progress.ts';
import type { ArtifactName } from './recipe.ts';
import { bootId, labFolder, labLock, labNames, networkLock, readState, writeState } from './state.ts';
import type { LabState } from './state.ts';
import { STORAGE_PACKAGES } from './storage.ts';
import { readTopology } from './topology.ts';
import type { HostSpec, Topology } from './topology.ts';
import { banner, httpStatus, until } from './wait.ts';

export interface UpOptions {
  readonly topology: string;
  readonly name?: string;
  readonly dump?: string;
  /** Take down a lab of this name that stands with another topology or database, instead of refusing. */
  readonly replace?: boolean;
  readonly progress: Progress;
}

/** Hosts boot this many at a time: more would only wait for each other's processor. */
const AT_ONCE = 4;

/** Brings a lab up; one that is up already is left as it is, one that a crash left half made is made anew. */
export async function bringUp(options: UpOptions): Promise<{ state: LabState; topology: Topology }> {
  requireRoot();
  const { progress } = options;
  const name = checkLabName(options.name ?? defaultLabName());
  const topology = readTopology(options.topology);
  const dump = options.dump === undefined ? undefined : resolve(findDump(options.dump));
  return withLock(labLock(name), `another command on the lab ${name}`, progress, async () => {
    const asked = {
      topology: options.topology,
      topologyHash: hashOf(topology),
      ...(dump === undefined ? {} : { dump }),
    };
    const standing = await reuse(name, asked, options);
    if (standing !== undefined) {
      await bootMissing(standing, topology, progress);
      return { state: standing, topology };
    }
    const state = await make(name, topology, asked, progress);
    return { state, topology };
  });
}

type Asked = Pick<LabState, 'topology' | 'topologyHash' | 'dump'>;

function hashOf(topology: Topology): string {
  return createHash('sha256').update(JSON.stringify(topology)).digest('hex').slice(0, 12);
}

/** The lab that stands already, if it is what is asked for; what a crash or a reboot left is taken down. */
async function reuse(name: string, asked: Asked, { progress, replace }: UpOptions): Promise<LabState | undefined> {
  if (!existsSync(labFolder(name))) return undefined;
  const state = readState(name);
  if (state?.phase !== 'up' || state.boot !== bootId()) {
    progress.say(`the lab ${name} was left half made: taking down what there is of it`);
    await takeDown(name, progress);
    return undefined;
  }
  if (state.topologyHash !== asked.topologyHash || state.dump !== asked.dump) {
    if (replace === true) {
      await takeDown(name, progress);
      return undefined;
    }
    const was = `${state.topology}${state.dump === undefined ? '' : ` with ${state.dump}`}`;
    throw new LabError(`the lab ${name} is up as something else (${was}). Take it down first, or use another --name.`);
  }
  return state;
}

async function make(name: string, topology: Topology, asked: Asked, progress: Progress): Promise<LabState> {
  const start = Date.now();
  const dumped = asked.dump !== undefined;
  const wanted = new Set<ArtifactName>([
    ...topology.hosts.flatMap((spec) => layersOf(spec, dumped)),
    'packages',
    'wheels',
  ]);
  const unbuilt = missingArtifacts([...wanted]).length > 0;
  await installOnController(
    progress,
    topology.hosts.flatMap(({ storage }) => (storage ? [STORAGE_PACKAGES[storage.type]] : [])),
  );
  // What cannot work is said before minutes are spent on an image.
  await chooseNetwork(name, bridgeName(name), networksOfOthers(name));
  if (unbuilt) requireDisk(cacheFolder(), 6, 'building the images');
  requireDisk(stateFolder(), 1 + topology.hosts.length / 4, `a lab of ${topology.hosts.length} hosts`);
  const runtime = join(await overlayFolder(join(stateFolder(), 'roots')), name);
  await ensureImages([...wanted], progress);

  const state = await withLock(networkLock(), 'another lab that comes up', progress, () =>
    claim(name, topology, asked, runtime),
  );
  try {
    await raise(state, topology, progress);
  } catch (error) {
    const logs = keepLogs(state);
    progress.say(
      `that failed: taking down what there is of the lab${logs === undefined ? '' : ` (its logs stay in ${logs})`}`,
    );
    await takeDown(name, progress);
    throw error;
  }
  const up = { ...state, phase: 'up' as const };
  writeState(up);
  progress.say(`hosts booted ${((Date.now() - start) / 1000).toFixed(1)} s after the start`);
  await waitForHealth(up, topology, progress, { anyAnswer: up.dump !== undefined });
  return up;
}

/** Moves what the hosts said to a folder that outlives the lab. */
function keepLogs(state: LabState): string | undefined {
  const folder = join(stateFolder(), 'logs', state.name);
  rmSync(folder, { recursive: true, force: true });
  const logs = state.hosts.flatMap(({ name }) =>
    ['prepare.log', 'console.log'].map((log) => ({ from: join(hostFolder(state, name), log), to: `${name}-${log}` })),
  );
  const found = logs.filter(({ from }) => existsSync(from));
  if (found.length === 0) return undefined;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const { from, to } of found) copyFileSync(from, join(folder, to));
  return folder;
}

/** Decides everything about the lab and writes it down, before any of it exists. */
async function claim(name: string, topology: Topology, asked: Asked, runtime: string): Promise<LabState> {
  const network = await chooseNetwork(name, bridgeName(name), networksOfOthers(name));
  const inventory = name === defaultLabName() ? 'lab.ini' : `lab-${name}.ini`;
  const state: LabState = {
    name,
    ...asked,
    boot: bootId(),
    phase: 'coming up',
    clone: projectRoot,
    inventory: join(inventoryFolder, inventory),
    runtime,
    network,
    opsPassword: randomBytes(12).toString('hex'),
    served: { apt: artifactRoot('packages'), wheels: artifactRoot('wheels') },
    hosts: topology.hosts.map((spec, index) => ({
      name: spec.name,
      number: index + 1,
      address: hostAddress(network, index + 1),
      machine: machineName(name, index + 1),
      lower: layerFolders(spec, asked.dump !== undefined),
    })),
  };
  writeState(state);
  return state;
}

function networksOfOthers(name: string): string[] {
  return labNames()
    .filter((other) => other !== name)
    .flatMap((other) => readState(other)?.network.prefix ?? []);
}

/** Runs something for every host of the lab that the topology names, a few at a time. */
export async function eachHost(
  state: LabState,
  topology: Topology,
  work: (host: LabState['hosts'][number], spec: HostSpec) => Promise<void>,
): Promise<void> {
  const limit = pLimit(AT_ONCE);
  await Promise.all(
    state.hosts.map((host) =>
      limit(async () => {
        const spec = topology.hosts.find(({ name }) => name === host.name);
        if (spec !== undefined) await work(host, spec);
      }),
    ),
  );
}

async function raise(state: LabState, topology: Topology, progress: Progress): Promise<void> {
  const folder = labFolder(state.name);
  const clientKey = await makeClientKey(folder, state.name);
  const clientPublicKey = readFileSync(`${clientKey}.pub`, 'utf8');
  await makeBridge(state.network);
  const dropped = await droppedBetweenHosts(state.network.bridge);
  if (dropped !== undefined && state.hosts.length > 1) throw new LabError(dropped);
  const keys = new Map<string, HostKeys>();
  const what = state.dump === undefined ? 'preparing' : `preparing, with the database of ${state.dump}:`;
  await progress.step(`${what} ${state.hosts.map(({ name }) => name).join(' ')}`, () =>
    eachHost(state, topology, async (host, spec) => {
      const made = await makeHostKeys(join(folder, 'keys', host.name), [host.name, host.address]);
      keys.set(host.name, made);
      await prepareHost({ state, topology, spec, host, keys: made, clientPublicKey });
    }),
  );
  const knownHostsFile = join(folder, 'known_hosts');
  writeFileSync(knownHostsFile, [...keys.values()].flatMap(({ knownHosts }) => knownHosts).join('\n') + '\n');
  await progress.step('booting', () => eachHost(state, topology, (host, spec) => bootAndWait(state, host, spec)));
  mkdirSync(inventoryFolder, { recursive: true });
  const text = inventoryText({ state, topology, clientKeyFile: clientKey, knownHostsFile });
  writeFileSync(state.inventory, text, { mode: 0o600 });
}

/** Boots one host and waits until its sshd answers. */
export async function bootAndWait(state: LabState, host: LabState['hosts'][number], spec: HostSpec): Promise<void> {
  await bootHost(state, host, spec);
  await waitForSsh(state, host);
}

async function waitForSsh(state: LabState, host: LabState['hosts'][number]): Promise<void> {
  const log = join(hostFolder(state, host.name), 'console.log');
  await until(`sshd of ${host.name} (see ${log})`, 60, () => banner(host.address, 22));
}

/**
 * Makes sure that the hosts of a lab that is up run, booting again those that are off. Whether Nautobot is well on the
 * others is not asked: somebody may have stopped it there on purpose.
 */
async function bootMissing(state: LabState, topology: Topology, progress: Progress): Promise<void> {
  const off = topology.hosts.filter(({ name }) => leaderOf(hostFolder(state, name)) === undefined);
  progress.say(`the lab ${state.name} is up already${off.map(({ name }) => `; ${name} is off: booting it`).join('')}`);
  if (off.length === 0) return;
  await eachHost(state, { ...topology, hosts: off }, (host, spec) => bootAndWait(state, host, spec));
  await waitForHealth(state, { ...topology, hosts: off }, progress, { anyAnswer: state.dump !== undefined });
}

/** Where a web host says that it is well. */
export function healthUrl(address: string): string {
  return `http://${address}:8080/health/`;
}

/** The hosts of a lab whose web server answers for Nautobot. */
function webHosts(topology: Topology, only?: string): readonly HostSpec[] {
  return topology.hosts.filter(
    ({ name, roles, services }) => roles.includes('nautobot') && services.includes('web') && (only ?? name) === name,
  );
}

export interface HealthOptions {
  /** Only this host. */
  readonly host?: string;
  /**
   * Be content with any answer. A Nautobot that stands on an older version's dump cannot be well: its migrations are
   * missing until somebody runs them.
   */
  readonly anyAnswer?: boolean;
}

/** Waits for Nautobot to say that it is well. */
export async function waitForHealth(
  state: LabState,
  topology: Topology,
  progress: Progress,
  options: HealthOptions = {},
): Promise<void> {
  const web = webHosts(topology, options.host);
  if (web.length === 0) return;
  await progress.step(`waiting for Nautobot on ${web.map(({ name }) => name).join(' ')}`, () =>
    eachHost(state, { ...topology, hosts: web }, async (host) => {
      await until(`Nautobot on ${host.name}`, 180 + 20 * web.length, async () => {
        const status = await httpStatus(healthUrl(host.address));
        return status === 200 || (options.anyAnswer === true && status !== undefined) ? status : undefined;
      });
    }),
  );
}
