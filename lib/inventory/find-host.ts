import { LOCAL_NAMES } from './host-pattern.ts';
import type { Host, Inventory, Variable } from './inventory.ts';

/**
 * A host by its inventory name. The machine that pgup runs on needs no line in an inventory: it is known as
 * `localhost`, has the variables of group `all`, is reached without ssh, and no group has it.
 */
export function findHost({ inventory, name }: { inventory: Inventory; name: string }): Host | undefined {
  const host = inventory.hosts.get(name);
  if (host || !LOCAL_NAMES.has(name)) return host;
  const all = inventory.groups.get('all');
  const at = all?.at ?? { file: inventory.sources[0] ?? '', line: 1, column: 1 };
  const local: Variable = Object.freeze({ name: 'ansible_connection', value: 'local', at });
  const variables = new Map(all?.variables).set(local.name, local);
  return Object.freeze({ kind: 'host', name, groups: [], variables, at });
}
