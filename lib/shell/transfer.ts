import { createHash, randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { PgupError } from '../errors.ts';
import { Secret } from '../secret.ts';
import { encodeText } from './bytes.ts';
import { durable } from './durable.ts';
import { mutation } from './fence.ts';
import type { Command, Mutation, Upload } from './host-shell.ts';
import { pieces, type ErrandResult } from './errand.ts';
import { raw, sh } from './sh.ts';

/** What a transfer needs of the line. */
export interface Carrier {
  readonly host: string;
  errand(options: {
    text: string;
    stdin?: Iterable<Uint8Array>;
    onStdout?: (chunk: Buffer) => Promise<void>;
    silence: number;
  }): Promise<ErrandResult>;
}

/** A transfer in which nothing moves for this long is given up. */
const SILENCE = 60_000;

export function contentBytes(content: Upload['content']): Uint8Array {
  if (content instanceof Secret) return Buffer.from(content.reveal(), 'utf8');
  return typeof content === 'string' ? encodeText(content) : content;
}

/** A name in the same folder, so that the rename is one step of the file system. */
export function stagingName(path: string): string {
  const slash = path.lastIndexOf('/');
  if (!path.startsWith('/') || path.endsWith('/')) {
    throw new PgupError('internal', `an upload needs the absolute path of a file, not "${path}"`);
  }
  return `${path.slice(0, slash + 1)}.pgup-${randomBytes(8).toString('hex')}`;
}

/** A small file in one fenced step: staged, compared, given its owner and mode, and only then renamed. */
export function uploadMutation(upload: Upload, bytes: Uint8Array): Mutation {
  const staging = stagingName(upload.path);
  const command = sh`${raw('umask 077')}; cat >${staging} && ${finish({ upload, bytes, staging })}`;
  return mutation({ command, claim: upload.claim, stdin: bytes, record: upload.record, deadline: 120_000 });
}

/**
 * A large file: the bytes go to the staging name first, on a channel of their own, which changes nothing that anybody
 * looks at; the rest is a fenced step.
 */
export async function uploadLarge(carrier: Carrier, upload: Upload, bytes: Uint8Array): Promise<Mutation> {
  const staging = stagingName(upload.path);
  const text = sh`umask 077; cat >${staging}`.text;
  const { ending, stderr } = await carrier.errand({ text, stdin: pieces(bytes), silence: SILENCE });
  if (ending.kind !== 'exited' || ending.code !== 0) {
    const reason = ending.kind === 'unknown' ? ending.reason : stderr.toString('utf8').trim();
    const code = ending.kind === 'unknown' ? 'connection-lost' : 'command-failed';
    throw new PgupError(code, `${upload.path} could not be sent to ${carrier.host}: ${reason}`, { host: carrier.host });
  }
  const command = finish({ upload, bytes, staging });
  return mutation({ command, claim: upload.claim, record: upload.record, deadline: 300_000 });
}

function finish(options: { upload: Upload; bytes: Uint8Array; staging: string }): Command {
  const { upload, bytes, staging } = options;
  const { path, mode, owner } = upload;
  const sum = `${createHash('sha256').update(bytes).digest('hex')}  -`;
  const given = owner === undefined ? raw(':') : sh`chown ${owner} ${staging}`;
  return sh`
if [ -d ${path} ]; then rm -f ${staging}; echo ${`${path} is a folder`} >&2; exit 1; fi
if [ "$(sha256sum <${staging})" != ${sum} ]; then rm -f ${staging}; echo 'its checksum differs' >&2; exit 1; fi
${given} && chmod ${mode} ${staging} && ${raw(durable(sh`${staging}`.text))} && mv -f ${staging} ${path} ||
  { rm -f ${staging}; exit 1; }
${raw(durable(sh`${path.slice(0, path.lastIndexOf('/')) || '/'}`.text))}`;
}

/** Brings a file here: streamed into a staging name, compared with the host's checksum, then renamed. */
export async function download(carrier: Carrier, path: string, to: string): Promise<void> {
  const staging = `${to}.${randomBytes(4).toString('hex')}.part`;
  const file = await open(staging, 'wx', 0o600);
  const hash = createHash('sha256');
  let size = 0;
  try {
    const { ending, stderr } = await carrier
      .errand({
        // The size is taken once: a log that grows meanwhile is brought as it was, and its sum is of the same bytes.
        text: sh`exec 3<${path} && __size=$(wc -c <${path}) && head -c "$((__size))" <&3 &&
          printf '%s' "$(head -c "$((__size))" <${path} | sha256sum)" >&2`.text,
        onStdout: async (chunk) => {
          hash.update(chunk);
          size += chunk.length;
          await file.write(chunk);
        },
        silence: SILENCE,
      })
      .finally(() => file.close());
    const said = stderr.toString('utf8').trim();
    if (ending.kind !== 'exited' || ending.code !== 0) {
      const reason = ending.kind === 'unknown' ? ending.reason : said;
      const code = ending.kind === 'unknown' ? 'connection-lost' : 'command-failed';
      throw new PgupError(code, `${path} could not be fetched from ${carrier.host}: ${reason}`, { host: carrier.host });
    }
    if (said !== `${hash.digest('hex')}  -`) {
      throw new PgupError('transport', `${path} arrived from ${carrier.host} with another checksum (${size} bytes)`, {
        host: carrier.host,
      });
    }
    await rename(staging, to);
  } catch (error) {
    await rm(staging, { force: true });
    throw error;
  }
}
