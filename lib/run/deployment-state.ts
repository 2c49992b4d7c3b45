import type { Events, HostStatus, OutcomeKind } from '../events.ts';
import type { Inventory, Value, ValueMap } from '../inventory/inventory.ts';
import type { Claim, HostShell } from '../shell/host-shell.ts';
import type { Controller, Module } from '../modules/module.ts';
import type { PlannedDeployment } from '../playbook/plan.ts';
import { HostRecords } from './host-records.ts';
import type { DeploymentEntry, Journal, RunEntry, StampedEntry } from './journal.ts';
import { Knowledge } from './knowledge.ts';

/** What the engine is given from outside; the same for every deployment of a run. */
export interface Engine {
  readonly run: string;
  /** What was asked for, as the journal begins with it; the hosts keep it too. */
  readonly header: RunEntry;
  readonly check: boolean;
  /** `--diff`: what changes in files is shown. */
  readonly diff: boolean;
  /** The folder that paths of the command line are relative to. */
  readonly cwd: string;
  readonly flavour: 'upgrade' | 'generic';
  readonly inventory: Inventory;
  readonly modules: ReadonlyMap<string, Module>;
  readonly events: Events;
  /** Undefined in check mode: nothing is left behind. */
  readonly journal: Journal | undefined;
  /**
   * A shell on a host as the user that the task becomes; undefined: the login user. One per pair, kept open. `login`:
   * what the playbook says of how to get there, where the inventory does not.
   */
  readonly openShell: (
    host: string,
    become: string | undefined,
    login?: { readonly user: string | undefined; readonly method: string | undefined },
  ) => Promise<HostShell>;
  /** Bounds what runs on hosts at the same moment (`--forks`). */
  readonly fork: <T>(work: () => Promise<T>) => Promise<T>;
  readonly fileOf: (host: string, name: string) => string;
  /** Files of this machine, for modules that bring some to hosts. */
  readonly controller: Controller;
  /** The run folder, for people. */
  readonly folder: string;
  readonly owner: string;
  /** The controller that held this run before is known to be gone: its sign of life need not be waited out. */
  readonly takeOver: boolean;
  readonly now: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** Milliseconds to go on trying to reach a host whose line was lost. */
  readonly reconnectTimeout: number;
  /** First interrupt: no deployment starts any more, one that has not stopped anything yet goes back. */
  readonly stop: AbortSignal;
  /** Second interrupt: the line is dropped, what runs on hosts goes on. */
  readonly park: AbortSignal;
}

/** What `gather_facts` found: under `ansible_facts`, and as variables `ansible_…`. */
export interface GatheredFacts {
  readonly facts: ValueMap;
  readonly variables: ReadonlyMap<string, Value>;
}

/** Which hosts a play is about at this moment. */
export interface PlayInProgress {
  readonly name: string;
  /** All that the play is for. */
  readonly hosts: readonly string[];
  /** Those of the batch that runs (`serial`). */
  readonly batch: readonly string[];
  /** Which of them failed or are not reached. */
  readonly out: Pick<ReadonlySet<string>, 'has'>;
}

/** Where a deployment stands on the way to its point of no return. `maybe`: said to be passed, never confirmed. */
export type NoReturn = 'ahead' | 'maybe' | 'passed';

/** A detached job that a step started and whose outcome is not written down. */
export interface OpenJob {
  readonly id: string;
  readonly step: number;
  readonly says: string;
  /** Who goes back while it runs waits for its end. */
  readonly waits: boolean;
}

/** The host that keeps what is about the deployment as a whole: its first database host. */
export function homeOf({ deployment, hosts }: PlannedDeployment): string {
  return deployment?.databases[0] ?? hosts[0] ?? '';
}

/** Everything that changes while one deployment runs. Nothing of one deployment is visible to another. */
export class DeploymentState {
  readonly planned: PlannedDeployment;
  readonly knowledge = new Knowledge();
  /** host → name → what `register` and `set_fact` keep. */
  readonly registered = new Map<string, Map<string, Value>>();
  /** host → what was gathered of it. */
  readonly facts = new Map<string, GatheredFacts>();
  /** The play that runs, for its magic variables. */
  play: PlayInProgress;
  /** host → how many of its failures a `rescue` put right. */
  readonly rescued = new Map<string, number>();
  readonly counts = new Map<string, Map<HostStatus, number>>();
  /** Tasks that sent at least one change to a host, with those hosts, oldest first: what undo works from. */
  readonly touched: { readonly task: string; readonly hosts: Set<string> }[] = [];
  /** `TASK HOST` of what ended well: a run that goes on leaves it alone. */
  readonly done = new Set<string>();
  /** `TASK HOST` → the job that was left running there. */
  readonly openJobs = new Map<string, OpenJob>();
  /** Every job id that was ever used: a host starts each but once. */
  readonly jobs = new Set<string>();
  /** What an earlier controller wrote down as the end. */
  ended: { readonly outcome: OutcomeKind; readonly summary: string } | undefined;
  /** Why the deployment is being put back, where it is. */
  undoing: string | undefined;
  claim: Claim | undefined;
  /** Settles when every host is locked; several tasks may wait for the one attempt. */
  claiming: Promise<void> | undefined;
  /** The token of the last claim that the journal knows of; 0 before the first. */
  lastToken = 0;
  /** The journal says that hosts are locked by this run. */
  held = false;
  /** Aborted when another controller has the run: what only looks on ends too. */
  readonly handedOver = new AbortController();
  /** The hosts' own parts of the journal; undefined where nothing is claimed. */
  readonly records: HostRecords | undefined;
  noReturn: NoReturn = 'ahead';
  noReturnHost: string | undefined;
  /** When the first web unit was told to stop, by the controller's clock. */
  windowOpened: number | undefined;
  /** Milliseconds, from then to the first 200. */
  downtime: number | undefined;
  /** The same moment by this process's own timer, which nobody sets. */
  #windowOpenedHere: number | undefined;

  readonly #journal: Journal | undefined;
  #heartbeat: NodeJS.Timeout | undefined;

  /** Without a journal (check mode) nothing is written down anywhere. */
  constructor(planned: PlannedDeployment, journal: Journal | undefined) {
    this.planned = planned;
    this.play = { name: '', hosts: planned.hosts, batch: planned.hosts, out: new Set() };
    this.#journal = journal;
    this.records = planned.deployment && new HostRecords({ hosts: planned.hosts, home: homeOf(planned) });
  }

  /** On this controller's disk before it returns; on the hosts with their next change. `also`: one more host that keeps it. */
  write(entry: DeploymentEntry, also?: string): void {
    const stamped = this.#journal?.write(entry);
    if (stamped) this.records?.add(stamped, also);
  }

  /** What hosts kept and this controller did not have. */
  adopt(entries: readonly StampedEntry[]): void {
    this.#journal?.adopt(entries);
  }

  /** Beats until the claim is released; a beat never keeps the process alive. */
  startHeartbeat(every: number, beat: () => Promise<void>): void {
    this.stopHeartbeat();
    this.#heartbeat = setInterval(() => void beat(), every).unref();
  }

  stopHeartbeat(): void {
    clearInterval(this.#heartbeat);
    this.#heartbeat = undefined;
  }

  openWindow(now: number): void {
    this.windowOpened = now;
    this.#windowOpenedHere = performance.now();
  }

  /** Milliseconds since the window opened. Where an earlier controller opened it, clocks are all there is. */
  windowLength(now: number): number {
    if (this.#windowOpenedHere !== undefined) return performance.now() - this.#windowOpenedHere;
    return Math.max(0, now - (this.windowOpened ?? now));
  }

  register(host: string, name: string, value: Value): void {
    const values = this.registered.get(host) ?? new Map<string, Value>();
    values.set(name, value);
    this.registered.set(host, values);
  }

  /** A failure of the host was put right by a `rescue`. */
  rescue(host: string): void {
    this.rescued.set(host, (this.rescued.get(host) ?? 0) + 1);
  }

  count(host: string, status: HostStatus): void {
    const counts = this.counts.get(host) ?? new Map<HostStatus, number>();
    counts.set(status, (counts.get(status) ?? 0) + 1);
    this.counts.set(host, counts);
  }

  touch(task: string, host: string): void {
    const entry = this.touched.find((each) => each.task === task);
    if (entry) entry.hosts.add(host);
    else this.touched.push({ task, hosts: new Set([host]) });
  }
}
