/**
 * Work that needs something for itself while it runs. Who asks first comes first, and asks for everything at once: so
 * nobody waits in a circle.
 */
export class Turns {
  readonly #last = new Map<string, { readonly who: string; readonly end: Promise<void> }>();

  /** Runs the work once all that asked for one of these things before has ended; `waits` is told for whom. */
  async take<T>(
    { who, things, waits }: { who: string; things: readonly string[]; waits: (others: readonly string[]) => void },
    work: () => Promise<T>,
  ): Promise<T> {
    const before = new Set(things.flatMap((thing) => this.#last.get(thing) ?? []));
    const mine = Promise.all([...before].map(({ end }) => end)).then(work);
    const ended = () => undefined;
    const entry = { who, end: mine.then(ended, ended) };
    for (const thing of things) this.#last.set(thing, entry);
    if (before.size > 0) waits([...before].map((each) => each.who));
    return mine;
  }
}
