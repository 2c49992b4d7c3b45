import type { Benchmark } from './benchmark.ts';
import { startup } from './startup.ts';

/** Every benchmark, the quickest first. */
export const benchmarks: readonly Benchmark[] = [startup];
