import { FACT_NAMES } from './fact-names.ts';

/** Names that every expression can use without anyone defining them, with what they are (docs/variables.md). */
export const MAGIC_NAMES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(FACT_NAMES.map((name) => [`ansible_${name}`, 'what was gathered of the host'])),
  inventory_hostname: 'the name of the host in the inventory',
  inventory_hostname_short: 'the same, up to its first dot',
  hostvars: 'the variables of every host, by its name',
  groups: 'the hosts of every group, by its name',
  group_names: 'the groups of the host',
  play_hosts: 'the hosts of the play',
  ansible_play_hosts: 'the hosts of the play that are still in it',
  ansible_play_hosts_all: 'the hosts of the play, those that failed too',
  ansible_play_batch: 'the hosts of the batch that are still in it',
  ansible_failed_task: 'in "rescue": name and action of the task that failed',
  ansible_failed_result: 'in "rescue": what the task that failed registered',
  ansible_loop_var: 'in a loop: the name of the variable that has the item',
  ansible_index_var: 'in a loop: the name of the variable that counts the items',
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
  ...FACT_NAMES.map((name) => `ansible_${name}`),
  'ansible_failed_task',
  'ansible_failed_result',
  'ansible_play_batch',
  'ansible_facts',
  'pgup',
  'play_hosts',
  'ansible_play_hosts',
]);
