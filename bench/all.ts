import type { Benchmark } from './benchmark.ts';
import { deployments } from './deployments.ts';
import { fleet } from './fleet.ts';
import { hosts } from './hosts.ts';
import { inventory } from './inventory.ts';
import { latency } from './latency.ts';
import { startup } from './startup.ts';
import { task } from './task.ts';

/** Every benchmark, the quickest first. */
export const benchmarks: readonly Benchmark[] = [startup, inventory, latency, task, deployments, fleet, hosts];
