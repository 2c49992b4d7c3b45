import type { HostShell } from '../lib/shell/host-shell.ts';

/** A host, and as whom: who is become, and what the playbook says of login and method where the inventory does not. */
export interface Wanted {
  readonly host: string;
  readonly become: string | undefined;
  readonly user?: string | undefined;
  readonly method?: string | undefined;
}

/** One shell per host and user, opened when first needed and kept to the end of the run. */
export class ShellPool {
  readonly #open: (wanted: Wanted) => Promise<HostShell>;
  readonly #shells = new Map<string, Promise<HostShell>>();

  constructor(open: (wanted: Wanted) => Promise<HostShell>) {
    this.#open = open;
  }

  async shell(wanted: Wanted): Promise<HostShell> {
    const { host, become = '', user = '', method = '' } = wanted;
    const key = [host, become, user, method].join('\n');
    const known = this.#shells.get(key);
    if (known) return known;
    const opening = this.#open(wanted);
    this.#shells.set(key, opening);
    try {
      return await opening;
    } catch (thrown) {
      // A host that could not be reached may be asked again later: what failed is not kept.
      this.#shells.delete(key);
      throw thrown;
    }
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.#shells.values()].map(async (opening) => (await opening).close()));
    this.#shells.clear();
  }
}
