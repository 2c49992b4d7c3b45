import { dirname, extname, join, resolve } from 'node:path';
import { warning, type Problem } from '../errors.ts';
import { nearestWord } from '../nearest.ts';
import type { VariableFolder } from './build-inventory.ts';
import { kindOf, namesIn } from './file-kind.ts';
import type { Variable, Variables } from './inventory.ts';
import { compareText } from './python-text.ts';
import { readVariablesFile } from './variables-file.ts';
import type { Vault } from './vault.ts';

/** The first of these that exists counts: `web`, which may be a folder, then `web.yml`, … */
const EXTENSIONS = ['', '.yml', '.yaml', '.json'];

export interface FolderOptions {
  /** The folder that the source is in, as it is called in messages. */
  readonly folder: string;
  readonly cwd: string;
  readonly vault: Vault;
  readonly groups: readonly string[];
  readonly hosts: readonly string[];
}

/** The folder whose `group_vars/` and `host_vars/` belong to a source: it itself, or the one that the file is in. */
export function folderOfSource(source: string, cwd: string): string {
  return kindOf(resolve(cwd, source)) === 'folder' ? source : dirname(source);
}

/** What `group_vars/` and `host_vars/` in a folder say of the groups and hosts that the inventory has. */
export function readVariableFolder(options: FolderOptions): VariableFolder & { readonly problems: readonly Problem[] } {
  const groups = readSide({ ...options, side: 'group_vars', owners: options.groups });
  const hosts = readSide({ ...options, side: 'host_vars', owners: options.hosts });
  return { groups: groups.variables, hosts: hosts.variables, problems: [...groups.problems, ...hosts.problems] };
}

interface SideOptions extends FolderOptions {
  readonly side: 'group_vars' | 'host_vars';
  readonly owners: readonly string[];
}

function readSide({ folder, cwd, vault, side, owners }: SideOptions): {
  readonly variables: ReadonlyMap<string, Variables>;
  readonly problems: readonly Problem[];
} {
  const variables = new Map<string, Variables>();
  const base = join(folder, side);
  if (kindOf(resolve(cwd, base)) === undefined) return { variables, problems: [] };
  const names = namesIn(resolve(cwd, base));
  if (!names) {
    const text = `"${base}" is no folder that can be read: its variables are left out`;
    return { variables, problems: [warning('inventory-value', text, { file: base, line: 1, column: 1 })] };
  }
  // One look at the folder, not one per host and extension.
  const entries = new Set(names);
  const problems: Problem[] = [];
  for (const name of owners) {
    const entry = EXTENSIONS.map((extension) => name + extension).find((each) => entries.delete(each));
    if (entry === undefined) continue;
    const own = new Map<string, Variable>();
    for (const file of variableFiles(join(base, entry), cwd)) {
      const read = readVariablesFile({ file, cwd, vault });
      for (const [key, variable] of read.variables) own.set(key, variable);
      problems.push(...read.problems);
    }
    variables.set(name, own);
  }
  for (const entry of entries) problems.push(...nearMiss(join(base, entry), entry, owners));
  return { variables, problems };
}

/** A file, or all files of a folder and its folders: no hidden ones, no backups, known extensions only. */
function variableFiles(path: string, cwd: string): readonly string[] {
  if (kindOf(resolve(cwd, path)) !== 'folder') return [path];
  const files: string[] = [];
  for (const name of [...(namesIn(resolve(cwd, path)) ?? [])].sort(compareText)) {
    if (name.startsWith('.') || name.endsWith('~')) continue;
    const extension = extname(name);
    const inside = join(path, name);
    const kind = kindOf(resolve(cwd, inside));
    if (kind === 'folder' ? extension === '' : kind === 'file' && EXTENSIONS.includes(extension))
      files.push(...variableFiles(inside, cwd));
  }
  return files;
}

/** A file for a name that the inventory does not have is fine (inventories share folders), unless it looks mistyped. */
function nearMiss(file: string, entry: string, names: readonly string[]): readonly Problem[] {
  const extension = extname(entry);
  if (!EXTENSIONS.includes(extension)) return [];
  const name = extension === '' ? entry : entry.slice(0, -extension.length);
  const meant = names.includes(name) ? undefined : nearestWord(name, names);
  if (meant === undefined) return [];
  const text = `"${name}" is in no inventory: these variables are for nothing, did you mean "${meant}"?`;
  return [warning('inventory-value', text, { file, line: 1, column: 1 })];
}
