import type { Group, Host, Inventory, Variable, Variables } from './inventory.ts';
import type { GroupDraft, HostDraft, InventoryDraft } from './inventory-draft.ts';
import { compareText } from './python-text.ts';

/** What `group_vars/` and `host_vars/` beside one source, or the playbook, say. */
export interface VariableFolder {
  readonly groups: ReadonlyMap<string, Variables>;
  readonly hosts: ReadonlyMap<string, Variables>;
}

export interface BuildOptions {
  readonly draft: InventoryDraft;
  /** The `-i` arguments as typed. */
  readonly sources: readonly string[];
  /** Of each source in their order, then of the playbook: later ones win. */
  readonly folders: readonly VariableFolder[];
  /** What `-e` sets: stronger than all else. */
  readonly extra: Variables;
}

/** Makes the inventory of what the sources said. Reports to the draft what only shows when all is known. */
export function buildInventory({ draft, sources, folders, extra }: BuildOptions): Inventory {
  settle(draft);
  const groups = new Map<string, Group>();
  for (const each of draft.groups.values()) groups.set(each.name, finishGroup(each, folders));
  const mergeGroups = groupMerger(draft, folders);
  const hosts = new Map<string, Host>();
  for (const each of draft.hosts.values()) {
    const closure = closureOf(draft, each);
    const own = merge([each.variables, ...folders.map((folder) => folder.hosts.get(each.name))]);
    const variables = merge([mergeGroups(closure), own, extra]);
    const names = Object.freeze([...closure].sort(compareText));
    hosts.set(each.name, Object.freeze({ kind: 'host', name: each.name, groups: names, variables, own, at: each.at }));
  }
  return Object.freeze({ kind: 'inventory', hosts, groups, extra, sources: Object.freeze([...sources]) });
}

/** A group without a parent is a child of `all`; a host is in `ungrouped` where nothing else has it. */
function settle(draft: InventoryDraft): void {
  for (const { name, parents, at } of [...draft.groups.values()]) {
    if (name !== 'all' && parents.size === 0) draft.addChild('all', name, at);
  }
  const ungrouped = draft.groups.get('ungrouped');
  for (const host of draft.hosts.values()) {
    const shared = draft.groups.get(host.name);
    if (shared) draft.warn('inventory-group', `"${host.name}" is the name of a group and of a host`, host.at);
    const closure = closureOf(draft, host);
    if (closure.size === 0) {
      // Ansible asks for the name alone here, and takes a group of that name before the host.
      if (shared) draft.addChild('ungrouped', host.name, host.at);
      else draft.addHost({ name: host.name, group: 'ungrouped', at: host.at });
    } else if (closure.has('ungrouped') && closure.size > 1) {
      ungrouped?.hosts.delete(host.name);
      host.groups.delete('ungrouped');
      if (host.groups.size > 0) continue;
      const text = `host "${host.name}" ends up in no group: hosts leave "ungrouped" where it is a child of another group`;
      draft.warn('inventory-group', text, host.at);
    }
  }
}

/** Every group that has the host, directly or inside; without `all`. */
function closureOf(draft: InventoryDraft, host: HostDraft): ReadonlySet<string> {
  const names = new Set<string>(host.groups);
  for (const name of host.groups) for (const ancestor of draft.ancestors(name)) names.add(ancestor);
  names.delete('all');
  return names;
}

function finishGroup(
  { name, at, children, hosts, variables, priority }: GroupDraft,
  folders: readonly VariableFolder[],
): Group {
  return Object.freeze({
    kind: 'group',
    name,
    children: Object.freeze([...children]),
    hosts: Object.freeze([...hosts]),
    variables: merge([variables, ...folders.map((folder) => folder.groups.get(name))]),
    priority,
    at,
  });
}

/**
 * What a set of groups gives to its hosts, weakest first: `all` and the other groups as the inventory has them, then
 * `group_vars/all`, then the other files, source by source. Many hosts are in the same groups: each set is merged once.
 */
function groupMerger(
  draft: InventoryDraft,
  folders: readonly VariableFolder[],
): (names: ReadonlySet<string>) => Variables {
  const depths = depthsOf(draft);
  const rank = (a: string, b: string): number =>
    (depths.get(a) ?? 0) - (depths.get(b) ?? 0) ||
    (draft.groups.get(a)?.priority ?? 1) - (draft.groups.get(b)?.priority ?? 1) ||
    compareText(a, b);
  const merged = new Map<string, Variables>();
  return (names) => {
    const ordered = [...names].sort(rank);
    const key = ordered.join('\0');
    const known = merged.get(key);
    if (known) return known;
    const variables = merge([
      ...['all', ...ordered].map((name) => draft.groups.get(name)?.variables),
      ...folders.map((folder) => folder.groups.get('all')),
      ...folders.flatMap((folder) => ordered.map((name) => folder.groups.get(name))),
    ]);
    merged.set(key, variables);
    return variables;
  };
}

/** The longest way from `all` to each group: the deeper a group, the stronger its variables. */
function depthsOf(draft: InventoryDraft): ReadonlyMap<string, number> {
  const depths = new Map<string, number>();
  const visit = (name: string): number => {
    const known = depths.get(name);
    if (known !== undefined) return known;
    let depth = 0;
    for (const parent of draft.groups.get(name)?.parents ?? []) depth = Math.max(depth, visit(parent) + 1);
    depths.set(name, depth);
    return depth;
  };
  for (const name of draft.groups.keys()) visit(name);
  return depths;
}

/** Later layers win, and a mapping replaces a mapping (Ansible's default). */
function merge(layers: readonly (Variables | undefined)[]): Variables {
  const result = new Map<string, Variable>();
  for (const layer of layers) for (const [name, variable] of layer ?? []) result.set(name, variable);
  return result;
}
