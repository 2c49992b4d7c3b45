import { basename } from 'node:path';
import { lines, outputAnswer, testAnswer } from '../../shell/answers.ts';
import { sh } from '../../shell/sh.ts';
import type { Step } from '../module.ts';
import { pathQuestion } from './path-facts.ts';

/** Where one file may end up: at `dest` itself, or inside it where it is a folder. */
export function candidates({ src, dest }: { readonly src?: string | undefined; readonly dest: string }): {
  readonly exact: string;
  readonly inside: string;
} {
  const name = src === undefined ? '' : basename(src);
  return { exact: dest.replace(/(.)\/+$/, '$1'), inside: `${dest.replace(/\/+$/, '')}/${name}` };
}

/** Looks at the file that was written, for what is registered. */
export function lookStep(
  path: string,
  { written, backup = '' }: { readonly written: boolean; readonly backup?: string },
): Step {
  return {
    kind: 'ask',
    says: `look at ${path}`,
    command: lines(
      pathQuestion({ name: 'end', path, checksum: 'sha1sum' }),
      outputAnswer('md5', sh`md5sum < ${path}`),
      outputAnswer('at', sh`printf %s ${path}`),
      outputAnswer('backup', sh`printf %s ${backup}`),
      testAnswer('written', written ? sh`true` : sh`false`),
    ),
  };
}
