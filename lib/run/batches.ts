import { PgupError } from '../errors.ts';
import type { Value } from '../inventory/inventory.ts';

/**
 * Hosts in Ansible's batches: each size is a number, or a percentage of all of them rounded down and at least one; the
 * last size repeats. No size, or one below 1: all at once.
 */
export function hostBatches(hosts: readonly string[], sizes: readonly Value[]): readonly (readonly string[])[] {
  const batches: (readonly string[])[] = [];
  for (let start = 0; start < hosts.length;) {
    const size = sizeOf(sizes[Math.min(batches.length, sizes.length - 1)] ?? 0, hosts.length);
    const end = size <= 0 ? hosts.length : start + size;
    batches.push(hosts.slice(start, end));
    start = end;
  }
  return batches;
}

function sizeOf(size: Value, hosts: number): number {
  const text = typeof size === 'number' || typeof size === 'string' ? String(size).trim() : '';
  const [, digits = '', percent] = /^(-?\d+)(%?)$/.exec(text) ?? [];
  if (digits === '') {
    throw new PgupError('expression', `"serial" takes numbers and percentages, and got ${JSON.stringify(size)}`);
  }
  return percent === '%' ? Math.max(1, Math.floor((hosts * Number(digits)) / 100)) : Number(digits);
}

/** `--max-failures N|P%`: how many of so many may fail before nothing further is begun. */
export function failuresAllowed(text: string, all: number): number {
  const match = /^(\d+)(%?)$/.exec(text.trim());
  if (!match) throw new PgupError('usage', `--max-failures is "${text}", and a number or a percentage was expected`);
  const number = Number(match[1]);
  return match[2] === '%' ? Math.floor((all * number) / 100) : number;
}
