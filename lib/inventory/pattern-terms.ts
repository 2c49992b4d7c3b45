import type { Position } from '../errors.ts';
import { parseAddress } from './address.ts';
import { SPACE, strip } from './python-text.ts';

/** One of the parts that a pattern is made of: `web`, `&dc1`, `!canary`. */
export interface PatternTerm {
  readonly text: string;
  readonly at?: Position | undefined;
  /** From `--limit`. */
  readonly limit?: true;
}

const BY_COLON = new RegExp(`(?:[^${SPACE}:[\\]]|\\[[^\\]]*\\])+`, 'gu');

/**
 * The terms of a pattern. Where it has a comma, only commas separate; else an address stays whole (`fe80::1`), and
 * what is left is separated by colons, those inside brackets apart.
 */
export function splitPattern(pattern: string | readonly string[]): readonly string[] {
  if (typeof pattern !== 'string') return pattern.flatMap(splitPattern);
  return separate(pattern)
    .map(strip)
    .filter((term) => term !== '');
}

function separate(pattern: string): readonly string[] {
  if (pattern.includes(',')) return pattern.split(',');
  return parseAddress(pattern) ? [pattern] : (pattern.match(BY_COLON) ?? []);
}
