import { resolve } from 'node:path';
import type { Problem } from '../errors.ts';
import type { Secret } from '../secret.ts';
import { buildInventory, type VariableFolder } from './build-inventory.ts';
import { readExtraVars } from './extra-vars.ts';
import type { Inventory } from './inventory.ts';
import { InventoryDraft } from './inventory-draft.ts';
import { inPlaceOrder } from './problem-order.ts';
import { isHostList, readSource, type ReadOptions } from './read-source.ts';
import { folderOfSource, readVariableFolder } from './variable-folders.ts';
import { Vault } from './vault.ts';

export interface LoadOptions {
  /** The `-i` arguments as typed: files, folders, or a list of hosts with a comma in it. */
  readonly sources: readonly string[];
  /** What relative paths are relative to. */
  readonly cwd: string;
  /** The folder of the playbook as typed: its `group_vars` and `host_vars` are read after those of all sources. */
  readonly playbookFolder?: string | undefined;
  /** The `-e` arguments as typed. */
  readonly extraVars?: readonly string[];
  readonly vaultPassword?: Secret | undefined;
}

export interface Loaded {
  /** Undefined where a problem is an error. */
  readonly inventory: Inventory | undefined;
  readonly problems: readonly Problem[];
}

/** Reads everything that is known of hosts before any is asked. Finds all problems of all files; throws none. */
export function loadInventory(options: LoadOptions): Loaded {
  const { sources, cwd, playbookFolder, extraVars = [], vaultPassword } = options;
  const vault = new Vault(vaultPassword);
  const draft = new InventoryDraft({ file: sources[0] ?? '', line: 1, column: 1 });
  for (const source of sources) readSource({ source, cwd, draft, vault });
  const ofSources = sources.filter((each) => !isHostList(each, cwd)).map((each) => folderOfSource(each, cwd));
  const named = [...ofSources, ...(playbookFolder === undefined ? [] : [playbookFolder])];
  const folders = readFolders({ folders: named, cwd, draft, vault });
  const extra = readExtraVars({ extraVars, cwd, vault });
  draft.problems.push(...extra.problems);
  const inventory = buildInventory({ draft, sources, folders, extra: extra.variables });
  const problems = inPlaceOrder(draft.problems);
  const failed = problems.some((each) => each.severity === 'error');
  return { inventory: failed ? undefined : inventory, problems };
}

/** One entry for each that is named, in order, because the order decides; one that is named twice is read once. */
function readFolders({
  folders,
  cwd,
  draft,
  vault,
}: Omit<ReadOptions, 'source'> & { folders: readonly string[] }): readonly VariableFolder[] {
  const groups = [...draft.groups.keys()];
  const hosts = [...draft.hosts.keys()];
  const read = new Map<string, VariableFolder>();
  return folders.map((folder) => {
    const path = resolve(cwd, folder);
    const known = read.get(path);
    if (known) return known;
    const { problems, ...found } = readVariableFolder({ folder, cwd, vault, groups, hosts });
    draft.problems.push(...problems);
    read.set(path, found);
    return found;
  });
}
