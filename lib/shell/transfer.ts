import { createHash, randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { PgupError } from '../errors.ts';
import { durable } from './durable.ts';
import type { ErrandResult } from './errand.ts';
import { mutation } from './fence.ts';
import type { Command, Mutation, Progress, Upload } from './host-shell.ts';
import { raw, sh } from './sh.ts';
import type { Source } from './transfer-source.ts';

/** What a transfer needs of the line. */
export interface Carrier {
  readonly host: string;
  errand(options: {
    text: string;
    stdin?: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
    onStdout?: (chunk: Buffer) => Promise<void>;
    silence: number;
  }): Promise<ErrandResult>;
}

/** A transfer in which nothing moves for this long is given up. */
const SILENCE = 60_000;
/** sha256sum and fsync of many gigabytes say nothing while they work. */
const FINISHING = 600_000;

/** A name in the same folder, so that the rename is one step of the file system. */
export function stagingName(path: string): string {
  const slash = path.lastIndexOf('/');
  if (!path.startsWith('/') || path.endsWith('/')) {
    throw new PgupError('internal', `an upload needs the absolute path of a file, not "${path}"`);
  }
  return `${path.slice(0, slash + 1)}.pgup-${randomBytes(8).toString('hex')}`;
}

/** A small file in one fenced step: staged, compared, given its owner and mode, and only then renamed. */
export function uploadMutation(upload: Upload, source: Source, bytes: Uint8Array): Mutation {
  const staging = stagingName(upload.path);
  const command = sh`${raw('umask 077')}; cat >${staging} && ${finish({ upload, source, staging })}`;
  return mutation({ command, claim: upload.claim, stdin: bytes, record: upload.record, deadline: 120_000 });
}

/**
 * A large file: its bytes go to a staging name, on a channel of their own, which changes nothing that anybody looks at;
 * the rest is a fenced step. After a lost line all is sent again under another name, for what was sent before may still
 * be written by a process that has not heard of the loss; unless it is there already, whole.
 */
export class LargeUpload {
  readonly #carrier: Carrier;
  readonly #upload: Upload;
  readonly #source: Source;
  readonly #stagings: string[] = [];

  constructor(options: { carrier: Carrier; upload: Upload; source: Source }) {
    this.#carrier = options.carrier;
    this.#upload = options.upload;
    this.#source = options.source;
  }

  /** One attempt at sending; may be repeated after a lost line. Gives the step that makes the content visible. */
  async send(): Promise<Mutation> {
    const there = await this.#alreadyThere();
    const staging = there ?? stagingName(this.#upload.path);
    if (there === undefined) {
      this.#stagings.push(staging);
      await this.#sendTo(staging);
    }
    const command = finish({ upload: this.#upload, source: this.#source, staging });
    return mutation({ command, claim: this.#upload.claim, deadline: FINISHING });
  }

  /** Takes away what was staged and is not wanted any more. */
  async discard(): Promise<void> {
    if (this.#stagings.length === 0) return;
    await this.#carrier.errand({ text: sh`rm -f ${this.#stagings}`.text, silence: SILENCE });
  }

  async #alreadyThere(): Promise<string | undefined> {
    for (const staging of this.#stagings) {
      const text = sh`sha256sum <${staging}`.text;
      const { ending, stdout, stderr } = await this.#carrier.errand({ text, silence: FINISHING });
      if (ending.kind === 'unknown') throw this.#failed(ending, stderr);
      if (stdout.toString('latin1').startsWith(this.#source.sha256)) return staging;
    }
    return undefined;
  }

  async #sendTo(staging: string): Promise<void> {
    const { size } = this.#source;
    // A line that is lost ends the input like the end of the content: what is not whole is taken away by the host.
    const text = sh`umask 077; cat >${staging} && [ "$(wc -c <${staging})" -eq ${String(size)} ] ||
      { rm -f ${staging}; echo 'not all of it arrived' >&2; exit 1; }`.text;
    const { ending, stderr } = await this.#carrier.errand({ text, stdin: this.#counted(), silence: SILENCE });
    if (ending.kind !== 'exited' || ending.code !== 0) throw this.#failed(ending, stderr);
  }

  async *#counted(): AsyncIterable<Uint8Array> {
    const { onProgress } = this.#upload;
    const { size: total } = this.#source;
    let bytes = 0;
    for await (const piece of this.#source.pieces()) {
      yield piece;
      bytes += piece.length;
      onProgress?.({ bytes, total });
    }
  }

  #failed(ending: ErrandResult['ending'], stderr: Buffer): PgupError {
    const { host } = this.#carrier;
    return failed({ host, ending, stderr, says: `${this.#upload.path} could not be sent to ${host}` });
  }
}

function failed(options: { host: string; ending: ErrandResult['ending']; stderr: Buffer; says: string }): PgupError {
  const { host, ending, stderr, says } = options;
  if (ending.kind === 'unknown') return new PgupError('connection-lost', `${says}: ${ending.reason}`, { host });
  return new PgupError('command-failed', `${says}: ${stderr.toString('utf8').trim()}`, { host });
}

function finish(options: { upload: Upload; source: Source; staging: string }): Command {
  const { upload, source, staging } = options;
  const { path, mode, owner } = upload;
  const sum = `${source.sha256}  -`;
  const given = owner === undefined ? raw(':') : sh`chown ${owner} ${staging}`;
  return sh`
if [ -d ${path} ]; then rm -f ${staging}; echo ${`${path} is a folder`} >&2; exit 1; fi
if [ "$(sha256sum <${staging})" != ${sum} ]; then rm -f ${staging}; echo 'its checksum differs' >&2; exit 1; fi
${given} && chmod ${mode} ${staging} && ${raw(durable(sh`${staging}`.text))} && mv -f ${staging} ${path} ||
  { rm -f ${staging}; exit 1; }
${raw(durable(sh`${path.slice(0, path.lastIndexOf('/')) || '/'}`.text))}`;
}

/** Brings a file here: streamed into a staging name, compared with the host's checksum, then renamed. */
export async function download(options: {
  carrier: Carrier;
  path: string;
  to: string;
  onProgress?: ((progress: Progress) => void) | undefined;
}): Promise<void> {
  const { carrier, path, to, onProgress } = options;
  const staging = `${to}.${randomBytes(4).toString('hex')}.part`;
  const file = await open(staging, 'wx', 0o600);
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    const { ending, stderr } = await carrier
      .errand({
        // The size is taken once: a log that grows meanwhile is brought as it was, and its sum is of the same bytes.
        text: sh`exec 3<${path} && __size=$(wc -c <${path}) && head -c "$((__size))" <&3 &&
          printf '%s' "$(head -c "$((__size))" <${path} | sha256sum)" >&2`.text,
        onStdout: async (chunk) => {
          hash.update(chunk);
          bytes += chunk.length;
          await file.appendFile(chunk);
          onProgress?.({ bytes, total: undefined });
        },
        silence: SILENCE,
      })
      .finally(() => file.close());
    if (ending.kind !== 'exited' || ending.code !== 0) {
      throw failed({ host: carrier.host, ending, stderr, says: `${path} could not be fetched from ${carrier.host}` });
    }
    if (stderr.toString('utf8').trim() !== `${hash.digest('hex')}  -`) {
      throw new PgupError('transport', `${path} arrived from ${carrier.host} with another checksum (${bytes} bytes)`, {
        host: carrier.host,
      });
    }
    await rename(staging, to);
  } catch (error) {
    await rm(staging, { force: true });
    throw error;
  }
}
