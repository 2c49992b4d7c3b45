import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { recipeHash } from '../../lab/recipe.ts';
import { ANSIBLE_VERSION } from './ansible-core.ts';
import type { PlaybookRun } from './runs.ts';
import { STATE_SCRIPT } from './state.ts';

/** What ansible-playbook came to on its host: task by task, and how it left the host. */
export interface Answers {
  readonly runs: Readonly<Record<string, PlaybookRun>>;
  readonly state: readonly string[];
}

/**
 * Ansible's answers of an earlier run, kept in the user's cache. They are good as long as nothing that they came from
 * has changed: ansible-core, the playbooks and all their files, the image of the hosts, and what is looked at on them. PGUP_ASK_ANSIBLE asks anew.
 */
export function keptAnswers(data: string): Answers | undefined {
  const file = fileOf(data);
  if (process.env['PGUP_ASK_ANSIBLE'] !== undefined || !existsSync(file)) return undefined;
  return JSON.parse(readFileSync(file, 'utf8')) as Answers;
}

export function keepAnswers(data: string, answers: Answers): void {
  const file = fileOf(data);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(`${file}.new`, JSON.stringify(answers));
  renameSync(`${file}.new`, file);
}

function fileOf(data: string): string {
  const hash = createHash('sha256').update(
    [ANSIBLE_VERSION, recipeHash('base'), recipeHash('packages'), STATE_SCRIPT].join('\0'),
  );
  const files = readdirSync(data, { recursive: true, withFileTypes: true }).filter((each) => each.isFile());
  for (const path of files.map((each) => join(each.parentPath, each.name)).sort())
    hash.update(`\0${path.slice(data.length)}\0`).update(readFileSync(path));
  const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'pgup-test');
  return join(cache, `ansible-answers-${hash.digest('hex').slice(0, 16)}.json`);
}
