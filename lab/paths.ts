import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** The clone that this lab belongs to (the compiled file lies in dist/lab). */
export const projectRoot = resolve(import.meta.dirname, '../..');

/** Scripts and data that the image is made with; part of the recipe's hash. */
export const recipeFolder = join(projectRoot, 'lab/recipe');

/** Topology files by name. */
export const topologyFolder = join(projectRoot, 'lab/topologies');

/** Where the generated inventories go. */
export const inventoryFolder = join(projectRoot, 'inventories');

function userFolder(variable: string, standard: string): string {
  const given = process.env[variable];
  // The specification says that a relative path in these variables is to be ignored.
  return given?.startsWith('/') === true ? given : join(homedir(), standard);
}

/** Images: shared by all clones and all labs of this user, safe to delete when no lab is up. */
export function cacheFolder(): string {
  return join(userFolder('XDG_CACHE_HOME', '.cache'), 'pgup-lab');
}

/** What stands for each lab now: keys, root file systems, state. */
export function stateFolder(): string {
  return join(userFolder('XDG_STATE_HOME', '.local/state'), 'pgup-lab');
}
