import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { command } from '../../lab/command.ts';
import type { Lab } from '../../lab/open-lab.ts';
import { eventsOf, pgup } from '../lab/pgup.ts';

/** What one task came to on one host. */
export interface TaskResult {
  readonly host: string;
  readonly name: string;
  /** As it is written in the playbook; only Ansible says it. */
  readonly module?: string;
  readonly status: string;
  readonly values: Readonly<Record<string, unknown>>;
}

export interface PlaybookRun {
  readonly exitCode: number | null;
  readonly results: readonly TaskResult[];
  /** What it said, for a failed expectation. */
  readonly said: string;
}

export interface RunOptions {
  readonly playbook: string;
  readonly inventory: string;
  readonly args: readonly string[];
}

const DATA = resolve('test/data/generic');

/** Under ansible-playbook; `bin` is the folder of its programs. */
export async function underAnsible({ playbook, inventory, args }: RunOptions, bin: string): Promise<PlaybookRun> {
  const record = join(mkdtempSync(join(tmpdir(), 'pgup-ansible-')), 'results');
  const argv = [join(bin, 'ansible-playbook'), '-i', inventory, ...args, playbook];
  const { PATH = '', HOME = '/root' } = process.env;
  const env = {
    PATH,
    HOME,
    LC_ALL: 'C.UTF-8',
    PYTHONDONTWRITEBYTECODE: '1',
    RECORD: record,
    ANSIBLE_CONFIG: join(DATA, 'ansible.cfg'),
  };
  const { code, stdout, stderr } = await command(argv, { env, mayFail: true });
  if (!existsSync(record)) throw new Error(`ansible-playbook ended with ${String(code)}: ${stdout}${stderr}`);
  const lines = readFileSync(record, 'utf8').split('\n');
  const entries = lines.filter((line) => line !== '').map((line) => JSON.parse(line) as TaskResult);
  return { exitCode: code, results: entries.filter((each) => 'status' in each), said: `${stdout}\n${stderr}` };
}

/** Under pgup, with its words for a status turned into Ansible's. */
export async function underPgup({ playbook, inventory, args }: RunOptions, lab: Lab): Promise<PlaybookRun> {
  const run = await pgup(['run', '-i', inventory, ...args, playbook], { lab });
  const results = eventsOf(run, 'task:host').map(({ host, name, status, values = {} }): TaskResult => ({
    host,
    name,
    status: status === 'would-change' ? 'changed' : status === 'unknown' ? 'unreachable' : status,
    values,
  }));
  return { exitCode: run.exitCode, results, said: `${run.stderr}\n${run.stdout.slice(-2000)}` };
}
