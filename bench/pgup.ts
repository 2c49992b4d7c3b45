import { resolve } from 'node:path';

/** The top folder of this clone. */
export const ROOT = resolve(import.meta.dirname, '../..');

/** The whole bundled program, as it is installed. */
export const PGUP: readonly string[] = [process.execPath, resolve(ROOT, 'dist/bin/pgup.js')];
