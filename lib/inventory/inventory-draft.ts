import { problem, warning, type ErrorCode, type Position, type Problem } from '../errors.ts';
import { Float, type Value, type Variable } from './inventory.ts';
import { parseInteger } from './python-text.ts';

/** A group while sources are being read. */
export interface GroupDraft {
  readonly name: string;
  readonly at: Position;
  readonly hosts: Set<string>;
  readonly children: Set<string>;
  readonly parents: Set<string>;
  readonly variables: Map<string, Variable>;
  /** Among groups of the same depth the variables of the higher one win. */
  priority: number;
}

/** A host while sources are being read. */
export interface HostDraft {
  readonly name: string;
  readonly at: Position;
  /** The groups that name it, without their ancestors. */
  readonly groups: Set<string>;
  readonly variables: Map<string, Variable>;
}

/**
 * Groups, hosts and what they say of themselves, as the sources name them one after the other: all sources fill the
 * same draft. It knows nothing of file formats; `buildInventory` makes the inventory of it.
 */
export class InventoryDraft {
  readonly groups = new Map<string, GroupDraft>();
  readonly hosts = new Map<string, HostDraft>();
  readonly problems: Problem[] = [];

  /** `start` is where the groups that always exist are said to be. */
  constructor(start: Position) {
    this.addGroup('all', start);
    this.addGroup('ungrouped', start);
    this.addChild('all', 'ungrouped', start);
  }

  report(code: ErrorCode, text: string, at: Position): void {
    this.problems.push(problem(code, text, at));
  }

  warn(code: ErrorCode, text: string, at: Position): void {
    this.problems.push(warning(code, text, at));
  }

  addGroup(name: string, at: Position): GroupDraft {
    const known = this.groups.get(name);
    if (known) return known;
    const group: GroupDraft = {
      name,
      at,
      hosts: new Set(),
      children: new Set(),
      parents: new Set(),
      variables: new Map(),
      priority: 1,
    };
    this.groups.set(name, group);
    return group;
  }

  /** Makes one group the child of another. A loop is reported and not made. */
  addChild(parentName: string, childName: string, at: Position): void {
    const parent = this.addGroup(parentName, at);
    const child = this.addGroup(childName, at);
    if (parent.children.has(childName)) return;
    const refused = this.#whyNotChild(parentName, childName);
    if (refused !== undefined) {
      this.report('inventory-group', refused, at);
      return;
    }
    parent.children.add(childName);
    child.parents.add(parentName);
  }

  #whyNotChild(parent: string, child: string): string | undefined {
    if (child === parent) return `group "${child}" cannot be its own child`;
    if (child === 'all') return 'group "all" holds every group and cannot be a child';
    if (!this.ancestors(parent).has(child)) return undefined;
    return `group "${child}" cannot be a child of "${parent}": "${parent}" is already inside "${child}"`;
  }

  /** Every group that has this one inside. */
  ancestors(name: string): ReadonlySet<string> {
    const found = new Set<string>();
    const open = [name];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      for (const parent of this.groups.get(next)?.parents ?? []) {
        if (!found.has(parent)) open.push(parent);
        found.add(parent);
      }
    }
    return found;
  }

  /** Names a host in a group. A port counts only where the host is named first, as in Ansible. */
  addHost({ name, group, port, at }: { name: string; group: string; port?: bigint | undefined; at: Position }): void {
    let host = this.hosts.get(name);
    if (!host) {
      host = { name, at, groups: new Set(), variables: new Map() };
      this.hosts.set(name, host);
      if (port !== undefined && port !== 0n) {
        const value = port <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(port) : port;
        host.variables.set('ansible_port', Object.freeze({ name: 'ansible_port', value, at }));
      }
    }
    host.groups.add(group);
    this.addGroup(group, at).hosts.add(name);
  }

  /** Sets a variable of a group or a host; where both have the name, the group gets it, as in Ansible. */
  setVariable(owner: string, variable: Variable): void {
    const group = this.groups.get(owner);
    if (group && variable.name === 'ansible_group_priority') {
      const priority = wholeNumber(variable.value);
      if (priority !== undefined) group.priority = priority;
      else this.report('inventory-value', 'ansible_group_priority must be a whole number', variable.at);
      return;
    }
    (group ?? this.hosts.get(owner))?.variables.set(variable.name, Object.freeze(variable));
  }
}

/** `int(value)`, as Ansible reads a priority. */
function wholeNumber(value: Value): number | undefined {
  if (typeof value === 'string') {
    const parsed = parseInteger(value);
    return parsed === undefined ? undefined : Number(parsed);
  }
  if (value instanceof Float) return Number.isFinite(value.value) ? Math.trunc(value.value) : undefined;
  return typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean'
    ? Number(value)
    : undefined;
}
