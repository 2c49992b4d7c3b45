import type { Problem } from '../errors.ts';
import type { Secret } from '../secret.ts';
import { buildInventory } from './build-inventory.ts';
import type { Inventory } from './inventory.ts';
import { InventoryDraft } from './inventory-draft.ts';
import { inPlaceOrder } from './problem-order.ts';
import { readSource } from './read-source.ts';

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
export function loadInventory({ sources, cwd }: LoadOptions): Loaded {
  const draft = new InventoryDraft({ file: sources[0] ?? '', line: 1, column: 1 });
  for (const source of sources) readSource({ source, cwd, draft });
  const inventory = buildInventory({ draft, sources, folders: [], extra: new Map() });
  const problems = inPlaceOrder(draft.problems);
  const failed = problems.some((each) => each.severity === 'error');
  return { inventory: failed ? undefined : inventory, problems };
}
