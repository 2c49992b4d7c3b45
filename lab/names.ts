import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { LabError } from './errors.ts';
import { projectRoot } from './paths.ts';

/** Letters that no interface name needs quoting for. */
function shortHash(text: string, length: number): string {
  return BigInt(`0x${createHash('sha256').update(text).digest('hex')}`)
    .toString(36)
    .slice(0, length);
}

/**
 * The name of this clone's own lab: its folder's name, with the whole path in a hash, so that two clones do not meet.
 */
export function defaultLabName(root = projectRoot): string {
  const folder = basename(root)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  return `${folder.slice(0, 20) || 'lab'}-${shortHash(root, 5)}`;
}

export function checkLabName(name: string): string {
  if (!/^[a-z0-9][a-z0-9-]{0,39}$/.test(name)) {
    throw new LabError(`\`${name}\` is no name for a lab: at most 40 of a-z, 0-9 and hyphens`);
  }
  return name;
}

/** Every lab's bridge and machines start with this. */
export const BRIDGE_PREFIX = 'pgl';

/** The lab's bridge. An interface's name has at most 15 characters, so the lab's name is in it as a hash. */
export function bridgeName(lab: string): string {
  return `${BRIDGE_PREFIX}${shortHash(lab, 6)}`;
}

/** The name that a host's container has on this machine. With `vb-` before it, it is its interface on the bridge. */
export function machineName(lab: string, number: number): string {
  return `${BRIDGE_PREFIX}${shortHash(lab, 5)}-${number}`;
}

/** The controller's end of the host's network cable: systemd-nspawn puts this before the machine's name. */
export function vethName(machine: string): string {
  return `vb-${machine}`;
}

/** Which of the 512 networks a lab tries first. */
export function firstNetworkNumber(lab: string): number {
  return Number(BigInt(`0x${createHash('sha256').update(lab).digest('hex').slice(0, 8)}`) % 512n);
}
