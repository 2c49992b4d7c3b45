import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { measureSuccess, type Ran } from './child.ts';
import { PGUP } from './pgup.ts';
import type { Server } from './servers.ts';

/** The same work for everybody: an inventory, and tasks of which each runs the program `echo` on every host. */
export interface Workload {
  /** The folder that everything of it is in; also the sides' HOME, so that nobody's own configuration has a say. */
  readonly folder: string;
  readonly hosts: readonly Server[];
  readonly knownHostsFile: string;
  readonly tasks: number;
  /** Read by pgup and by Ansible. */
  readonly inventoryFile: string;
  readonly playbookFile: string;
}

interface MakeWorkload {
  readonly folder: string;
  readonly hosts: readonly Server[];
  readonly knownHostsFile: string;
  readonly tasks: number;
  readonly play?: Playbook;
}

/** The playbook's text for a number of tasks. */
export type Playbook = (tasks: number) => string;

export function makeWorkload({ folder, hosts, knownHostsFile, tasks, play = generic }: MakeWorkload): Workload {
  mkdirSync(folder, { recursive: true });
  const [inventoryFile, playbookFile] = [join(folder, 'inventory.ini'), join(folder, 'playbook.yml')];
  const lines = hosts.map(
    ({ name, address, port, user, key }) =>
      `${name} ansible_host=${address} ansible_port=${port} ansible_user=${user} ansible_ssh_private_key_file=${key}\n`,
  );
  writeFileSync(inventoryFile, lines.join(''));
  writeFileSync(playbookFile, play(tasks));
  return { folder, hosts, knownHostsFile, tasks, inventoryFile, playbookFile };
}

const generic: Playbook = (tasks) =>
  ['- name: Say hello', '  hosts: all', '  gather_facts: false', '  tasks:', ...echoes(tasks)].join('\n') + '\n';

/** `command: echo hello N`, N from 1. */
export function echoes(tasks: number): readonly string[] {
  return numbers(tasks).flatMap((number) => [`    - name: Task ${number}`, `      command: echo hello ${number}`]);
}

export function numbers(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

/** The whole bundled program over a workload; further words for its command line. */
export async function runPgup(work: Workload, ...words: readonly string[]): Promise<Ran> {
  const { folder, playbookFile, inventoryFile, knownHostsFile } = work;
  return measureSuccess({
    command: [
      ...PGUP,
      'run',
      playbookFile,
      '-i',
      inventoryFile,
      '--known-hosts',
      knownHostsFile,
      '--runs-dir',
      join(folder, 'runs'),
      ...words,
    ],
    cwd: folder,
    env: { HOME: folder },
  });
}

/** A side that did not do all of the work must not win by it. */
export function assertDone(ran: Ran, { hosts, tasks }: Workload, pattern: RegExp): Ran {
  const counted = [...`${ran.stdout}\n${ran.stderr}`.matchAll(pattern)].filter((match) => Number(match[1]) === tasks);
  if (counted.length === hosts.length) return ran;
  throw new Error(`${counted.length} of ${hosts.length} hosts did all ${tasks} tasks:\n${ran.stdout.slice(-2000)}`);
}
