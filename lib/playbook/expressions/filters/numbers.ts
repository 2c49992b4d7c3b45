import { Float } from '../../../inventory/inventory.ts';
import { filter, type Filter, type Table } from '../call.ts';
import { Fault } from '../fault.ts';
import { kindOf, type Item } from '../items.ts';
import { asFloat, integer, numeric } from '../numbers.ts';
import { Secret } from '../../../secret.ts';

/** Filters that make numbers and booleans. */
export const numberFilters: Table<Filter> = {
  int: filter('default? base?', (input, given) => {
    const otherwise = given.get('default') ?? 0;
    const base = given.integer('base') ?? 10;
    const number = numeric(input);
    if (number) {
      if (number.kind === 'integer') return integer(number.value);
      return Number.isFinite(number.value) ? integer(BigInt(Math.trunc(number.value))) : otherwise;
    }
    if (typeof input !== 'string' && !(input instanceof Secret)) return otherwise;
    const text = given.written(input);
    const whole = wholeNumber(text, base);
    if (whole !== undefined) return integer(whole);
    const float = floatOf(text);
    return float === undefined || !Number.isFinite(float) ? otherwise : integer(BigInt(Math.trunc(float)));
  }),
  float: filter('default?', (input, given) => {
    const number = numeric(input);
    if (number) return new Float(asFloat(number));
    const value = typeof input === 'string' || input instanceof Secret ? floatOf(given.written(input)) : undefined;
    return value === undefined ? (given.get('default') ?? new Float(0)) : new Float(value);
  }),
  bool: filter('', (input, given) => truthOf(input, (item) => given.written(item))),
  abs: filter('', (input) => {
    const number = numeric(input);
    if (!number) throw new Fault(`needs a number, not ${kindOf(input)}`);
    if (number.kind === 'float') return new Float(Math.abs(number.value));
    return integer(number.value < 0n ? -number.value : number.value);
  }),
  round: filter('precision? method?', (input, given) => {
    const number = numeric(input);
    if (!number) throw new Fault(`needs a number, not ${kindOf(input)}`);
    const method = given.string('method') ?? 'common';
    const digits = given.integer('precision') ?? 0;
    const value = asFloat(number);
    if (method === 'common') {
      if (number.kind === 'integer') return integer(number.value);
      return new Float(roundHalfEven(value, digits));
    }
    if (method !== 'ceil' && method !== 'floor')
      throw new Fault(`knows the methods common, ceil and floor, not "${method}"`);
    return new Float(Math[method](value * 10 ** digits) / 10 ** digits);
  }),
};

/** `text` as a whole number in `base`, with Python's prefixes and underscores. */
function wholeNumber(text: string, base: number): bigint | undefined {
  if (base < 2 || base > 36) throw new Fault(`a base is from 2 to 36, not ${base}`);
  const [, sign = '', prefix = '', digits = ''] =
    /^([-+]?)(0[xX]|0[oO]|0[bB])?([\da-zA-Z]+(?:_[\da-zA-Z]+)*)$/.exec(text.trim()) ?? [];
  const based = { '0x': 16, '0o': 8, '0b': 2 }[prefix.toLowerCase()];
  if (digits === '' || (based !== undefined && based !== base)) return undefined;
  let value = 0n;
  for (const digit of digits.replaceAll('_', '')) {
    const worth = parseInt(digit, 36);
    if (worth >= base) return undefined;
    value = value * BigInt(base) + BigInt(worth);
  }
  return sign === '-' ? -value : value;
}

function floatOf(text: string): number | undefined {
  const trimmed = text.trim().replace(/(\d)_(?=\d)/g, '$1');
  if (/^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/.test(trimmed)) return Number(trimmed);
  const [, sign, word] = /^([-+]?)(inf|infinity|nan)$/i.exec(trimmed) ?? [];
  if (word === undefined) return undefined;
  return /nan/i.test(word) ? NaN : sign === '-' ? -Infinity : Infinity;
}

const TRUE: ReadonlySet<string> = new Set(['yes', 'on', '1', 'true']);

/** Only these are true to Ansible's `bool`; everything else is false, a mistyped word too. */
function truthOf(item: Item, written: (item: Item) => string): boolean {
  if (typeof item === 'boolean') return item;
  if (typeof item === 'string' || item instanceof Secret) return TRUE.has(written(item).toLowerCase());
  const number = numeric(item);
  return number !== undefined && Number(number.value) === 1;
}

/** Python's `round`: on the exact decimal value, halves to the even neighbour. */
function roundHalfEven(value: number, digits: number): number {
  if (!Number.isFinite(value)) return value;
  if (digits > 100 || digits < -308) return digits > 0 ? value : 0;
  if (digits < 0) {
    const unit = 10 ** -digits;
    const lower = Math.floor(value / unit) * unit;
    const middle = lower + unit / 2;
    return value < middle || (value === middle && (lower / unit) % 2 === 0) ? lower : lower + unit;
  }
  const scaled = value * 10 ** digits;
  // toFixed works on the exact value; a true half exists only where scaling is exact
  if (Math.abs(scaled % 1) === 0.5 && scaled / 10 ** digits === value && digits === 0) {
    const lower = Math.floor(scaled);
    return lower % 2 === 0 ? lower : lower + 1;
  }
  return Number(value.toFixed(digits));
}
