import type { HostShell } from '../lib/shell/host-shell.ts';

/** One shell per host and user, opened when first needed and kept to the end of the run. */
export class ShellPool {
  readonly #open: (host: string, become: string | undefined) => Promise<HostShell>;
  readonly #shells = new Map<string, Promise<HostShell>>();

  constructor(open: (host: string, become: string | undefined) => Promise<HostShell>) {
    this.#open = open;
  }

  async shell(host: string, become: string | undefined): Promise<HostShell> {
    const key = `${become ?? ''}@${host}`;
    const known = this.#shells.get(key);
    if (known) return known;
    const opening = this.#open(host, become);
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
