import { ProblemsError } from '../errors.ts';
import type { Render } from '../inventory/connection-reader.ts';
import type { Host, Inventory, Value } from '../inventory/inventory.ts';
import type { Scope } from './playbook.ts';
import { layerOfValues, layerOfVariables, makeScope } from './scope.ts';

/** The magic variables that need no run: what the inventory knows of a host and of all others. */
export function inventoryNames(inventory: Inventory, host: string): ReadonlyMap<string, Value | (() => Value)> {
  const all = (): readonly Host[] => [...inventory.hosts.values()];
  const membersOf = (group: string): Value =>
    all()
      .filter((each) => group === 'all' || each.groups.includes(group))
      .map((each) => each.name);
  return new Map<string, Value | (() => Value)>([
    ['inventory_hostname', host],
    ['inventory_hostname_short', host.split('.')[0] ?? host],
    ['group_names', () => [...(inventory.hosts.get(host)?.groups ?? [])].sort()],
    ['groups', () => Object.fromEntries([...inventory.groups.keys()].map((name) => [name, membersOf(name)]))],
    [
      'hostvars',
      () =>
        Object.fromEntries(
          all().map(({ name, variables }) => [
            name,
            Object.fromEntries([...variables.values()].map((variable) => [variable.name, variable.value])),
          ]),
        ),
    ],
  ]);
}

/** Renders variables of hosts before anything is connected: from the inventory and `-e` alone. */
export function inventoryRender(inventory: Inventory): Render {
  const scopes = new Map<Host, Scope>();
  const scopeOf = (host: Host): Scope => {
    const known = scopes.get(host);
    if (known) return known;
    const layers = [layerOfVariables(host.variables), layerOfValues(inventoryNames(inventory, host.name))];
    const scope = makeScope({ layers });
    scopes.set(host, scope);
    return scope;
  };
  return ({ name, value }, host) => {
    try {
      return { value: scopeOf(host).lookup(name) ?? value };
    } catch (thrown) {
      if (thrown instanceof ProblemsError) return { problems: thrown.problems };
      throw thrown;
    }
  };
}
