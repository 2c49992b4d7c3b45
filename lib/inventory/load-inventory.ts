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
export function loadInventory({ sources, cwd, extraVars = [], vaultPassword }: LoadOptions): Loaded {
  const vault = new Vault(vaultPassword);
  const draft = new InventoryDraft({ file: sources[0] ?? '', line: 1, column: 1 });
  for (const source of sources) readSource({ source, cwd, draft, vault });
  const folders = readFolders({ sources, cwd, draft, vault });
  const extra = readExtraVars({ extraVars, cwd, vault });
  draft.problems.push(...extra.problems);
  const inventory = buildInventory({ draft, sources, folders, extra: extra.variables });
  const problems = inPlaceOrder(draft.problems);
  const failed = problems.some((each) => each.severity === 'error');
  return { inventory: failed ? undefined : inventory, problems };
}

/** One entry per source, in order, because the order decides; a folder that two sources share is read once. */
function readFolders({
  sources,
  cwd,
  draft,
  vault,
}: Omit<ReadOptions, 'source'> & { sources: readonly string[] }): readonly VariableFolder[] {
  const groups = [...draft.groups.keys()];
  const hosts = [...draft.hosts.keys()];
  const read = new Map<string, VariableFolder>();
  const folders: VariableFolder[] = [];
  for (const source of sources.filter((each) => !isHostList(each, cwd))) {
    const folder = folderOfSource(source, cwd);
    let known = read.get(folder);
    if (!known) {
      const { problems, ...found } = readVariableFolder({ folder, cwd, vault, groups, hosts });
      draft.problems.push(...problems);
      known = found;
      read.set(folder, known);
    }
    folders.push(known);
  }
  return folders;
}
