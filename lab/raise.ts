import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eachHost, namesOf } from './each-host.ts';
import { LabError } from './errors.ts';
import { runInHost } from './host-process.ts';
import { bootHost, prepareHost } from './host.ts';
import { inventoryText } from './inventory-file.ts';
import { makeClientKey, makeHostKeys } from './keys.ts';
import { droppedBetweenHosts, makeBridge } from './network.ts';
import { inventoryFolder } from './paths.ts';
import type { Progress } from './progress.ts';
import { clientKeyFile, hostFolder, knownHostsFile, labFolder, logFolder } from './state.ts';
import type { HostState, LabState } from './state.ts';
import { banner, until } from './wait.ts';

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
  await progress.step('booting', () => eachHost(state.hosts, (host) => bootAndWait(state, host)));
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

/** Boots one host and waits until it is up. */
export async function bootAndWait(state: LabState, host: HostState): Promise<void> {
  await bootHost(state, host);
  await until(`sshd of ${host.name}`, 60, () => banner(host.address, 22));
  await settled(state, host);
}

/**
 * Waits until the host's systemd has started all that it starts at boot, past the network because its cable may be cut.
 * A host on which something failed or hangs is up too: that is what some tests are about.
 */
export async function settled(state: LabState, { name }: HostState): Promise<void> {
  const place = { name, folder: hostFolder(state, name) };
  await until(`the end of ${name}'s boot`, 30, async () => {
    // While it restarts there is no host to ask.
    const asked = await runInHost(place, ['systemctl', 'is-system-running'], { mayFail: true }).catch(() => undefined);
    return asked !== undefined && /^(running|degraded)$/m.test(asked.stdout) ? true : undefined;
  }).catch(() => undefined);
}

/**
 * Saves what the hosts said from a lab that could not come up and is about to be taken down: beside the logs of its
 * preparation, which are there from the start.
 */
export function keepConsoles(state: LabState): void {
  const folder = logFolder(state.name);
  for (const { name } of state.hosts) {
    const console = join(hostFolder(state, name), 'console.log');
    if (!existsSync(console)) continue;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    copyFileSync(console, join(folder, `${name}-console.log`));
  }
}
