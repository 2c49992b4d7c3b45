import { createHmac } from 'node:crypto';

/** One line of a known_hosts file. */
export interface KnownHost {
  readonly kind: 'known-host';
  readonly file: string;
  readonly line: number;
  readonly marker: 'none' | 'cert-authority' | 'revoked';
  /** The host patterns as written, or the one hashed name. */
  readonly patterns: readonly string[];
  readonly keyType: string;
  readonly key: Buffer;
}

/** What known_hosts says about a key that a host shows. */
export type Recognition =
  | { readonly kind: 'known' }
  /** `authority`: only a certificate authority is known for the host, which this transport cannot check. */
  | { readonly kind: 'unknown'; readonly authority: KnownHost | undefined }
  | { readonly kind: 'changed'; readonly entry: KnownHost }
  | { readonly kind: 'revoked'; readonly entry: KnownHost };

/** Reads a known_hosts file. Lines that sshd's own client would skip are skipped: comments, blanks, broken ones. */
export function parseKnownHosts(text: string, file: string): readonly KnownHost[] {
  return text.split('\n').flatMap((line, index) => {
    const entry = parseLine(line.trim(), file, index + 1);
    return entry ? [entry] : [];
  });
}

function parseLine(text: string, file: string, line: number): KnownHost | undefined {
  if (text === '' || text.startsWith('#')) return undefined;
  const words = text.split(/[ \t]+/);
  const marker = markerOf(words[0]);
  // A marker that is not known may mean anything, also a refusal: ssh ignores such lines, and so do we.
  if (marker === undefined) return undefined;
  if (marker !== 'none') words.shift();
  const [names, keyType, blob] = words;
  if (names === undefined || keyType === undefined || blob === undefined) return undefined;
  const key = Buffer.from(blob, 'base64');
  if (key.length === 0 || blobType(key) !== keyType) return undefined;
  return Object.freeze({ kind: 'known-host', file, line, marker, patterns: names.split(','), keyType, key });
}

function markerOf(word: string | undefined): KnownHost['marker'] | undefined {
  if (word === '@cert-authority') return 'cert-authority';
  if (word === '@revoked') return 'revoked';
  return word?.startsWith('@') === true ? undefined : 'none';
}

/** The type named inside a public key blob (RFC 4253 6.6). */
export function blobType(key: Buffer): string {
  if (key.length < 4) return '';
  const length = key.readUInt32BE(0);
  return length > 64 || key.length < 4 + length ? '' : key.toString('latin1', 4, 4 + length);
}

/** The name that known_hosts has for an address: `[address]:port` off the standard port. */
export function knownHostsName(address: string, port: number): string {
  const name = address.toLowerCase();
  return port === 22 ? name : `[${name}]:${port}`;
}

/** The entries for a host: plain, hashed, with wildcards; an entry that negates the name is none. */
export function entriesFor(name: string, entries: readonly KnownHost[]): readonly KnownHost[] {
  return entries.filter((entry) => matches(name, entry.patterns));
}

function matches(name: string, patterns: readonly string[]): boolean {
  let found = false;
  for (const pattern of patterns) {
    if (pattern.startsWith('|1|')) {
      found ||= matchesHash(name, pattern);
    } else if (pattern.startsWith('!')) {
      // One negated match ends it, wherever it stands in the list.
      if (globMatches(name, pattern.slice(1).toLowerCase())) return false;
    } else {
      found ||= globMatches(name, pattern.toLowerCase());
    }
  }
  return found;
}

function matchesHash(name: string, pattern: string): boolean {
  const [salt, hash] = pattern.slice(3).split('|');
  if (salt === undefined || hash === undefined) return false;
  const mine = createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest();
  return mine.equals(Buffer.from(hash, 'base64'));
}

/** `*` and `?` only; brackets stand for themselves, as in `[host]:port`. */
function globMatches(name: string, pattern: string): boolean {
  if (!/[*?]/.test(pattern)) return name === pattern;
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's').test(name);
}

/** Judges a key that a host shows by the entries for that host. */
export function recognise(key: Buffer, entries: readonly KnownHost[]): Recognition {
  const revoked = entries.find((entry) => entry.marker === 'revoked' && entry.key.equals(key));
  if (revoked) return { kind: 'revoked', entry: revoked };
  const plain = entries.filter((entry) => entry.marker === 'none');
  if (plain.some((entry) => entry.key.equals(key))) return { kind: 'known' };
  // Another type than the known ones is a change too: the known types were asked for first, so the host has lost
  // them, or somebody in between offers the one type that we cannot compare.
  const type = blobType(key);
  const other = plain.find((entry) => entry.keyType === type) ?? plain[0];
  if (other) return { kind: 'changed', entry: other };
  return { kind: 'unknown', authority: entries.find((entry) => entry.marker === 'cert-authority') };
}

/** The host key algorithms to offer: those of the keys known for the host first, as OpenSSH does. */
export function orderHostKeyAlgorithms(entries: readonly KnownHost[], supported: readonly string[]): string[] {
  const types = new Set(entries.filter((entry) => entry.marker === 'none').map((entry) => entry.keyType));
  const known = supported.filter((algorithm) => types.has(keyTypeOf(algorithm)));
  return [...known, ...supported.filter((algorithm) => !known.includes(algorithm))];
}

function keyTypeOf(algorithm: string): string {
  return algorithm.startsWith('rsa-sha2-') ? 'ssh-rsa' : algorithm;
}
