import type { Controller, Input } from '../module.ts';

/** A file of the controller; its path is relative to the folder that was asked for. */
export interface LocalFile {
  readonly path: string;
  readonly content: Input;
}

/** All files below a folder of the controller, in order. */
export function localFiles(folder: string, controller: Controller): readonly LocalFile[] {
  const root = folder.replace(/\/+$/, '');
  const walk = (inside: string): readonly LocalFile[] =>
    controller.list(`${root}/${inside}`).flatMap((name) => {
      const path = inside === '' ? name : `${inside}/${name}`;
      if (controller.kind(`${root}/${path}`) === 'directory') return walk(path);
      const content = controller.read(`${root}/${path}`);
      return content ? [{ path, content }] : [];
    });
  return walk('');
}
