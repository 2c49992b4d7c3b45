import type { Ending } from './transport.ts';
import { withResolvers } from './with-resolvers.ts';

/** After its process has ended a channel may still carry output, or be held open by what that process left behind. */
const GRACE = 1000;
/** How long the other side may take to confirm that a channel is closed. */
const CLOSING = 2000;

/** Settles how a remote process ended, in time although a background process may hold its output open for ever. */
export class EndingWatch {
  readonly ended: Promise<Ending>;
  readonly #settle: (ending: Ending) => void;
  readonly #shut: () => void;
  #exit: Ending | undefined;
  #timer: NodeJS.Timeout | undefined;
  #over = false;

  /** `shut` closes our end of the channel. */
  constructor(shut: () => void) {
    const { promise, resolve } = withResolvers<Ending>();
    this.ended = promise;
    this.#settle = resolve;
    this.#shut = shut;
  }

  /** The process has ended; its output may still be on the way. */
  exit(ending: Ending): void {
    this.#exit = ending;
    this.#after(GRACE, () => {
      this.close();
    });
  }

  /** Closes our end, and waits a little for the other side to agree. */
  close(): void {
    if (this.#over) return;
    this.#after(CLOSING, () => {
      this.finish('the host did not confirm the end of the channel');
    });
    this.#shut();
  }

  /** Nothing more will come: without an ending seen, nobody knows how the process ended. */
  finish(reason: string): void {
    this.#over = true;
    clearTimeout(this.#timer);
    this.#settle(this.#exit ?? { kind: 'unknown', reason });
  }

  /** One timer at a time, and none once it is over: a forgotten one would hold the whole program back at its end. */
  #after(milliseconds: number, work: () => void): void {
    clearTimeout(this.#timer);
    if (!this.#over) this.#timer = setTimeout(work, milliseconds);
  }
}
