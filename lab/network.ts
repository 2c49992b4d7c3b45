import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { command } from './command.ts';
import { LabError } from './errors.ts';
import { BRIDGE_PREFIX, firstNetworkNumber } from './names.ts';

/** A lab's own /24 and bridge. */
export interface LabNetwork {
  /** The first three numbers of its addresses, such as 198.18.7. */
  readonly prefix: string;
  readonly bridge: string;
}

/** 198.18.0.0/15 is reserved for tests of networks: no real host has such an address. */
function prefixOf(number: number): string {
  return `198.${18 + Math.floor(number / 256)}.${number % 256}`;
}

/** The controller's address in the lab. */
export function controllerAddress(network: LabNetwork): string {
  return `${network.prefix}.1`;
}

/** Hosts are numbered from 1; the addresses below .11 stay free for what a test puts beside them. */
export function hostAddress(network: LabNetwork, number: number): string {
  return `${network.prefix}.${10 + number}`;
}

const entry = z.object({ dev: z.string().optional(), dst: z.string().optional() });
const link = z.object({
  ifname: z.string(),
  addr_info: z.array(z.object({ local: z.string().optional() })).default([]),
});

/** A network that something on this machine uses already. */
export interface Taken {
  readonly network: string;
  readonly by: string;
}

/** The addresses and routes of this machine that lie in the range of labs. */
export async function takenNetworks(): Promise<readonly Taken[]> {
  const links = z.array(link).parse(JSON.parse((await command(['ip', '-json', '-4', 'addr'])).stdout || '[]'));
  const routes = z.array(entry).parse(JSON.parse((await command(['ip', '-json', '-4', 'route'])).stdout || '[]'));
  return [
    ...links.flatMap(({ ifname, addr_info }) => addr_info.map(({ local }) => ({ network: local ?? '', by: ifname }))),
    ...routes.map(({ dst, dev }) => ({ network: dst ?? '', by: dev ?? 'a route' })),
  ].filter(({ network }) => /^198\.1[89](\.|\/|$)/.test(network));
}

/** Whether an address or a route, such as 198.18.0.0/15, has addresses of this /24. */
export function overlaps(taken: string, prefix: string): boolean {
  const [address = '', length = '32'] = taken.split('/');
  const bits = Math.min(Number(length), 24);
  const number = (text: string): number => text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const shift = 2 ** (32 - bits);
  return (
    Math.floor(number(`${address}${'.0'.repeat(4 - address.split('.').length)}`) / shift) ===
    Math.floor(number(`${prefix}.0`) / shift)
  );
}

/**
 * Chooses a lab's network: the one that its name leads to, else the next that no other lab has. A network that
 * something else uses is refused instead of evaded: whoever uses test addresses on this machine should know.
 */
export async function chooseNetwork(lab: string, bridge: string, ofOtherLabs: readonly string[]): Promise<LabNetwork> {
  const taken = (await takenNetworks()).filter(({ by }) => by !== bridge);
  for (let step = 0; step < 512; step += 1) {
    const prefix = prefixOf((firstNetworkNumber(lab) + step) % 512);
    if (ofOtherLabs.includes(prefix)) continue;
    const inTheWay = taken.filter(({ network }) => overlaps(network, prefix));
    const foreign = inTheWay.find(({ by }) => !by.startsWith(BRIDGE_PREFIX));
    if (foreign === undefined && inTheWay.length > 0) continue; // a lab of another user, whose state we do not see
    if (foreign !== undefined) {
      throw new LabError(
        `the lab's network ${prefix}.0/24 is taken: ${foreign.by} of this machine has ${foreign.network}. ` +
          'Remove that, or give the lab another name with --name, which leads to another network.',
      );
    }
    return { prefix, bridge };
  }
  throw new LabError('all networks in 198.18.0.0/15 are used by other labs; see `lab status`');
}

/** Makes the bridge, without a way out: nothing is forwarded from or to it, and hosts get no default route. */
export async function makeBridge(network: LabNetwork): Promise<void> {
  if (existsSync(`/sys/class/net/${network.bridge}`)) return;
  await command(['ip', 'link', 'add', network.bridge, 'type', 'bridge', 'forward_delay', '0']);
  await command(['ip', 'addr', 'add', `${controllerAddress(network)}/24`, 'dev', network.bridge]);
  await command(['ip', 'link', 'set', network.bridge, 'up']);
}

/** Removes the bridge, and the cables of hosts that died without taking them along. */
export async function removeBridge(bridge: string, veths: readonly string[]): Promise<void> {
  for (const name of [...veths, bridge]) await removeLink(name);
}

/** Removes an interface of this machine, if there is one of that name. */
export async function removeLink(name: string): Promise<void> {
  if (existsSync(`/sys/class/net/${name}`)) await command(['ip', 'link', 'del', name], { mayFail: true });
}

/**
 * Whether a firewall with these rules drops what hosts of one bridge send to each other: Docker sets the policy of
 * FORWARD to DROP, and with br_netfilter that holds for packets that never leave a bridge.
 */
export function dropsOnBridge(rules: string, bridge: string): boolean {
  return /^-P FORWARD DROP/m.test(rules) && !rules.includes(`-i ${bridge} -o ${bridge} -j ACCEPT`);
}

/** Finds out whether this machine lets the hosts of a bridge reach each other, and says what would let them. */
export async function droppedBetweenHosts(bridge: string): Promise<string | undefined> {
  const seen = '/proc/sys/net/bridge/bridge-nf-call-iptables';
  if (!existsSync(seen) || readFileSync(seen, 'utf8').trim() !== '1') return undefined;
  // A machine without iptables has no such rules.
  const rules = await command(['iptables', '-S'], { mayFail: true }).catch(() => undefined);
  if (rules?.code !== 0 || !dropsOnBridge(rules.stdout, bridge)) return undefined;
  return (
    'this machine drops packets between the hosts of a bridge (policy DROP of the FORWARD chain, as Docker sets it, ' +
    'with net.bridge.bridge-nf-call-iptables=1). Let the lab pass with: ' +
    `iptables -I FORWARD -i ${bridge} -o ${bridge} -j ACCEPT`
  );
}
