import { createHash } from 'node:crypto';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { answers } from '../../shell/answers.ts';
import type { Module, ModuleContext } from '../module.ts';
import { boolean, text } from './arguments.ts';
import { pathFacts, pathQuestion } from './path-facts.ts';

const schema = z.strictObject({
  src: text('the file on the host'),
  dest: text('where to keep it on the controller: below it, by host and path'),
  flat: boolean('dest is the file itself, or ends in / and gets a file of the same name').default(false),
  fail_on_missing: boolean('a missing file is a failure').default(true),
  validate_checksum: boolean('accepted: what arrives is always compared').default(true),
});

type Arguments = z.output<typeof schema>;

/** Brings a file of a host to the controller. */
export const fetch: Module<Arguments> = {
  name: 'fetch',
  summary: 'Brings a file of the host to the controller.',
  schema,
  scope: 'host',
  generic: true,
  paths: ['src'],
  read: ({ arguments: { src } }) => ({
    kind: 'query',
    command: pathQuestion({ name: 'it', path: src, follow: true, checksum: 'sha1sum' }),
    deadline: 600_000,
  }),
  decide: (context, facts) => {
    const { src, fail_on_missing: needed } = context.arguments;
    const known = facts && pathFacts(answers(facts), { name: 'it', path: src });
    if (!known) {
      const msg = 'the remote file does not exist, not transferring, ignored';
      if (needed) return { kind: 'failed', says: `${src} is not there`, values: { msg } };
      return { kind: 'nothing', reason: `${src} is not there`, values: { file: src, msg } };
    }
    if (known.kind !== 'file') return { kind: 'failed', says: `${src} is a ${known.kind}: only files can be fetched` };
    if (!known.readable) return { kind: 'failed', says: `${src} cannot be read` };
    const dest = destOf(context);
    const have = context.controller.read(dest);
    if (have && sum('sha1', have) === known.checksum) {
      const values = { dest, file: src, checksum: known.checksum, md5sum: sum('md5', have) };
      return { kind: 'nothing', reason: `${dest} is the same`, values };
    }
    return {
      kind: 'steps',
      steps: [{ kind: 'fetch', says: `fetch ${src} to ${dest}`, path: src, to: dest, local: true }],
    };
  },
  report: (context) => {
    const dest = destOf(context);
    const bytes = context.controller.read(dest) ?? Buffer.alloc(0);
    const checksum = sum('sha1', bytes);
    const values = { dest, checksum, remote_checksum: checksum, md5sum: sum('md5', bytes), remote_md5sum: null };
    return { changed: true, values };
  },
};

function destOf({ arguments: { src, dest, flat }, host, controller }: ModuleContext<Arguments>): string {
  const directory = controller.resolve(dest);
  if (!flat) return join(directory, host, src);
  return dest.endsWith('/') || controller.kind(dest) === 'directory' ? join(directory, basename(src)) : directory;
}

function sum(algorithm: 'sha1' | 'md5', bytes: Uint8Array): string {
  return createHash(algorithm).update(bytes).digest('hex');
}
