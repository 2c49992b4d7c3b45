import { createHash } from 'node:crypto';
import { appendFile, mkdir, readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { PgupError } from '../errors.ts';
import {
  blobType,
  entriesFor,
  knownHostsName,
  orderHostKeyAlgorithms,
  parseKnownHosts,
  recognise,
  type KnownHost,
} from './known-hosts.ts';
import type { Target } from './transport.ts';

/** Decides about the key of one host. Made before the connection, because the decision itself must be synchronous. */
export interface HostKeyGuard {
  /** Host key algorithms to offer, those of known keys first. */
  readonly algorithms: string[];
  /**
   * True only for a key that may be trusted. ssh2 takes anything but a literal `false` for consent, so this returns
   * nothing else than the two booleans, and catches its own errors.
   */
  readonly verify: (key: Buffer) => boolean;
  /** The letter about the key that was refused. */
  refusal(): PgupError | undefined;
  /** Writes down a key that was accepted as new, once the connection stands. */
  remember(): Promise<void>;
}

const SUPPORTED = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
];

export async function guardHostKey(target: Target): Promise<HostKeyGuard> {
  const name = knownHostsName(
    target.hostKeyAlias ?? target.address,
    target.hostKeyAlias === undefined ? target.port : 22,
  );
  const entries = entriesFor(name, await readAll(target.knownHostsFiles));
  let refused: PgupError | undefined;
  let accepted: Buffer | undefined;
  const verify = (key: Buffer): boolean => {
    try {
      const verdict = judge({ target, name, entries, key });
      refused = verdict.refusal;
      if (verdict.isNew && target.hostKeyChecking === 'accept-new') accepted = Buffer.from(key);
      return verdict.refusal === undefined;
    } catch (error) {
      refused = new PgupError('internal', `the key of ${target.host} could not be judged`, { cause: error });
      return false;
    }
  };
  return {
    algorithms: orderHostKeyAlgorithms(entries, SUPPORTED),
    verify,
    refusal: () => refused,
    remember: async () => {
      const file = target.knownHostsFiles[0];
      if (accepted && file !== undefined) await append(file, name, accepted);
      accepted = undefined;
    },
  };
}

interface Verdict {
  readonly refusal: PgupError | undefined;
  readonly isNew: boolean;
}

function judge(options: { target: Target; name: string; entries: readonly KnownHost[]; key: Buffer }): Verdict {
  const { target, name, entries, key } = options;
  const recognition = recognise(key, entries);
  switch (recognition.kind) {
    case 'known':
      return { refusal: undefined, isNew: false };
    case 'changed':
      return { refusal: changed({ target, name, key, entry: recognition.entry }), isNew: false };
    case 'revoked':
      return { refusal: revoked({ target, key, entry: recognition.entry }), isNew: false };
    case 'unknown':
      if (target.hostKeyChecking !== 'strict') return { refusal: undefined, isNew: true };
      return { refusal: unknown({ target, name, key, authority: recognition.authority }), isNew: true };
  }
}

/** `SHA256:…`, as ssh-keygen -l prints it. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

function describe(target: Target): string {
  return `${target.host} (${target.address}:${target.port})`;
}

function unknown(options: { target: Target; name: string; key: Buffer; authority: KnownHost | undefined }): PgupError {
  const { target, key, authority } = options;
  if (authority) {
    return new PgupError(
      'host-key-unknown',
      `${describe(target)} is known by a certificate authority only ` +
        `(${authority.file}:${authority.line}), which the ssh2 transport cannot check`,
      {
        host: target.host,
        next: `set ansible_connection=openssh for ${target.host}: the system's ssh checks host certificates`,
      },
    );
  }
  const file = target.knownHostsFiles[0] ?? '~/.ssh/known_hosts';
  const port = target.port === 22 ? '' : `-p ${target.port} `;
  const type = blobType(key).replace(/^ssh-/, '').replace(/-.*/, '');
  return new PgupError(
    'host-key-unknown',
    `the host key of ${describe(target)} is in no known_hosts file: ${blobType(key)} ${fingerprint(key)}`,
    {
      host: target.host,
      next:
        `compare the fingerprint with the host's own (there: ssh-keygen -lf /etc/ssh/ssh_host_${type}_key.pub), ` +
        `then: ssh-keyscan ${port}-t ${type} ${target.address} >> ${file}`,
    },
  );
}

function changed(options: { target: Target; name: string; key: Buffer; entry: KnownHost }): PgupError {
  const { target, name, key, entry } = options;
  const place = `${entry.file}:${entry.line}`;
  const other =
    entry.keyType === blobType(key)
      ? `${place} has ${fingerprint(entry.key)}`
      : `${place} knows it by a key of type ${entry.keyType}, which it no longer shows`;
  return new PgupError(
    'host-key-changed',
    `${describe(target)} shows another host key: ${blobType(key)} ${fingerprint(key)}, but ${other}. ` +
      'Somebody may be listening in between, or the host was set up anew',
    {
      host: target.host,
      next: `ask whoever set up ${target.host}; if the new key is right: ssh-keygen -f ${entry.file} -R '${name}'`,
    },
  );
}

function revoked(options: { target: Target; key: Buffer; entry: KnownHost }): PgupError {
  const { target, key, entry } = options;
  return new PgupError(
    'host-key-changed',
    `${describe(target)} shows a host key that ${entry.file}:${entry.line} has revoked: ` +
      `${blobType(key)} ${fingerprint(key)}`,
    { host: target.host, next: `give ${target.host} a new host key; a revoked one must not be trusted again` },
  );
}

interface Cached {
  readonly stamp: string;
  readonly entries: readonly KnownHost[];
}

/** Parsed files by path: hundreds of hosts share one known_hosts file. */
const cache = new Map<string, Cached>();

async function readAll(files: readonly string[]): Promise<readonly KnownHost[]> {
  return (await Promise.all(files.map(read))).flat();
}

async function read(file: string): Promise<readonly KnownHost[]> {
  try {
    const { mtimeMs, size, ino } = await stat(file);
    const stamp = `${mtimeMs} ${size} ${ino}`;
    const cached = cache.get(file);
    if (cached?.stamp === stamp) return cached.entries;
    const entries = parseKnownHosts(await readFile(file, 'utf8'), file);
    cache.set(file, { stamp, entries });
    return entries;
  } catch (error) {
    // A file that is not there knows no host. One that cannot be read might revoke a key: never go on without it.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new PgupError('file-missing', `known_hosts file ${file} cannot be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

async function append(file: string, name: string, key: Buffer): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  // One write in append mode: two hosts at once, or two programs, never mix their lines.
  await appendFile(file, `${name} ${blobType(key)} ${key.toString('base64')}\n`, { mode: 0o600 });
}
