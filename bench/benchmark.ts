import { medianRange } from './statistics.ts';

/** A promise about speed that a benchmark keeps or breaks. */
export interface Promised {
  /** Its name in the JSON object of the last line. */
  readonly key: string;
  /** What is compared with what, for people. */
  readonly says: string;
  /** One a round; what is reported and judged is their median. */
  readonly values: readonly number[];
  /** The bound is part of what is allowed. */
  readonly limit: { readonly kind: 'at most' | 'at least'; readonly bound: number };
  /** What value and bound are counted in; `x`: times. */
  readonly unit: string;
}

/** Figures for people, one row a side: the first cell of each row names it. */
export interface Table {
  readonly title?: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface Measured {
  readonly tables: readonly Table[];
  readonly promises: readonly Promised[];
}

/** What a benchmark is given. */
export interface Bench {
  /** How often each side is measured at least; every round measures every side once. */
  readonly rounds: number;
  /** A folder of its own, removed afterwards. */
  readonly folder: string;
  /** A line on standard error: what is being measured. */
  readonly say: (text: string) => void;
  /** To be done when the benchmark has ended, however it ended; the last first. */
  readonly defer: (work: () => Promise<void> | void) => void;
}

export interface Benchmark {
  readonly name: string;
  readonly summary: string;
  /** Rounds where `--rounds` does not say. */
  readonly rounds: number;
  /** Rejects where something could not be measured: that is never a promise kept. */
  readonly measure: (bench: Bench) => Promise<Measured>;
}

export type Verdict = 'kept' | 'BROKEN' | 'noisy';

/**
 * `noisy`: the rounds lie so far apart that the true median may be on either side of the bound, so nothing can be said.
 * What is no number keeps no promise.
 */
export function verdictOf({ values, limit }: Promised): Verdict {
  if (values.length === 0 || values.some((value) => !Number.isFinite(value))) return 'BROKEN';
  const keeps = (value: number): boolean => (limit.kind === 'at most' ? value <= limit.bound : value >= limit.bound);
  const [low, high] = medianRange(values);
  if (keeps(low) !== keeps(high)) return 'noisy';
  return keeps(low) ? 'kept' : 'BROKEN';
}
