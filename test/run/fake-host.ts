import type { Duplex } from 'node:stream';
import { PgupError } from '../../lib/errors.ts';
import type { HostShell, JobState, Mutation, Query, Result } from '../../lib/shell/host-shell.ts';

/** What a fake host does when it is told something: an exit code, an unknown ending, or an error that is thrown. */
export type Answer = number | 'unknown' | PgupError;

export interface FakeFleet {
  /** `HOST: COMMAND`, in the order they came in. */
  readonly log: readonly string[];
  readonly open: (host: string) => Promise<HostShell>;
}

/**
 * Hosts that only remember what they were told. For what real ones cannot be made to do at a chosen moment: lose the
 * answer of one certain command, or refuse one. Everything else is tested on the lab's hosts; the interface is the one
 * that `lib/shell` implements, and its type is the contract.
 */
export function fakeFleet(answer: (host: string, command: string, times: number) => Answer = () => 0): FakeFleet {
  const log: string[] = [];
  const seen = new Map<string, number>();
  const reply = (host: string, command: string): Result => {
    const key = `${host}: ${command}`;
    const times = (seen.get(key) ?? 0) + 1;
    seen.set(key, times);
    log.push(key);
    const given = answer(host, command, times);
    if (given instanceof PgupError) throw given;
    const ending =
      given === 'unknown'
        ? ({ kind: 'unknown', reason: 'the line was lost' } as const)
        : ({ kind: 'exited', code: given } as const);
    return { ending, stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
  };
  return {
    log,
    open: (host) => Promise.resolve(new FakeShell(host, (command) => reply(host, command))),
  };
}

/** The lock's own words, which the engine tests are not about: there is no lock yet, and taking one succeeds. */
const LOCK = /pgup1|__state/;

class FakeShell implements HostShell {
  readonly host: string;
  readonly #reply: (command: string) => Result;

  constructor(host: string, reply: (command: string) => Result) {
    this.host = host;
    this.#reply = reply;
  }

  ask(query: Query): Promise<Result> {
    return this.#told(query.command.text);
  }

  change(mutation: Mutation): Promise<Result> {
    return this.#told(mutation.command.text);
  }

  #told(text: string): Promise<Result> {
    if (LOCK.test(text)) {
      const ending = { kind: 'exited', code: 0 } as const;
      return Promise.resolve({ ending, stdout: Buffer.from('none 0\n'), stderr: Buffer.alloc(0) });
    }
    return new Promise((resolve, reject) => {
      try {
        resolve(this.#reply(text));
      } catch (thrown) {
        reject(thrown instanceof Error ? thrown : new Error(String(thrown)));
      }
    });
  }

  startJob(): Promise<JobState> {
    return Promise.resolve({ kind: 'running', outputSize: 0 });
  }
  followJob(): Promise<JobState> {
    return Promise.resolve({ kind: 'finished', code: 0, outputSize: 0 });
  }
  jobState(): Promise<JobState> {
    return Promise.resolve({ kind: 'absent' });
  }
  cancelJob(): Promise<JobState> {
    return Promise.resolve({ kind: 'absent' });
  }
  closeJob(): Promise<Result> {
    return this.#told('close job');
  }
  upload(): Promise<Result> {
    return this.#told('upload');
  }
  download(): Promise<void> {
    return Promise.resolve();
  }
  forward(): Promise<Duplex> {
    return Promise.reject(new PgupError('transport', 'a fake host forwards nothing'));
  }
  close(): Promise<void> {
    return Promise.resolve();
  }
}
