import type { StampedEntry } from './journal.ts';

/** Lines that a host is still to be told. */
export interface Batch {
  readonly text: string;
  /** The host has them on its disk. */
  readonly written: () => void;
}

/**
 * The hosts' own parts of the journal. What is about a host waits here until the next change is sent to it, and is
 * written there by the process that makes that change, before it: no round trip more, and never a change that the host
 * does not know. What is about the deployment goes to its database host, and what all must know to all.
 */
export class HostRecords {
  readonly #hosts: readonly string[];
  readonly #home: string;
  readonly #pending = new Map<string, Map<number, string>>();

  constructor({ hosts, home }: { readonly hosts: readonly string[]; readonly home: string }) {
    this.#hosts = hosts;
    this.#home = home;
  }

  add(entry: StampedEntry, also?: string): void {
    const places = this.#placesOf(entry);
    for (const host of new Set(places.length > 0 && also !== undefined ? [...places, also] : places))
      this.#queue(host, entry);
  }

  #queue(host: string, entry: StampedEntry): void {
    const lines = this.#pending.get(host) ?? new Map<number, string>();
    lines.set(entry.n, `${JSON.stringify(entry)}\n`);
    this.#pending.set(host, lines);
  }

  /** An entry that a host should have, and lacks. */
  remind(host: string, entry: StampedEntry): void {
    if (this.#placesOf(entry).includes(host)) this.#queue(host, entry);
  }

  of(host: string): Batch {
    const lines = this.#pending.get(host) ?? new Map<number, string>();
    const sent = [...lines];
    return {
      text: sent.map(([, line]) => line).join(''),
      written: () => {
        for (const [n] of sent) lines.delete(n);
      },
    };
  }

  /** The hosts that keep an entry. Questions leave nothing to be taken back, and are not kept. */
  #placesOf(entry: StampedEntry): readonly string[] {
    switch (entry.kind) {
      case 'step-intent':
        return entry.changes ? [entry.host] : [];
      case 'step-outcome':
      case 'task-outcome':
        return [entry.host];
      case 'learned':
        return [entry.host ?? this.#home];
      case 'no-return-intent':
      case 'no-return':
        return [...new Set([entry.host, this.#home])];
      case 'window':
        return [this.#home];
      case 'claim':
      case 'undo':
      case 'outcome':
        return this.#hosts;
      case 'run':
      case 'deployment':
      case 'released':
      case 'task-intent':
      case 'end':
        return [];
    }
  }
}
