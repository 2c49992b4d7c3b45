import type { LimitFunction } from 'p-limit';
import { asPgupError, worstExit } from '../../errors.ts';
import type { AdHocError, AdHocEvent, HostStatus } from '../../events.ts';
import type { HostShell } from '../../shell/host-shell.ts';
import { statusOf } from '../outcome.ts';

/** What the verbs without a playbook work with: hosts, each for itself, so many at a time. */
export interface AdHoc {
  readonly hosts: readonly string[];
  readonly openShell: (host: string) => Promise<HostShell>;
  /** The user to become there; undefined: the login user stays. */
  readonly becomes: (host: string) => string | undefined;
  readonly fork: LimitFunction;
  /** The controller's clock, in milliseconds. */
  readonly now: () => number;
  /** Once it is aborted no further host is begun. */
  readonly stop: AbortSignal;
}

/** What a verb found on a host: its own part, and its status where that is not `ok`. */
export interface Found<T> {
  readonly value: T;
  readonly status?: HostStatus;
  readonly error?: AdHocError;
}

/**
 * Does the same on every host. A host's failure is its own: it is told with the value that stands for none, and the
 * others go on. Resolves with the exit code (docs/exit-codes.md).
 */
export async function eachHost<T extends object>(options: {
  readonly adHoc: AdHoc;
  readonly work: (shell: HostShell) => Promise<Found<T>>;
  /** The verb's own part where a host did not get as far. */
  readonly nothing: T;
  readonly tell: (event: AdHocEvent & T) => void;
}): Promise<number> {
  const { adHoc, work, nothing, tell } = options;
  const { hosts, openShell, fork, now, stop } = adHoc;
  const one = async (host: string): Promise<number> => {
    if (stop.aborted) {
      tell({ host, status: 'skipped', seconds: 0, error: undefined, ...nothing });
      return 130;
    }
    const began = now();
    const found = await attempt({ host, openShell, work, nothing });
    const { status = 'ok', error } = found;
    tell({ host, status, seconds: (now() - began) / 1000, error, ...found.value });
    return exitOf(status);
  };
  const codes = await Promise.all(hosts.map((host) => fork(() => one(host))));
  return worstExit(codes);
}

async function attempt<T extends object>(options: {
  readonly host: string;
  readonly openShell: AdHoc['openShell'];
  readonly work: (shell: HostShell) => Promise<Found<T>>;
  readonly nothing: T;
}): Promise<Found<T>> {
  const { host, openShell, work, nothing } = options;
  let shell: HostShell | undefined;
  try {
    shell = await openShell(host);
    return await work(shell);
  } catch (thrown) {
    const error = asPgupError(thrown);
    const { code, message, next } = error;
    return { value: nothing, status: statusOf(error), error: { code, message, next } };
  } finally {
    // A fleet of lines that nobody needs any more is memory here and a session there.
    await shell?.close();
  }
}

function exitOf(status: HostStatus): number {
  switch (status) {
    case 'ok':
    case 'changed':
    case 'ignored':
      return 0;
    case 'would-change':
      return 3;
    case 'failed':
      return 2;
    case 'unreachable':
    case 'unknown':
      return 4;
    case 'skipped':
      return 130;
  }
}
