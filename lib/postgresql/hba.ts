import { BlockList, isIP } from 'node:net';
import type { Converted } from './settings.ts';
import { compareMajors } from './versions.ts';

/** One rule of a pg_hba.conf, as written. Lists are split, quotes are kept out of the values. */
export interface HbaRule {
  readonly kind: 'hba-rule';
  /** `local`, `host`, `hostssl`, `hostnossl`, `hostgssenc`, `hostnogssenc`. */
  readonly type: string;
  readonly databases: readonly string[];
  readonly users: readonly string[];
  /** `10.0.0.0/8`, `all`, `samenet`, a name; undefined for `local`. A mask of its own is joined with a slash. */
  readonly address: string | undefined;
  readonly method: string;
  readonly options: readonly string[];
}

/** A connection that is to be let in. `address` undefined: through a Unix socket. */
export interface Entry {
  readonly database: string;
  readonly user: string;
  readonly address: string | undefined;
}

/** Every rule of the file, in order. Lines that are no rule (comments, `include`) are left out. */
export function parseHba(text: string): readonly HbaRule[] {
  return text
    .replaceAll(/\\\n/g, '')
    .split('\n')
    .flatMap((line) => parseRule(tokens(line)) ?? []);
}

function parseRule(words: readonly (readonly string[])[]): HbaRule | undefined {
  const [type, databases, users, ...tail] = words;
  if (!type || !databases || !users || !/^(local|host(no)?(ssl|gssenc)?)$/.test(type[0] ?? '')) return undefined;
  const rest = tail.map((list) => list.join(','));
  const address = type[0] === 'local' ? undefined : rest.shift();
  const mask = address !== undefined && isIP(address) !== 0 && isIP(rest[0] ?? '') !== 0 ? rest.shift() : undefined;
  const [method, ...options] = rest;
  if (method === undefined) return undefined;
  return Object.freeze({
    kind: 'hba-rule',
    type: type[0] ?? '',
    databases,
    users,
    address: mask === undefined ? address : `${address ?? ''}/${mask}`,
    method,
    options,
  });
}

/** Words of a line, each a comma-separated list; a comment ends the line, quotes keep spaces and commas. */
function tokens(line: string): readonly (readonly string[])[] {
  const words: string[][] = [];
  let joined = false;
  for (const [piece, quoted] of line.matchAll(/"([^"]*)"|#.*$|,|[^\s,"#]+|\s+/g)) {
    if (piece.startsWith('#')) break;
    if (piece === ',') joined = true;
    else if (piece.trim() !== '') {
      const last = words.at(-1);
      if (joined && last) last.push(quoted ?? piece);
      else words.push([quoted ?? piece]);
      joined = false;
    }
  }
  return words;
}

/**
 * The rules that decide about one connection, in order, each narrowed to that connection alone. Rules of `reject` are
 * kept: `hostnossl … reject` before `hostssl … scram-sha-256` must go on meaning what it means. What cannot be known
 * from the file (group membership, `samenet`, names) is taken to match.
 */
export function rulesFor(rules: readonly HbaRule[], entry: Entry): readonly HbaRule[] {
  return rules
    .filter(
      (rule) =>
        rule.databases.some((word) => matchesDatabase(word, entry)) &&
        rule.users.some((word) => word === 'all' || /^[+@/]/.test(word) || word === entry.user) &&
        matchesAddress(rule, entry.address),
    )
    .map((rule) => ({
      ...rule,
      databases: [entry.database],
      users: [entry.user],
      address: entry.address === undefined ? undefined : hostAddress(entry.address),
    }));
}

function matchesDatabase(word: string, { database, user }: Entry): boolean {
  if (word === 'sameuser') return database === user;
  return word === 'all' || word === 'samerole' || word === 'samegroup' || /^[+@/]/.test(word) || word === database;
}

function matchesAddress({ type, address }: HbaRule, wanted: string | undefined): boolean {
  if (wanted === undefined || type === 'local') return wanted === undefined && type === 'local';
  const [network = '', width] = (address ?? '').split('/');
  const family = isIP(network);
  if (family === 0) return true;
  if (family !== isIP(wanted) || width === undefined) return network === wanted;
  const bits = /^\d+$/.test(width) ? Number(width) : maskBits(width);
  const list = new BlockList();
  list.addSubnet(network, bits, family === 4 ? 'ipv4' : 'ipv6');
  return list.check(wanted, family === 4 ? 'ipv4' : 'ipv6');
}

function maskBits(mask: string): number {
  if (isIP(mask) === 6) return 4 * (mask.match(/f/gi)?.length ?? 0);
  return mask.split('.').reduce((bits, byte) => bits + (Number(byte).toString(2).match(/1/g)?.length ?? 0), 0);
}

function hostAddress(address: string): string {
  return `${address}/${isIP(address) === 6 ? 128 : 32}`;
}

/** A rule as a line of pg_hba.conf. */
export function hbaLine({ type, databases, users, address, method, options }: HbaRule): string {
  const list = (words: readonly string[]): string => words.map(quoteName).join(',');
  const words = [type, list(databases), list(users), ...(address === undefined ? [] : [address]), method];
  return [...words, ...options.map((option) => (/\s/.test(option) ? `"${option}"` : option))].join(' ');
}

/** Names are always quoted: unquoted, `all` or `+x` would mean more than a name. */
function quoteName(name: string): string {
  return `"${name}"`;
}

/** A pg_hba.conf as the new version reads it. */
export function convertHba(text: string, from: string, to: string): Converted {
  if (compareMajors(from, '14') >= 0 || compareMajors(to, '14') < 0) return { text, changes: [] };
  const changes: string[] = [];
  const lines = text.split('\n').map((line) => {
    const rule = parseRule(tokens(line));
    const option = rule?.options.find((each) => /^clientcert=(0|1|no-verify)$/.test(each));
    if (!rule || option === undefined) return line;
    // With the method `cert` a certificate is checked anyway, and 14 refuses to be told verify-ca.
    const instead = option === 'clientcert=1' && rule.method !== 'cert' ? 'clientcert=verify-ca' : '';
    changes.push(`${option} ${instead === '' ? 'is left out' : `becomes ${instead}`} in: ${line.trim()}`);
    return line.replace(option, instead).trimEnd();
  });
  return { text: lines.join('\n'), changes };
}
