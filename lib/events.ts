import type { ErrorCode } from './errors.ts';

/**
 * Everything that pgup says while it works. The engine and the line emit; renderers, the diagnostics log and reports
 * subscribe. No other channel leads out of `lib/`. Every payload survives JSON: `--output json` prints it as it is
 * (docs/output.md).
 */
export interface EventMap {
  'run:start': {
    readonly run: string;
    readonly playbook: string;
    readonly check: boolean;
    /** In the order in which they are begun. */
    readonly deployments: readonly string[];
    /** Those that run side by side, one batch after another. */
    readonly batches: readonly (readonly string[])[];
    readonly hosts: number;
    readonly folder: string | undefined;
  };
  'run:end': { readonly run: string; readonly exitCode: number; readonly seconds: number };
  'deployment:start': { readonly deployment: string; readonly hosts: readonly string[] };
  'deployment:end': { readonly deployment: string; readonly outcome: OutcomeKind; readonly summary: string };
  'play:start': { readonly deployment: string; readonly play: string; readonly undo: boolean };
  'task:start': {
    readonly deployment: string;
    readonly task: string;
    readonly name: string;
    readonly hosts: readonly string[];
    readonly undo: boolean;
  };
  'task:host': {
    readonly deployment: string;
    readonly task: string;
    readonly name: string;
    readonly host: string;
    readonly status: HostStatus;
    /** Why nothing was needed, what was done, or what went wrong. */
    readonly says: string;
    /** What a run would do (check mode) or did, in order. */
    readonly steps: readonly string[];
    readonly seconds: number;
    readonly values?: Readonly<Record<string, unknown>>;
    /** With `--diff`: what files were and become. */
    readonly diffs?: readonly FileDiff[];
  };
  /** Its intent is in the journal, and nothing of it has been sent. `step` counts within the task on that host. */
  'step:start': {
    readonly deployment: string;
    readonly task: string;
    readonly host: string;
    readonly step: number;
    readonly says: string;
    readonly job: boolean;
  };
  /** It has ended on the host, and its outcome is not in the journal yet. None is told where the line was lost. */
  'step:end': {
    readonly deployment: string;
    readonly task: string;
    readonly host: string;
    readonly step: number;
    readonly ok: boolean;
    readonly seconds: number;
  };
  'step:progress': { readonly deployment: string; readonly host: string; readonly says: string };
  finding: {
    readonly deployment: string;
    readonly host: string;
    readonly weight: 'blocks' | 'notice';
    readonly check: string;
    readonly text: string;
    readonly next: string | undefined;
  };
  window: { readonly deployment: string; readonly state: 'open' | 'closed'; readonly seconds: number };
  'point-of-no-return': { readonly deployment: string; readonly host: string };
  /** A failure in words: what happened, what state things are in, what to type. */
  letter: {
    readonly deployment: string;
    readonly code: ErrorCode;
    readonly host: string | undefined;
    readonly happened: string;
    readonly stands: readonly string[];
    readonly next: readonly string[];
  };
  line: {
    readonly host: string;
    readonly state: 'connected' | 'lost' | 'reconnected' | 'rebooted';
    readonly says: string;
  };
  /** `pgup ping`: whether a host answers, as whom, and in which time. */
  'ping:host': AdHocEvent & {
    readonly user: string | undefined;
    /** Seconds for one question and its answer on a line that stands. */
    readonly roundTrip: number | undefined;
  };
  /** `pgup exec`: what came of the command on a host. */
  'exec:host': AdHocEvent & {
    readonly command: string;
    /** The user that was become; undefined: the login user. */
    readonly as: string | undefined;
    /** The exit code; undefined where there is none. */
    readonly code: number | undefined;
    readonly signal: string | undefined;
    /** Bytes that are not UTF-8 as the lone surrogates U+DC80 to U+DCFF. */
    readonly stdout: string;
    readonly stderr: string;
  };
  /** `pgup facts`: docs/facts.md. */
  'facts:host': AdHocEvent & { readonly facts: object | undefined };
  note: { readonly level: 'debug' | 'info' | 'warning'; readonly text: string };
  recap: Recap;
}

/** What every verb without a playbook says of a host. */
export interface AdHocEvent {
  readonly host: string;
  readonly status: HostStatus;
  /** From the first packet to the answer. */
  readonly seconds: number;
  readonly error: AdHocError | undefined;
}

export interface AdHocError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly next: string | undefined;
}

/** A file as it was and as it becomes; what was not there was empty. */
export interface FileDiff {
  readonly path: string;
  readonly before: string;
  readonly after: string;
}

export type HostStatus =
  'ok' | 'changed' | 'would-change' | 'skipped' | 'failed' | 'unreachable' | 'unknown' | 'ignored';

export type OutcomeKind =
  /** Every task ended well. */
  | 'done'
  /** Nothing was to be done. */
  | 'nothing'
  /** Check mode: a run would change things, nothing is in the way. */
  | 'pending'
  /** Something stands in the way; nothing was changed. */
  | 'blocked'
  /** Failed with nothing to take back (a generic playbook, or before the first change). */
  | 'failed'
  /** Failed and put back. */
  | 'rolled-back'
  /** Failed after the point of no return: stands as it is. */
  | 'held'
  /** Putting back failed. */
  | 'undo-failed'
  /** Another controller has it now; this one stopped and touched nothing. */
  | 'handed-over'
  | 'unreachable'
  /** The line was lost: what runs on the hosts goes on. */
  | 'unknown'
  | 'interrupted'
  /** Not started, because others failed or the run was interrupted. */
  | 'not-started';

export interface Recap {
  readonly run: string;
  readonly deployments: readonly DeploymentRecap[];
  readonly seconds: number;
}

export interface DeploymentRecap {
  readonly deployment: string;
  readonly outcome: OutcomeKind;
  readonly summary: string;
  /** Seconds from the first web unit told to stop to the health URL's first 200. */
  readonly downtime: number | undefined;
  /** Lines for people: where the old cluster and the backup are. */
  readonly kept: readonly string[];
  readonly hosts: readonly HostRecap[];
}

export interface HostRecap {
  readonly host: string;
  readonly ok: number;
  readonly changed: number;
  /** Without those that a `rescue` put right. */
  readonly failed: number;
  readonly rescued: number;
  /** Failed and ignored; among `ok`, too. */
  readonly ignored: number;
  readonly skipped: number;
  readonly unreachable: number;
}

export type EventName = keyof EventMap;
export type AnyEvent = {
  readonly [Name in EventName]: { readonly type: Name; readonly at: number } & EventMap[Name];
}[EventName];

/** The one channel out of the engine. A subscriber that throws is a bug of its own and stops nothing else. */
export class Events {
  readonly #subscribers = new Set<(event: AnyEvent) => void>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  subscribe(subscriber: (event: AnyEvent) => void): () => void {
    this.#subscribers.add(subscriber);
    return () => this.#subscribers.delete(subscriber);
  }

  emit<Name extends EventName>(type: Name, payload: EventMap[Name]): void {
    const event = Object.freeze({ type, at: this.#now(), ...payload }) as unknown as AnyEvent;
    for (const subscriber of this.#subscribers) {
      try {
        subscriber(event);
      } catch (thrown) {
        // A renderer that fails (a closed pipe) must never take an upgrade down with it.
        if (type !== 'note') this.emit('note', { level: 'warning', text: `output failed: ${String(thrown)}` });
      }
    }
  }
}
