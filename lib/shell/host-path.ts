import type { Command } from './host-shell.ts';
import { quote, raw } from './sh.ts';

/** A path that only the host can read: it begins with `~`, or has variables in it. */
export function isHostPath(path: string): boolean {
  return path.startsWith('~') || /\$(?:\w|\{\w)/.test(path);
}

/** A word in which $NAME, ${NAME} and a leading ~ mean what they do to Ansible: a name that is not set stays. */
export function hostPath(word: string): Command {
  const [, home = '', rest = ''] = /^(~[\w.-]*(?=\/|$))?([^]*)$/.exec(word) ?? [];
  const pieces = rest.split(/(\$(?:\w+|\{\w+\}))/).map((piece, index) => {
    if (index % 2 === 0) return piece === '' ? '' : quote(piece);
    const name = piece.replace(/[${}]/g, '');
    return /^\d/.test(name) ? quote(piece) : `"\${${name}-${piece.replace(/[$}]/g, '\\$&')}}"`;
  });
  const joined = home + pieces.join('');
  return raw(joined === '' ? "''" : joined);
}
