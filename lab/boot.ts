import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LabError } from './errors.ts';
import { isKept, leaderOf, powerOff, runInHost } from './host-process.ts';
import { bootHost } from './host.ts';
import { vethName } from './names.ts';
import { removeLink } from './network.ts';
import type { Progress } from './progress.ts';
import { hostFolder, logFolder } from './state.ts';
import type { HostState, LabState } from './state.ts';
import { banner, until } from './wait.ts';

/** How often a host is switched on before the lab gives up on it. */
const ATTEMPTS = 3;

/** Seconds from the start of a host to the first line of its sshd: three on a machine at rest. */
const SSHD_SECONDS = 60;

/** Lines of a host's console that tell why it did not come up. */
const CONSOLE_LINES = 20;

/**
 * Boots one host and waits until it is up. One that does not come is switched off and on again, as an operator would:
 * on a busy machine the kernel may still hold the cable of the host's earlier life when the new one wants to plug in
 * its own. What the host said is told each time, so that a host which never comes up says why.
 */
export async function bootAndWait(state: LabState, host: HostState, progress: Progress): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const failure = await failureOf(() => bootOnce(state, host));
    if (failure === undefined) break;
    const told = `${failure.message}; its console ends with:\n${consoleOf(state, host)}`;
    if (attempt === ATTEMPTS) throw new LabError(`${told}\nIt was switched on ${ATTEMPTS} times.`);
    progress.say(`${told}\nswitching ${host.name} off and on again`);
    await powerOff(hostFolder(state, host.name));
    await removeLink(vethName(host.machine));
  }
  await settled(state, host);
}

async function failureOf(work: () => Promise<void>): Promise<LabError | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (error instanceof LabError) return error;
    throw error;
  }
}

/** Switches a host on and waits for its sshd; says at once where whatever runs it has ended. */
async function bootOnce(state: LabState, host: HostState): Promise<void> {
  const folder = hostFolder(state, host.name);
  await bootHost(state, host);
  const started = Date.now();
  await until(`sshd of ${host.name}`, SSHD_SECONDS, async () => {
    const line = await banner(host.address, 22);
    // The supervisor needs a moment before it shows itself as such.
    if (line === undefined && Date.now() - started > 2000 && leaderOf(folder) === undefined && !isKept(folder)) {
      throw new LabError(`the host ${host.name} ended while it booted`);
    }
    return line;
  });
}

function consoleOf(state: LabState, { name }: HostState): string {
  const file = join(hostFolder(state, name), 'console.log');
  if (!existsSync(file)) return '(there is none)';
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-CONSOLE_LINES).join('\n');
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
