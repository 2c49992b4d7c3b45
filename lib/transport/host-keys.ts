import { appendFile, mkdir, readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { PgupError } from '../errors.ts';
import { fingerprint } from './fingerprint.ts';
import { hostKeyChanged, hostKeyRevoked, hostKeyUnknown } from './host-key-letters.ts';
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

/** What known_hosts has for a host, and the name that it has it by. */
export async function knownKeys(target: Target): Promise<{ name: string; entries: readonly KnownHost[] }> {
  const { hostKeyAlias } = target;
  const name = knownHostsName(hostKeyAlias ?? target.address, hostKeyAlias === undefined ? target.port : 22);
  return { name, entries: entriesFor(name, await readAll(target.knownHostsFiles)) };
}

export async function guardHostKey(target: Target): Promise<HostKeyGuard> {
  const { name, entries } = await knownKeys(target);
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
      if (accepted) await rememberHostKey({ target, name, key: accepted });
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
  const shown = { type: blobType(key), fingerprint: fingerprint(key) };
  switch (recognition.kind) {
    case 'known':
      return { refusal: undefined, isNew: false };
    case 'changed':
      return { refusal: hostKeyChanged({ target, name, key: shown, entry: recognition.entry }), isNew: false };
    case 'revoked':
      return { refusal: hostKeyRevoked({ target, key: shown, entry: recognition.entry }), isNew: false };
    case 'unknown':
      if (target.hostKeyChecking !== 'strict') return { refusal: undefined, isNew: true };
      return { refusal: hostKeyUnknown({ target, key: shown, authority: recognition.authority }), isNew: true };
  }
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

/** Writes a key that was accepted as new into the first known_hosts file. */
export async function rememberHostKey(options: { target: Target; name: string; key: Buffer }): Promise<void> {
  const { target, name, key } = options;
  const [file] = target.knownHostsFiles;
  if (file === undefined) return;
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  // One write in append mode: two hosts at once, or two programs, never mix their lines.
  await appendFile(file, `${name} ${blobType(key)} ${key.toString('base64')}\n`, { mode: 0o600 });
}
