import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bootAndWait } from './boot.ts';
import { eachHost, namesOf } from './each-host.ts';
import { LabError } from './errors.ts';
import { prepareHost } from './host.ts';
import { inventoryText } from './inventory-file.ts';
import { makeClientKey, makeHostKeys } from './keys.ts';
import { droppedBetweenHosts, makeBridge } from './network.ts';
import { inventoryFolder } from './paths.ts';
import type { Progress } from './progress.ts';
import { clientKeyFile, knownHostsFile, labFolder, logFolder } from './state.ts';
import type { LabState } from './state.ts';

/** Makes what the state says: keys, bridge, root file systems, running hosts, inventory. */
export async function raise(state: LabState, progress: Progress): Promise<void> {
  rmSync(logFolder(state.name), { recursive: true, force: true });
  await makeClientKey(clientKeyFile(state.name), state.name);
  await makeBridge(state.network);
  const dropped = await droppedBetweenHosts(state.network.bridge);
  if (dropped !== undefined && state.hosts.length > 1) throw new LabError(dropped);
  const names = namesOf(state.hosts);
  const what =
    state.dump === undefined ? `preparing ${names}` : `preparing ${names} with the database of ${state.dump}`;
  await progress.step(what, () => prepareAll(state));
  await progress.step('booting', () => eachHost(state.hosts, (host) => bootAndWait(state, host, progress)));
  mkdirSync(inventoryFolder, { recursive: true });
  // A file that is there already would keep its mode.
  rmSync(state.inventory, { force: true });
  writeFileSync(state.inventory, inventoryText(state), { mode: 0o600 });
}

async function prepareAll(state: LabState): Promise<void> {
  const clientPublicKey = readFileSync(`${clientKeyFile(state.name)}.pub`, 'utf8');
  const known: string[] = [];
  await eachHost(state.hosts, async (host) => {
    const keys = await makeHostKeys(join(labFolder(state.name), 'keys', host.name), [host.name, host.address]);
    known.push(...keys.knownHosts);
    await prepareHost({ state, host, keys, clientPublicKey });
  });
  writeFileSync(knownHostsFile(state.name), known.map((line) => `${line}\n`).join(''));
}
