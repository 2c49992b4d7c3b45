import { parseAddress } from './address.ts';
import { parseInteger, strip } from './python-text.ts';

/** The hosts that one name of a host line stands for. */
export type HostNames =
  | { readonly kind: 'hosts'; readonly names: readonly string[]; readonly port: bigint | undefined }
  | { readonly kind: 'refused'; readonly reason: string };

/** More hosts in one line are a typing mistake, and would only fill memory. */
export const MAX_HOSTS = 100_000;

/** More ranges in one name are none that a person wrote, and each is a level of recursion. */
const MAX_RANGES = 100;

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** `web[1:3].example.com:22` → three names and a port. No name at all is for the caller to judge. */
export function expandHostNames(text: string): HostNames {
  if (text.split('[').length > MAX_RANGES + 1) {
    return { kind: 'refused', reason: `a host name may have at most ${MAX_RANGES} ranges` };
  }
  const address = parseAddress(text);
  const names = expandRanges(address?.host ?? text);
  if (!Array.isArray(names)) return { kind: 'refused', reason: names };
  if (strip(text).endsWith(':') && address?.port === undefined) {
    return { kind: 'refused', reason: `"${text}" ends in ":" but names no port` };
  }
  if (names.some((name) => strip(name) === '---')) {
    return { kind: 'refused', reason: '"---" is no host name (a YAML inventory needs a file name in .yml or .yaml)' };
  }
  if (names.includes('')) return { kind: 'refused', reason: 'a host name may not be empty' };
  return { kind: 'hosts', names, port: address?.port };
}

/** The names, leftmost range outermost, or what is wrong. */
function expandRanges(text: string): string[] | string {
  if (!text.includes('[')) return [text];
  const parts = text.replace('[', '|').replace(']', '|').split('|');
  const [head, range, tail] = parts;
  if (parts.length !== 3 || head === undefined || range === undefined || tail === undefined) {
    return `"${text}" is neither a name nor a range such as web[1:3]`;
  }
  const values = rangeValues(range);
  if (!Array.isArray(values)) return values;
  const names: string[] = [];
  for (const value of values) {
    const expanded = expandRanges(`${head}${value}${tail}`);
    if (!Array.isArray(expanded)) return expanded;
    if (names.length + expanded.length > MAX_HOSTS) return tooMany(text);
    for (const name of expanded) names.push(name);
  }
  return names;
}

function rangeValues(range: string): string[] | string {
  const bounds = range.split(':');
  const [first = '', end = '', stepText] = bounds;
  if (bounds.length < 2 || bounds.length > 3) return `"[${range}]" must be [begin:end] or [begin:end:step]`;
  const begin = first === '' ? '0' : first;
  if (end === '') return `"[${range}]" has no end`;
  const padded = begin.startsWith('0') && begin.length > 1;
  if (padded && begin.length !== end.length) {
    return `"[${range}]" has a begin and an end of different length: with leading zeros both need the same`;
  }
  const step = stepText === undefined ? 1n : parseInteger(stepText);
  const letters = letterValues(begin, end, step);
  if (letters !== undefined) return letters;
  const from = parseInteger(begin);
  const to = parseInteger(end);
  if (from === undefined || to === undefined) {
    return `"[${range}]" must go from number to number or from letter to letter`;
  }
  if (step === undefined || step === 0n)
    return `"${stepText ?? ''}" in "[${range}]" is no step: a number other than 0 is needed`;
  return numberValues(range, { from, to, step, width: padded ? begin.length : 0 });
}

/** A range of letters, small before capital ones. Undefined: not one, so it must be of numbers. */
function letterValues(begin: string, end: string, step: bigint | undefined): string[] | string | undefined {
  // Runs of letters count from where they start in the alphabet, as in Ansible: [ab:cd] is a, b, c.
  const from = LETTERS.indexOf(begin);
  const to = LETTERS.indexOf(end);
  if (from < 0 || to < 0) return undefined;
  if (from > to) return `"[${begin}:${end}]" runs backwards: "${begin}" comes after "${end}"`;
  if (step === undefined || step === 0n) return undefined;
  if (step < 0n) return [];
  const values: string[] = [];
  for (let at = from; at <= to; at += step > 100n ? 100 : Number(step)) values.push(LETTERS.charAt(at));
  return values;
}

interface NumberRange {
  readonly from: bigint;
  readonly to: bigint;
  readonly step: bigint;
  readonly width: number;
}

/** As Python's `range(from, to + 1, step)`, so that a negative step stops above `to + 1`. */
function numberValues(range: string, { from, to, step, width }: NumberRange): string[] | string {
  const stop = to + 1n;
  const count = step > 0n ? (stop - from + step - 1n) / step : (from - stop - step - 1n) / -step;
  if (count > BigInt(MAX_HOSTS)) return tooMany(`[${range}]`);
  const values: string[] = [];
  for (let value = from; step > 0n ? value < stop : value > stop; value += step) values.push(zeroFilled(value, width));
  return values;
}

/** `str.zfill`: the sign counts for the width and stays in front. */
function zeroFilled(value: bigint, width: number): string {
  const text = String(value);
  return value < 0n ? `-${text.slice(1).padStart(width - 1, '0')}` : text.padStart(width, '0');
}

function tooMany(text: string): string {
  return `"${text}" stands for more than ${MAX_HOSTS} hosts`;
}
