import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Controller } from '../modules/module.ts';

/** Files of this machine, relative ones beside the playbook: first in its folder `files`, then in its own. */
export function controllerAt(playbookFolder: string): Controller {
  const resolved = (path: string): string => {
    const [inFiles, beside] = [resolve(playbookFolder, 'files', path), resolve(playbookFolder, path)];
    return statSync(inFiles, { throwIfNoEntry: false }) ? inFiles : beside;
  };
  const kind = (path: string): ReturnType<Controller['kind']> => {
    const found = statSync(resolved(path), { throwIfNoEntry: false });
    return found?.isDirectory() ? 'directory' : found ? 'file' : undefined;
  };
  return {
    resolve: (path) => resolve(playbookFolder, path),
    read: (path) => (kind(path) === 'file' ? readFileSync(resolved(path)) : undefined),
    kind,
    list: (path) => (kind(path) === 'directory' ? readdirSync(join(resolved(path))).sort() : []),
  };
}
