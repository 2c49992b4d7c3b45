/** A promise about speed that a benchmark keeps or breaks. */
export interface Promised {
  /** Its name in the JSON object of the last line. */
  readonly key: string;
  /** What is compared with what, for people. */
  readonly says: string;
  readonly value: number;
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
  /** How often each side is measured; every round measures every side once. */
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

/** Whether a promise is kept. What is no number keeps none. */
export function isKept({ value, limit }: Promised): boolean {
  return limit.kind === 'at most' ? value <= limit.bound : value >= limit.bound;
}
