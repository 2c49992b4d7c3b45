import { PgupError } from '../errors.ts';
import type { Connection } from '../transport/transport.ts';
import type { Become, Way } from './become.ts';
import { runErrand, type ErrandOptions, type ErrandResult } from './errand.ts';
import { Session, type Surroundings } from './session.ts';

/** At most this many shells of one user at once; the connection itself allows eight channels. */
const MOST_SHELLS = 3;
/** A shell that said nothing for this long is asked whether it is still there before it is given a change. */
const DOZING = 10_000;
/** Start-up files and sudo may be slow, but not this slow. */
const OPENING = 30_000;

/** One connection and the shells on it. Ends with the connection; whoever holds it makes the next. */
export class Line {
  readonly connection: Connection;
  readonly #become: Become | undefined;
  readonly #surroundings: Surroundings;
  readonly #shells = new Map<string, Pool>();
  #lost: string | undefined;
  #withPassword = false;
  /** The host's boot id, once something was answered. */
  boot: string | undefined;

  constructor(options: { connection: Connection; become: Become | undefined; surroundings: Surroundings }) {
    this.connection = options.connection;
    this.#become = options.become;
    this.#surroundings = options.surroundings;
    void this.connection.lost.then((reason) => {
      this.#lost = reason;
    });
  }

  /** Why the line is gone, or undefined while it stands. */
  get lost(): string | undefined {
    return this.#lost;
  }

  /** Runs `work` with a shell of the user, alone; the shell goes back afterwards, if it is still good. */
  async withShell<T>(
    options: { as: string | undefined; fresh: boolean },
    work: (shell: Session) => Promise<T>,
  ): Promise<T> {
    const way = this.#way(options.as);
    const key = way.as ?? '';
    const pool = this.#shells.get(key) ?? new Pool(() => this.#open(way));
    this.#shells.set(key, pool);
    return pool.use(options.fresh, async (shell) => {
      try {
        return await work(shell);
      } finally {
        this.boot ??= shell.boot;
      }
    });
  }

  async errand(
    options: Pick<ErrandOptions, 'text' | 'stdin' | 'onStdout' | 'silence'> & { as: string | undefined },
  ): Promise<ErrandResult> {
    const { as, ...rest } = options;
    return runErrand({
      connection: this.connection,
      way: this.#way(as),
      withPassword: this.#withPassword,
      surroundings: this.#surroundings,
      ...rest,
    });
  }

  async close(): Promise<void> {
    for (const pool of this.#shells.values()) pool.close();
    await this.connection.close();
  }

  #way(as: string | undefined): Way {
    const login = this.connection.target.user;
    const base = this.#become?.user ?? login;
    return { login, become: this.#become, as: as === base ? undefined : as };
  }

  async #open(way: Way): Promise<Session> {
    const session = await Session.open({
      connection: this.connection,
      way,
      withPassword: this.#withPassword,
      surroundings: this.#surroundings,
      deadline: OPENING,
    });
    // Only a shell that sudo was asked for tells whether it wants the password.
    if (way.become) this.#withPassword = session.withPassword;
    return session;
  }
}

/** The shells of one user: an idle one is used again, else one more is opened, else the caller waits. */
class Pool {
  readonly #open: () => Promise<Session>;
  readonly #idle: { readonly session: Session; readonly since: number }[] = [];
  readonly #waiting: (() => void)[] = [];
  #taken = 0;

  constructor(open: () => Promise<Session>) {
    this.#open = open;
  }

  async use<T>(fresh: boolean, work: (session: Session) => Promise<T>): Promise<T> {
    while (this.#taken >= MOST_SHELLS) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#taken += 1;
    let session: Session | undefined;
    try {
      session = await this.#take(fresh);
      return await work(session);
    } finally {
      this.#taken -= 1;
      if (session?.usable() === true) this.#idle.push({ session, since: performance.now() });
      this.#waiting.shift()?.();
    }
  }

  close(): void {
    for (const { session } of this.#idle.splice(0)) session.close();
  }

  async #take(fresh: boolean): Promise<Session> {
    for (let idle = this.#idle.pop(); idle; idle = this.#idle.pop()) {
      const { session, since } = idle;
      if (!session.usable()) continue;
      if (!fresh || performance.now() - since < DOZING) return session;
      const answer = await session.run({ text: ':', deadline: 15_000 });
      if (answer.kind === 'answered' && session.usable()) return session;
      session.close();
      if (answer.kind === 'unanswered' && answer.cause === 'line') break;
    }
    return this.#open();
  }
}

/** What befell a command that got no answer, as an error. */
export function unanswered(options: {
  host: string;
  cause: 'line' | 'session' | 'deadline' | 'flood';
  reason: string;
  says: string;
}): PgupError {
  const { host, cause, reason, says } = options;
  switch (cause) {
    case 'line':
      return new PgupError('connection-lost', `the line to ${host} was lost while this ran: ${says}: ${reason}`, {
        host,
      });
    case 'session':
      return new PgupError('transport', `${reason}, on ${host}: ${says}`, { host });
    case 'deadline':
      return new PgupError('deadline', `${host} did not answer in time to: ${says}: ${reason}`, { host });
    case 'flood':
      return new PgupError('transport', `${host} was cut short in answering ${says}: ${reason}`, { host });
  }
}
