import type { Learned } from '../modules/module.ts';
import type { DeploymentEntry, StampedEntry } from './journal.ts';

/**
 * What a deployment's tasks have learned, of each host and of the deployment as a whole. Every addition goes through
 * the journal, so that a controller that takes over knows what this one knew.
 */
export class Knowledge {
  readonly #hosts = new Map<string, Record<string, unknown>>();
  readonly #shared: Record<string, unknown> = {};

  host(name: string): Readonly<Record<string, unknown>> {
    return this.#hosts.get(name) ?? {};
  }

  get shared(): Readonly<Record<string, unknown>> {
    return this.#shared;
  }

  learn({ host, learned, deployment, write }: LearnOptions): void {
    if (learned.host && Object.keys(learned.host).length > 0) {
      this.#add(host, learned.host);
      write({ kind: 'learned', deployment, host, facts: learned.host });
    }
    if (learned.shared && Object.keys(learned.shared).length > 0) {
      this.#add(undefined, learned.shared);
      write({ kind: 'learned', deployment, host: undefined, facts: learned.shared });
    }
  }

  /** Takes in what an earlier controller of the same run has written down. */
  recall(entries: readonly StampedEntry[]): void {
    for (const entry of entries) if (entry.kind === 'learned') this.#add(entry.host, entry.facts);
  }

  #add(host: string | undefined, facts: Readonly<Record<string, unknown>>): void {
    if (host === undefined) Object.assign(this.#shared, facts);
    else this.#hosts.set(host, { ...this.#hosts.get(host), ...facts });
  }
}

interface LearnOptions {
  readonly host: string;
  readonly learned: Learned;
  readonly deployment: string;
  readonly write: (entry: DeploymentEntry) => void;
}
