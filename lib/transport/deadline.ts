/** A deadline that stands still while a person is being asked. */
export class Deadline {
  readonly #late: () => void;
  #left: number;
  #since = performance.now();
  #timer: NodeJS.Timeout | undefined;
  #asking = 0;

  /** `milliseconds` from now. */
  constructor(milliseconds: number, late: () => void) {
    this.#left = milliseconds;
    this.#late = late;
    this.#timer = setTimeout(late, milliseconds);
  }

  /** `asking`: a person is being asked from now on; otherwise they have answered. */
  person(asking: boolean): void {
    this.#asking += asking ? 1 : -1;
    if (asking && this.#asking === 1) {
      clearTimeout(this.#timer);
      this.#left -= performance.now() - this.#since;
    } else if (!asking && this.#asking === 0) {
      this.#since = performance.now();
      this.#timer = setTimeout(this.#late, Math.max(0, this.#left));
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#asking = Infinity;
  }
}
