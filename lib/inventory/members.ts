/** What is needed of a group to walk through it. */
export interface GroupLinks {
  readonly hosts: Iterable<string>;
  readonly children: Iterable<string>;
}

/**
 * Every host of a group and of the groups inside it: its own first, then level by level, each level in the order that
 * the file names the groups. Ansible walks the same way, but from the third level on in the order of a Python set,
 * which changes from run to run.
 */
export function membersOf(groups: ReadonlyMap<string, GroupLinks>, name: string): readonly string[] {
  const seen = new Set<string>([name]);
  const hosts = new Set<string>();
  let level: readonly string[] = [name];
  while (level.length > 0) {
    const next: string[] = [];
    for (const groupName of level) {
      const group = groups.get(groupName);
      for (const host of group?.hosts ?? []) hosts.add(host);
      for (const child of group?.children ?? []) {
        if (!seen.has(child)) next.push(child);
        seen.add(child);
      }
    }
    level = next;
  }
  return [...hosts];
}
