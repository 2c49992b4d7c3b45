/** Names that every expression can use without anyone defining them, with what they are (docs/expressions.md). */
export const MAGIC_NAMES: Readonly<Record<string, string>> = {
  inventory_hostname: 'the name of the host in the inventory',
  inventory_hostname_short: 'the same, up to its first dot',
  hostvars: 'the variables of every host, by its name',
  groups: 'the hosts of every group, by its name',
  group_names: 'the groups of the host',
  play_hosts: 'the hosts of the play',
  ansible_play_hosts: 'the hosts of the play',
  ansible_play_name: 'the name of the play',
  ansible_check_mode: 'true under --check',
  ansible_diff_mode: 'true under --diff',
  ansible_facts: 'what was read of the host',
  playbook_dir: 'the folder of the playbook',
  inventory_dir: 'the folder of the inventory',
  inventory_file: 'the file of the inventory',
  omit: 'leaves out the argument or list item that it is the value of',
  pgup: 'what pgup knows of the run and the deployment',
};

/** Magic names whose value only the run tells. */
export const LEARNED_NAMES: ReadonlySet<string> = new Set([
  'ansible_facts',
  'pgup',
  'play_hosts',
  'ansible_play_hosts',
]);
