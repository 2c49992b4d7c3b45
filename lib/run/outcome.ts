import type { PgupError } from '../errors.ts';
import type { FileDiff, HostStatus, OutcomeKind } from '../events.ts';
import type { GatheredFacts } from './deployment-state.ts';
import type { Finding } from '../modules/module.ts';
import type { ValueMap } from '../inventory/inventory.ts';

/** What became of one task on one host. */
export interface HostOutcome {
  readonly status: HostStatus;
  /** Why nothing was needed, what was done, or what went wrong. */
  readonly says: string;
  readonly steps: readonly string[];
  readonly findings: readonly Finding[];
  /** What `register` keeps. */
  readonly values: ValueMap;
  readonly error?: PgupError;
  /** Variables that the host has from now on, and with `run_once` every other host too. */
  readonly variables?: ValueMap;
  /** What was gathered of the host. */
  readonly facts?: GatheredFacts;
  readonly diffs?: readonly FileDiff[];
  /** `no_log`: nothing of it may be seen. */
  readonly hidden?: boolean;
  /** The module says that the deployment needs nothing more. */
  readonly finished?: string;
}

/** Stands wherever something of a task with `no_log` would be seen; Ansible's words. */
export const HIDDEN = "the output has been hidden due to the fact that 'no_log: true' was specified for this result";

export function outcome(status: HostStatus, says: string): HostOutcome {
  return { status, says, steps: [], findings: [], values: {} };
}

/** Failed for good: neither ignored nor skipped. */
export function isBad({ status }: HostOutcome): boolean {
  return status === 'failed' || status === 'unreachable' || status === 'unknown';
}

/** The exit code of one deployment's outcome (docs/exit-codes.md). */
export function exitCodeOf(outcome: OutcomeKind): number {
  switch (outcome) {
    case 'done':
    case 'nothing':
    case 'not-started': // it stands as it stood: the code is that of what kept it from being started
      return 0;
    case 'pending':
      return 3;
    case 'blocked':
    case 'failed':
    case 'held':
    case 'undo-failed':
    case 'handed-over':
      return 2;
    case 'rolled-back':
      return 7;
    case 'unreachable':
    case 'unknown':
      return 4;
    case 'interrupted':
      return 130;
  }
}

/** The status of a host that an error ended. */
export function statusOf(error: PgupError): HostStatus {
  switch (error.code) {
    case 'unreachable':
    case 'host-key-unknown':
    case 'host-key-changed':
    case 'authentication':
    case 'become':
      return 'unreachable';
    case 'connection-lost':
    case 'deadline':
    case 'transport':
      return 'unknown';
    default:
      return 'failed';
  }
}
