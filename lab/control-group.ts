import { existsSync, readFileSync, readdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';

/** Where the control groups of all labs' hosts are, on machines whose first process does not hand them out. */
function groupsOfLabs(): string | undefined {
  const mount = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
    .find(([, , type]) => type === 'cgroup2');
  return mount?.[1] === undefined ? undefined : join(mount[1], 'pgup-lab');
}

/**
 * Shell that puts itself into a control group of the host's own, where control groups can be made. Without it all hosts
 * share one: the systemd of each sees the others' processes in its services, waits for them to end, and may end them.
 */
export function intoOwnGroup(machine: string): string {
  const groups = groupsOfLabs();
  if (groups === undefined) return ':';
  const group = join(groups, machine);
  return `! mkdir -p '${group}' || echo $$ >'${group}/cgroup.procs'`;
}

/** Removes the control groups of a host that no longer runs; the kernel keeps those that still have a process. */
export function removeGroup(machine: string): void {
  const groups = groupsOfLabs();
  if (groups !== undefined && existsSync(join(groups, machine))) removeBelow(join(groups, machine));
}

function removeBelow(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) removeBelow(join(folder, entry.name));
  }
  try {
    rmdirSync(folder);
  } catch (error) {
    if (!['EBUSY', 'ENOTEMPTY', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}
