import { WORD } from './python-text.ts';

const NUMERIC_RANGE = '\\[[0-9]+:[0-9]+(?::[0-9]+)?\\]';
const HEXADECIMAL_RANGE = '\\[[0-9a-f]+:[0-9a-f]+(?::[0-9]+)?\\]';
const LABEL_RANGE = '\\[(?:[a-z]:[a-z]|[0-9]+:[0-9]+)(?::[0-9]+)?\\]';

/** A number from 0 to 255, or a range. */
const OCTET = `(?:[01]?[0-9]{1,2}|2[0-4][0-9]|25[0-5]|${NUMERIC_RANGE})`;
/** A number from 0 to ffff, or a range. */
const HEXTET = `(?:[0-9a-f]{1,4}|${HEXADECIMAL_RANGE})`;
/** A part of a name between dots: does not end in `-` or `_`. */
const LABEL = `(?:[${WORD}]|${LABEL_RANGE})(?:[${WORD}-]|${LABEL_RANGE})*(?<![_-])`;

const IPV4 = new RegExp(`^(?:${OCTET}\\.){3}${OCTET}$`, 'iu');
const IPV6 = new RegExp(`^(?:${ipv6Forms().join('|')})$`, 'iu');
const NAME = new RegExp(`^${LABEL}(?:\\.${LABEL})*$`, 'iu');

const BRACKETED_PORT = /^\[(.+)\]:([0-9]+)$/u;
const PORT = /^((?:[^:[\]]|\[[^\]]*\])*):([0-9]+)$/u;

export interface Address {
  readonly host: string;
  /** As written, any size: whether it is a port is for who connects to say. */
  readonly port: bigint | undefined;
}

/**
 * `name`, `name:22`, `10.0.0.1:22`, `fe80::1`, `[fe80::1]:22`, each with ranges in place of its parts. Undefined: not
 * an address; Ansible then takes the whole text as a name. A bare IPv6 address never has a port.
 */
export function parseAddress(text: string): Address | undefined {
  let host = text;
  let port: bigint | undefined;
  // One after the other on what is left: `[name:1]:2` loses both ports, and the inner one counts.
  for (const form of [BRACKETED_PORT, PORT]) {
    const match = form.exec(host);
    if (!match) continue;
    host = match[1] ?? '';
    port = BigInt(match[2] ?? '0');
  }
  return IPV4.test(host) || IPV6.test(host) || NAME.test(host) ? { host, port } : undefined;
}

/** True for an IPv4 or IPv6 address. */
export function isIpAddress(text: string): boolean {
  return IPV4.test(text) || IPV6.test(text);
}

/** Every way to write eight groups of which one run may be `::`, and IPv4 inside IPv6. */
function ipv6Forms(): readonly string[] {
  const before = (count: string): string => `(?:${HEXTET}:){${count}}`;
  const after = (count: string): string => `(?::${HEXTET}){${count}}`;
  // Each octet is read as loosely as a group here, as Ansible does.
  const dotted = `(?:${HEXTET}\\.){3}${HEXTET}`;
  return [
    `${before('7')}${HEXTET}`,
    `${before('1,6')}:`,
    ...[1, 2, 3, 4, 5, 6].map((count) => `${before(String(count))}${after(`1,${7 - count}`)}`),
    `:${after('1,6')}`,
    `${HEXTET}?::`,
    `(?:0:){6}${dotted}`,
    `::(?:ffff:)?${dotted}`,
    `(?:0:){5}ffff:${dotted}`,
  ];
}
