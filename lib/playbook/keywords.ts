/** Where a word may stand. */
export type Level = 'play' | 'block' | 'task';

/** What a word takes; `lib/playbook/values.ts` reads each kind, the JSON Schema is made of the same. */
export type WordKind =
  /** `true`, `false`, or an expression that gives one. */
  | 'boolean'
  /** A text, with or without expressions. */
  | 'text'
  /** A text that is used as it stands: the name of a variable. */
  | 'identifier'
  /** A whole number, or an expression that gives one. */
  | 'integer'
  /** A number, or an expression that gives one. */
  | 'number'
  /** Variables by name. */
  | 'variables'
  /** Variables by name, or a list of such. */
  | 'environment'
  /** Words: a list, or one text with commas. */
  | 'words'
  /** A text or a list of texts. */
  | 'texts'
  /** A condition or a list of them, without braces. */
  | 'conditions'
  /** Any value. */
  | 'value'
  /** A list of tasks and blocks. */
  | 'tasks'
  /** A list of tasks. */
  | 'handlers'
  /** A task or a list of tasks. */
  | 'undo'
  /** Arguments of the module, beside its free form. */
  | 'arguments'
  /** How the loop names things. */
  | 'loop-control'
  /** `true` and nothing else. */
  | 'mark';

export interface Word {
  readonly on: readonly Level[];
  readonly kind: WordKind;
  readonly summary: string;
}

const EVERYWHERE: readonly Level[] = ['play', 'block', 'task'];

/** Every word of a playbook. The parser, the JSON Schema and `docs/playbooks.md` are made of this one table. */
export const WORDS = {
  name: { on: EVERYWHERE, kind: 'text', summary: 'what it does, for people' },
  hosts: { on: ['play'], kind: 'texts', summary: 'the pattern of the hosts that the play is for' },
  vars: { on: EVERYWHERE, kind: 'variables', summary: 'variables for what stands below' },
  vars_files: { on: ['play'], kind: 'texts', summary: 'YAML files with variables, beside the playbook' },
  gather_facts: { on: ['play'], kind: 'boolean', summary: 'whether facts are read first' },
  remote_user: { on: EVERYWHERE, kind: 'text', summary: 'the user to log in as' },
  become: { on: EVERYWHERE, kind: 'boolean', summary: 'whether to act as another user' },
  become_user: { on: EVERYWHERE, kind: 'text', summary: 'the user to act as; root where not given' },
  become_method: { on: EVERYWHERE, kind: 'text', summary: 'how to become that user: sudo, su or runuser' },
  environment: { on: EVERYWHERE, kind: 'environment', summary: 'environment variables of what is run on hosts' },
  serial: {
    on: ['play'],
    kind: 'texts',
    summary: 'how many hosts at a time: a number, a percentage, or a list of them',
  },
  any_errors_fatal: { on: EVERYWHERE, kind: 'boolean', summary: 'one failed host ends the play for all' },
  max_fail_percentage: {
    on: ['play'],
    kind: 'number',
    summary: 'more failed hosts than this, in percent, end the play',
  },
  tasks: { on: ['play'], kind: 'tasks', summary: 'what is done, in order' },
  tags: { on: EVERYWHERE, kind: 'words', summary: 'words to choose tasks by' },
  handlers: {
    on: ['play'],
    kind: 'handlers',
    summary: 'tasks that run once at the end, where something notified them',
  },
  block: { on: ['block'], kind: 'tasks', summary: 'tasks that share the words beside them' },
  rescue: { on: ['block'], kind: 'tasks', summary: 'what is done where a task of the block failed' },
  always: { on: ['block'], kind: 'tasks', summary: 'what is done after the block, failed or not' },
  args: { on: ['task'], kind: 'arguments', summary: 'arguments of a module that is given its free form' },
  when: { on: ['block', 'task'], kind: 'conditions', summary: 'only where all of these are true' },
  register: { on: ['task'], kind: 'identifier', summary: 'the variable that gets the result' },
  loop: { on: ['task'], kind: 'value', summary: 'a list: the task is done for each item' },
  loop_control: { on: ['task'], kind: 'loop-control', summary: 'loop_var, index_var and label of the loop' },
  run_once: { on: EVERYWHERE, kind: 'boolean', summary: 'done on the first host, for all of them' },
  delegate_to: { on: ['block', 'task'], kind: 'text', summary: 'the host to do it on instead' },
  retries: { on: ['task'], kind: 'integer', summary: 'how often to try again until "until" holds; 3' },
  delay: { on: ['task'], kind: 'number', summary: 'seconds between two tries; 5' },
  until: { on: ['task'], kind: 'conditions', summary: 'tried again until all of these are true' },
  changed_when: { on: ['task'], kind: 'conditions', summary: 'what counts as a change' },
  failed_when: { on: ['task'], kind: 'conditions', summary: 'what counts as a failure' },
  ignore_errors: { on: EVERYWHERE, kind: 'boolean', summary: 'go on where the task failed' },
  no_log: { on: EVERYWHERE, kind: 'boolean', summary: 'show nothing of arguments and results' },
  timeout: { on: EVERYWHERE, kind: 'integer', summary: 'seconds that a task may take' },
  check_mode: {
    on: EVERYWHERE,
    kind: 'boolean',
    summary: 'true: never changes anything; false: runs under --check too',
  },
  notify: { on: ['block', 'task'], kind: 'words', summary: 'the handlers to run where something changed' },
  undo: { on: ['task'], kind: 'undo', summary: 'what takes the task back; makes it an upgrade playbook' },
  point_of_no_return: {
    on: ['task'],
    kind: 'mark',
    summary: 'from this task on a deployment is not put back; makes it an upgrade playbook',
  },
} as const satisfies Readonly<Record<string, Word>>;

export type WordName = keyof typeof WORDS;

/** The words that may stand at one level. */
export function wordsAt(level: Level): readonly WordName[] {
  return (Object.keys(WORDS) as WordName[]).filter((name) => (WORDS[name].on as readonly Level[]).includes(level));
}

const LOOP = 'pgup has "loop"';
const INCLUDES = 'pgup has no includes: one playbook is one file';

/** Ansible's other words, with what pgup has instead. */
export const INSTEAD: Readonly<Record<string, string>> = {
  action: 'write the module as the key: "command: …"',
  local_action: 'pgup has "delegate_to: localhost"',
  async: 'pgup runs what takes long as a job that survives the connection by itself',
  poll: 'pgup runs what takes long as a job that survives the connection by itself',
  become_exe: 'pgup finds sudo, su and runuser by itself',
  become_flags: 'pgup chooses the flags by itself',
  collections: 'pgup has its own modules only, with or without "ansible.builtin."',
  connection: 'set "ansible_connection" in the inventory',
  port: 'set "ansible_port" in the inventory',
  debugger: 'pgup has "--check" and the journal of the run',
  delegate_facts: 'pgup has "delegate_to" and "set_fact" on the host itself',
  diff: 'pgup has "--diff" on the command line',
  ignore_unreachable: 'an unreachable host counts as failed: pgup has "--max-failures"',
  listen: 'pgup has "notify" with the name of the handler',
  module_defaults: 'pgup has "vars" and YAML anchors',
  throttle: 'pgup has "serial" and "--forks"',
  strategy: 'pgup goes task by task inside a deployment, deployments side by side',
  force_handlers: 'pgup has "always" in a block',
  order: 'pgup keeps the order of the inventory',
  gather_subset: 'pgup reads all its facts in one round trip',
  gather_timeout: 'pgup has "timeout"',
  fact_path: 'pgup reads no local facts',
  vars_prompt: 'pgup has "-e" and vault values',
  pre_tasks: 'pgup has "tasks", or one more play before',
  post_tasks: 'pgup has "tasks", or one more play after',
  roles: 'pgup has no roles: name the tasks in "tasks"',
  user: 'pgup has "remote_user"',
  sudo: 'pgup has "become"',
  sudo_user: 'pgup has "become_user"',
  import_playbook: INCLUDES,
  include: INCLUDES,
  include_tasks: INCLUDES,
  import_tasks: INCLUDES,
  include_role: INCLUDES,
  import_role: INCLUDES,
  include_vars: 'pgup has "vars_files"',
  meta: 'handlers run at the end of the play',
  first_available_file: LOOP,
  with_items: LOOP,
  with_list: LOOP,
  with_dict: 'pgup has "loop" with the filter "dict2items"',
  with_together: 'pgup has "loop" with the filter "zip"',
  with_flattened: 'pgup has "loop" with the filter "flatten"',
  with_sequence: 'pgup has "loop" with "range()"',
  with_indexed_items: 'pgup has "loop" with "loop_control: {index_var: …}"',
  with_nested: LOOP,
  with_subelements: LOOP,
  with_fileglob: LOOP,
  with_first_found: LOOP,
  with_lines: LOOP,
  with_inventory_hostnames: 'pgup has "loop" over "groups"',
  with_random_choice: LOOP,
};
