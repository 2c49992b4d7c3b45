import { dirname } from 'node:path';
import type { Answers } from '../../shell/answers.ts';
import { raw, sh } from '../../shell/sh.ts';
import type { Decision } from '../module.ts';
import type { Ownership } from './arguments.ts';
import { candidates, lookStep } from './copy-targets.ts';
import { modeText, wantedMode } from './mode.ts';
import { ownershipChange } from './ownership.ts';
import { pathFacts, pathValues } from './path-facts.ts';
import { orFail } from './results.ts';

interface CopyOnHost extends Ownership {
  readonly src?: string | undefined;
  readonly dest: string;
  readonly force: boolean;
}

/** A file of the host to another place on it: `remote_src`. */
export function copyOnHost(args: CopyOnHost, found: Answers): Decision {
  const { src = '', dest } = args;
  const source = pathFacts(found, { name: 'source', path: src });
  if (!source) return { kind: 'failed', says: `there is no ${src} on the host` };
  if (source.kind !== 'file') {
    return { kind: 'failed', says: `${src} is a ${source.kind}: with "remote_src" only files are copied` };
  }
  const { exact, inside } = candidates(args);
  const folder = found.has('folder') || dest.endsWith('/');
  const path = folder ? inside : exact;
  if (!folder && !found.has('parent')) {
    return { kind: 'failed', says: `Destination directory ${dirname(path)} does not exist` };
  }
  const known = pathFacts(found, { name: folder ? 'inside' : 'exact', path });
  const umask = parseInt(found.get('umask') ?? '022', 8);
  const current = known?.kind === 'file' ? known.mode : 0o666 & ~umask;
  const mode =
    args.mode === 'preserve' ? source.mode : wantedMode(args.mode ?? modeText(current), { current, directory: false });
  if (mode === undefined) return { kind: 'failed', says: `the mode "${args.mode ?? ''}" cannot be read` };
  const writes = known === undefined || (known.checksum !== source.checksum && args.force);
  const present = writes ? { ...source, mode, path } : { ...known, path };
  const { commands, says } = ownershipChange(present, { ...args, mode: modeText(mode) });
  if (!writes && commands.length === 0) {
    const values = {
      dest: path,
      src,
      checksum: known.checksum ?? '',
      md5sum: found.get('md5')?.split(' ')[0] ?? '',
      ...pathValues(known),
    };
    return { kind: 'nothing', reason: `${path} is the same`, values };
  }
  const staging = `${path}.pgup-new`;
  const all = [
    ...(folder && !found.has('folder') ? [sh`mkdir -p -- ${exact}`] : []),
    ...(writes
      ? [sh`cp -- ${src} ${staging}`, sh`chmod ${modeText(mode)} -- ${staging}`, sh`mv -f -- ${staging} ${path}`]
      : []),
    ...commands,
  ];
  const command = raw(all.map((each) => each.text).join(' && '));
  const text = [...(writes ? [`copy ${src} to ${path}`] : []), ...says].join('; ');
  return {
    kind: 'steps',
    steps: [
      { kind: 'change', says: text, command, judge: orFail(`could not ${text}`) },
      lookStep(path, { written: true }),
    ],
  };
}
