import { LOCAL_NAMES } from './host-pattern.ts';
import type { Host, Inventory } from './inventory.ts';

/**
 * The machine that pgup runs on, under the names that no inventory needs to list: it is reached without a line. An
 * inventory that lists one of them says itself how it is reached.
 */
export function implicitHosts(inventory: Inventory): readonly Host[] {
  return [...LOCAL_NAMES]
    .filter((name) => !inventory.hosts.has(name))
    .map((name): Host => {
      const at = { file: name, line: 1, column: 1 };
      const connection = { name: 'ansible_connection', value: 'local', at };
      return Object.freeze({
        kind: 'host',
        name,
        groups: [],
        variables: new Map([...inventory.extra, [connection.name, connection]]),
        at,
      });
    });
}
