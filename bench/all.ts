import type { Benchmark } from './benchmark.ts';
import { hosts } from './hosts.ts';
import { startup } from './startup.ts';
import { task } from './task.ts';

/** Every benchmark, the quickest first. */
export const benchmarks: readonly Benchmark[] = [startup, task, hosts];
