import { existsSync } from 'node:fs';
import { LabError } from './errors.ts';
import { leaderOf } from './host-process.ts';
import { builtArtifacts, emptyCache } from './image-cache.ts';
import { cacheFolder } from './paths.ts';
import type { Progress } from './progress.ts';
import { bootId, hostFolder, labNames, readState } from './state.ts';

/** All labs of this user with their hosts, and what the cache holds. */
export function labStatus(): string {
  const labs = labNames().map((name) => {
    const state = readState(name);
    if (state === undefined) return `${name}: left half made by a crash; \`lab down --name ${name}\` clears it\n`;
    const left = state.phase !== 'up' || state.boot !== bootId();
    const hosts = state.hosts.map((host) => {
      const running = leaderOf(hostFolder(state, host.name)) !== undefined;
      return `  ${host.name.padEnd(10)} ${host.address.padEnd(14)} ${running ? 'running' : 'off'}\n`;
    });
    const gone = existsSync(state.clone) ? '' : ' (that clone is gone)';
    const head = `${name}: ${state.topology}${state.dump === undefined ? '' : ` with ${state.dump}`}, of ${state.clone}${gone}`;
    return `${head}${left ? ', left half made' : ''}\n${hosts.join('')}  inventory ${state.inventory}\n`;
  });
  const built = builtArtifacts();
  const cache = `cache ${cacheFolder()}: ${built.length === 0 ? 'nothing of this recipe' : built.join(' ')}\n`;
  return `${labs.length === 0 ? 'no lab is up\n' : labs.join('')}${cache}`;
}

/** Empties the cache, unless a lab stands on it. */
export async function removeCache(progress: Progress): Promise<void> {
  const labs = labNames();
  if (labs.length > 0) {
    throw new LabError(
      `these labs stand on the images: ${labs.join(', ')}. Take them down first: lab down --name NAME`,
    );
  }
  await progress.step('emptying the cache', () => emptyCache(progress));
}
