import {
  valueMap,
  type Group,
  type Host,
  type Inventory,
  type Value,
  type ValueMap,
  type Variables,
} from './inventory.ts';
import { membersOf } from './members.ts';
import { compareText } from './python-text.ts';
import { toPythonText } from './python-format.ts';

export interface ListOptions {
  readonly inventory: Inventory;
  /** Only these hosts, where a limit was given. */
  readonly only?: ReadonlySet<string> | undefined;
}

/** What `ansible-inventory --list` prints: groups with hosts and children, and each host's variables flattened. */
export function listShape({ inventory, only }: ListOptions): ValueMap {
  return shape({ inventory, only, variablesOf: (host) => host.variables, groupVariables: () => undefined });
}

/** What `ansible-inventory --list --export` prints: variables stay with the group or host that has them. */
export function exportShape({ inventory, only }: ListOptions): ValueMap {
  return shape({
    inventory,
    only,
    variablesOf: (host) => host.own ?? host.variables,
    groupVariables: (group) => flat(group.variables, priorityOf(group)),
  });
}

/** What `ansible-inventory --host` prints. */
export function hostShape(host: Host): ValueMap {
  return flat(host.variables);
}

interface ShapeOptions extends ListOptions {
  readonly variablesOf: (host: Host) => Variables;
  readonly groupVariables: (group: Group) => ValueMap | undefined;
}

function shape({ inventory, only, variablesOf, groupVariables }: ShapeOptions): ValueMap {
  const hosts = membersOf(inventory.groups, 'all').filter((name) => only?.has(name) ?? true);
  const listed = new Set(hosts);
  const result = new Map<string, Value>();
  for (const group of inventory.groups.values()) {
    const parts: [string, Value][] = [];
    const own = group.name === 'all' ? [] : group.hosts.filter((name) => listed.has(name));
    const variables = groupVariables(group);
    if (own.length > 0) parts.push(['hosts', own]);
    if (group.children.length > 0) parts.push(['children', group.children]);
    if (variables && Object.keys(variables).length > 0) parts.push(['vars', variables]);
    // A group with nothing in it is only a name among its parent's children.
    if (parts.length > 0) result.set(group.name, valueMap(parts));
  }
  const hostvars: [string, Value][] = [];
  for (const name of hosts) {
    const host = inventory.hosts.get(name);
    const variables = host ? variablesOf(host) : undefined;
    if (variables && variables.size > 0) hostvars.push([name, flat(variables)]);
  }
  result.set(
    '_meta',
    valueMap([
      ['hostvars', valueMap(hostvars)],
      ['profile', 'inventory_legacy'],
    ]),
  );
  return valueMap(result);
}

function flat(variables: Variables, more: readonly (readonly [string, Value])[] = []): ValueMap {
  return valueMap([...[...variables.values()].map(({ name, value }) => [name, value] as const), ...more]);
}

function priorityOf({ priority }: Group): readonly (readonly [string, Value])[] {
  return priority === 1 ? [] : [['ansible_group_priority', priority]];
}

export interface GraphOptions {
  readonly inventory: Inventory;
  /** Where to start. */
  readonly group: Group;
  /** Also the variables, of each host all and of each group its own. */
  readonly variables: boolean;
}

/** What `ansible-inventory --graph` prints: a tree of groups and hosts. */
export function graphText({ inventory, group, variables }: GraphOptions): string {
  const lines: string[] = [];
  const add = (text: string, depth: number): void => {
    lines.push(depth === 0 ? text : `${'  |'.repeat(depth)}--${text}`);
  };
  const addVariables = (map: ValueMap, depth: number): void => {
    if (!variables) return;
    for (const name of Object.keys(map).sort(compareText)) add(`{${name} = ${toPythonText(map[name] ?? null)}}`, depth);
  };
  const addGroup = (current: Group, depth: number): void => {
    add(`@${current.name}:`, depth);
    for (const name of current.children) {
      const child = inventory.groups.get(name);
      if (child) addGroup(child, depth + 1);
    }
    for (const name of current.name === 'all' ? [] : current.hosts) {
      const host = inventory.hosts.get(name);
      add(name, depth + 1);
      if (host) addVariables(hostShape(host), depth + 2);
    }
    addVariables(flat(current.variables, priorityOf(current)), depth + 1);
  };
  addGroup(group, 0);
  return lines.join('\n');
}
