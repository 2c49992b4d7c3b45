import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { PgupError } from '../errors.ts';
import { Secret } from '../secret.ts';
import { encodeText } from './bytes.ts';
import type { LocalFile, Upload } from './host-shell.ts';
import { MOST_INLINE_INPUT } from './session.ts';

/** What is to be sent: small enough for one command, or in pieces that are read as they are sent. */
export interface Source {
  readonly size: number;
  readonly sha256: string;
  /** All of it, where it is small. */
  readonly inline: Uint8Array | undefined;
  readonly pieces: () => Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

/** Looks at content before it is sent. A file of this machine is read once for its checksum, and again to be sent. */
export async function sourceOf(content: Upload['content']): Promise<Source> {
  if (isLocalFile(content)) return fileSource(content.path);
  return bytesSource(contentBytes(content));
}

function isLocalFile(content: Upload['content']): content is LocalFile {
  return typeof content === 'object' && 'kind' in content;
}

function contentBytes(content: Exclude<Upload['content'], LocalFile>): Uint8Array {
  if (content instanceof Secret) return Buffer.from(content.reveal(), 'utf8');
  return typeof content === 'string' ? encodeText(content) : content;
}

function bytesSource(bytes: Uint8Array): Source {
  return {
    size: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    inline: bytes.length <= MOST_INLINE_INPUT ? bytes : undefined,
    pieces: () => pieces(bytes),
  };
}

async function fileSource(path: string): Promise<Source> {
  try {
    const { size } = await stat(path);
    if (size <= MOST_INLINE_INPUT) return bytesSource(await readFile(path));
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
    const read = (): AsyncIterable<Uint8Array> => createReadStream(path, { highWaterMark: PIECE });
    return { size, sha256: hash.digest('hex'), inline: undefined, pieces: read };
  } catch (cause) {
    throw new PgupError('file-missing', `${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

const PIECE = 64 * 1024;

/** A buffer in pieces that show progress and keep memory small. */
export function* pieces(bytes: Uint8Array): Iterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += PIECE) yield bytes.subarray(at, at + PIECE);
}
