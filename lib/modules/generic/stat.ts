import { z } from 'zod';
import { answers, lines, outputAnswer } from '../../shell/answers.ts';
import { sh } from '../../shell/sh.ts';
import type { Module } from '../module.ts';
import { boolean, choice, text } from './arguments.ts';
import { pathFacts, pathQuestion, statValues } from './path-facts.ts';

const ALGORITHMS = ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512'] as const;

const schema = z.strictObject({
  path: text('the path to look at'),
  follow: boolean('follow links').default(false),
  get_checksum: boolean('also the checksum of a file').default(true),
  checksum_algorithm: choice(ALGORITHMS, 'which checksum').default('sha1'),
  get_mime: boolean('also what the program "file" says of it').default(true),
  get_attributes: boolean('also what "lsattr" says of it').default(true),
});

/** Tells everything about a path, changes nothing. */
export const stat: Module<z.output<typeof schema>> = {
  name: 'stat',
  summary: 'Tells whether a path is there and everything about it.',
  schema,
  scope: 'host',
  generic: true,
  paths: ['path'],
  read: ({
    arguments: {
      path,
      follow,
      get_checksum: sum,
      checksum_algorithm: algorithm,
      get_mime: mime,
      get_attributes: attributes,
    },
  }) => ({
    kind: 'query',
    command: lines(
      pathQuestion({ name: 'it', path, follow, checksum: sum ? `${algorithm}sum` : undefined }),
      ...(mime ? [outputAnswer('mime', sh`file --brief --mime-type --mime-encoding --separator ';' -- ${path}`)] : []),
      ...(attributes ? [outputAnswer('attributes', sh`lsattr -vd -- ${path}`)] : []),
    ),
    deadline: 600_000,
  }),
  decide: ({ arguments: { path, get_mime: wantsMime, get_attributes: wantsAttributes } }, facts) => {
    const found = facts && answers(facts);
    const known = found && pathFacts(found, { name: 'it', path });
    if (found?.has('it.denied')) return { kind: 'failed', says: `${path}: permission denied` };
    if (!known) return { kind: 'nothing', reason: `${path} is not there`, values: { stat: { exists: false } } };
    const [mimetype, charset] = (found.get('mime') ?? '').trim().split(/;\s*charset=|;\s*/);
    const [version, flags] = /^\s*(\d+)\s+(\S+)/.exec(found.get('attributes') ?? '')?.slice(1) ?? [];
    const letters = (flags ?? '').replaceAll('-', '');
    return {
      kind: 'nothing',
      reason: `${path} is a ${known.kind}`,
      values: {
        stat: {
          ...statValues(known),
          ...(wantsMime
            ? { mimetype: mimetype === '' ? 'unknown' : (mimetype ?? 'unknown'), charset: charset ?? 'unknown' }
            : {}),
          ...(wantsAttributes
            ? {
                version: version ?? null,
                attr_flags: letters,
                attributes: letters.split(/(?:)/).flatMap((each) => ATTRIBUTES[each] ?? []),
              }
            : {}),
        },
      },
    };
  },
};

const ATTRIBUTES: Readonly<Record<string, string>> = {
  A: 'noatime',
  a: 'append',
  c: 'compressed',
  C: 'nocow',
  d: 'nodump',
  D: 'dirsync',
  e: 'extents',
  E: 'encrypted',
  h: 'blocksize',
  i: 'immutable',
  I: 'indexed',
  j: 'journalled',
  N: 'inline',
  s: 'zero',
  S: 'synchronous',
  t: 'notail',
  T: 'blockroot',
  u: 'undelete',
  X: 'compressedraw',
  Z: 'compresseddirty',
};
