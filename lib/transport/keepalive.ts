export interface KeepaliveOptions {
  /** Milliseconds between two signs of life; three may stay unanswered. */
  readonly interval: number;
  /** Asks for a sign of life; `heard` is called when it comes. False where nothing can be asked just now. */
  readonly ping: (heard: () => void) => boolean;
  /** How many bytes came from the peer so far: more than before is a sign of life too. */
  readonly received: () => number;
  /** The peer is gone. Called once, and the keepalive has stopped. */
  readonly onDead: (reason: string) => void;
  /** Milliseconds that the first answer may take. */
  readonly firstAnswer?: number;
}

/** Milliseconds between two signs of life. */
export const KEEPALIVE = 10_000;
const MOST_UNANSWERED = 3;
/** A session that PAM opens slowly (a home that is mounted, a directory that does not answer) keeps sshd from answering. */
const FIRST_ANSWER = 120_000;

/**
 * Finds a peer that has frozen: after the interval times one more than the unanswered ones, 40 s with the usual
 * interval. ssh2's own does the same, but counts from the login on, when sshd may still be busy opening the session.
 */
export class Keepalive {
  readonly #options: KeepaliveOptions;
  readonly #timer: NodeJS.Timeout;
  #unanswered = 0;
  readonly #since = performance.now();
  #everHeard = false;
  #received: number;

  constructor(options: KeepaliveOptions) {
    this.#options = options;
    this.#received = options.received();
    this.#timer = setInterval(() => {
      this.#beat();
    }, options.interval);
    // The line keeps the program alive, not the timer that watches it.
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #beat(): void {
    const { ping, onDead, received, firstAnswer } = this.#options;
    const bytes = received();
    if (bytes !== this.#received) this.#heard();
    this.#received = bytes;
    const late = this.#everHeard || performance.now() - this.#since > (firstAnswer ?? FIRST_ANSWER);
    if (this.#unanswered >= MOST_UNANSWERED && late) {
      this.stop();
      onDead('it does not answer (keepalive timeout)');
      return;
    }
    const asked = ping(() => {
      this.#heard();
    });
    if (asked) this.#unanswered += 1;
  }

  #heard(): void {
    this.#everHeard = true;
    this.#unanswered = 0;
  }
}
