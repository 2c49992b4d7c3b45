import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { stateFolder } from './paths.ts';
import { hostSpec } from './topology.ts';

const hostState = z.object({
  name: z.string(),
  address: z.string(),
  /** The name that its container has on this machine. */
  machine: z.string(),
  /** The layers that it stands on, top first: a later change of the recipe does not reach a host that is up. */
  lower: z.array(z.string()).readonly(),
  /** What its topology said when the lab came up. */
  spec: hostSpec,
});

const labState = z.object({
  name: z.string(),
  /** The topology as it was asked for, and a hash of what it said. */
  topology: z.string(),
  topologyHash: z.string(),
  dump: z.string().optional(),
  /** Process numbers, mounts and interfaces of another boot are gone. */
  boot: z.string(),
  phase: z.enum(['coming up', 'up']),
  /** The clone that it was made from. */
  clone: z.string(),
  inventory: z.string(),
  /** Where the hosts' root file systems are. */
  runtime: z.string(),
  network: z.object({ prefix: z.string(), bridge: z.string() }),
  opsPassword: z.string(),
  /** Folders that all hosts see at /srv/NAME. */
  served: z.record(z.string(), z.string()),
  hosts: z.array(hostState).readonly(),
});

/** What a lab consists of. Written before any of it is made, so that nothing is made that nobody knows of. */
export type LabState = Readonly<z.infer<typeof labState>>;
export type HostState = LabState['hosts'][number];

export function labFolder(name: string): string {
  return join(stateFolder(), 'labs', name);
}

export function labLock(name: string): string {
  return join(stateFolder(), `${name}.lock`);
}

/** Held while a network is chosen, so that two labs that come up at once do not choose the same. */
export function networkLock(): string {
  return join(stateFolder(), 'networks.lock');
}

/** What the preparation of a lab's hosts said; stays where the lab could not come up, until the next attempt. */
export function logFolder(name: string): string {
  return join(stateFolder(), 'logs', name);
}

/** A host's own folder: its root file system, what starts it, what it says. */
export function hostFolder(state: LabState, host: string): string {
  return join(state.runtime, host);
}

export function clientKeyFile(name: string): string {
  return join(labFolder(name), 'client');
}

export function knownHostsFile(name: string): string {
  return join(labFolder(name), 'known_hosts');
}

function stateFile(name: string): string {
  return join(labFolder(name), 'lab.json');
}

export function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

/** What is known of a lab; nothing where there is none, or where another version of this program wrote it. */
export function readState(name: string): LabState | undefined {
  if (!existsSync(stateFile(name))) return undefined;
  const parsed = labState.safeParse(JSON.parse(readFileSync(stateFile(name), 'utf8')));
  return parsed.success ? parsed.data : undefined;
}

export function writeState(state: LabState): void {
  mkdirSync(labFolder(state.name), { recursive: true, mode: 0o700 });
  const file = stateFile(state.name);
  writeFileSync(`${file}.new`, `${JSON.stringify(state, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** The labs of this user, of all clones, up or left by a crash. */
export function labNames(): string[] {
  const folder = join(stateFolder(), 'labs');
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}
