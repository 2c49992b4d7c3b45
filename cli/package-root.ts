import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder that holds playbooks/ and package.json, wherever the bundle or the compiled files lie below it. */
export const PACKAGE_ROOT = findUp(import.meta.dirname);

function findUp(folder: string): string {
  if (existsSync(join(folder, 'playbooks')) && existsSync(join(folder, 'package.json'))) return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new Error('playbooks/ was not found beside the program: the installation is not whole');
  return findUp(parent);
}
