import { PgupError } from '../errors.ts';
import { onTheWay } from './letters.ts';
import type { Connection, Target } from './transport.ts';

/** A connection to a jump host, shared by all that go through it, closed after the last of them. */
interface Bastion<Line> {
  readonly opening: Promise<Line>;
  users: number;
}

/** Each borrower gives the line back once. */
export interface Loan<Line> {
  readonly line: Line;
  readonly giveBack: () => Promise<void>;
}

/** The lines to jump hosts. */
export class Bastions<Line extends Connection> {
  readonly #open: (jump: Target) => Promise<Line>;
  readonly #bastions = new Map<string, Bastion<Line>>();

  constructor(open: (jump: Target) => Promise<Line>) {
    this.#open = open;
  }

  /** The line to a jump host, opened by the first who needs it and closed when the last has given it back. */
  async borrow(jump: Target, target: Target): Promise<Loan<Line>> {
    const key = identity(jump);
    const bastion = this.#bastions.get(key) ?? this.#start(key, jump);
    bastion.users += 1;
    try {
      return { line: await bastion.opening, giveBack: () => this.#giveBack(key, bastion) };
    } catch (error) {
      throw error instanceof PgupError ? onTheWay(target, error) : error;
    }
  }

  #start(key: string, jump: Target): Bastion<Line> {
    const bastion: Bastion<Line> = { opening: this.#open(jump), users: 0 };
    this.#bastions.set(key, bastion);
    const forget = (): void => {
      this.#forget(key, bastion);
    };
    bastion.opening.then((line) => line.lost.then(forget), forget);
    return bastion;
  }

  async #giveBack(key: string, bastion: Bastion<Line>): Promise<void> {
    bastion.users -= 1;
    if (bastion.users > 0) return;
    this.#forget(key, bastion);
    await (await bastion.opening).close();
  }

  /** One that was lost may have a successor already, which stays. */
  #forget(key: string, bastion: Bastion<Line>): void {
    if (this.#bastions.get(key) === bastion) this.#bastions.delete(key);
  }
}

/** The jump host next to the target, reached through the ones before it. */
export function lastJump(target: Target): Target | undefined {
  const last = target.jumps.at(-1);
  return last && { ...last, jumps: target.jumps.slice(0, -1) };
}

/** Equal values, one connection. */
function identity(target: Target): string {
  const { transport, address, port, user, privateKeyFiles, agentSocket, hostKeyChecking, knownHostsFiles } = target;
  const own = [transport, address, port, user, privateKeyFiles, agentSocket, hostKeyChecking, knownHostsFiles];
  return JSON.stringify([...own, target.jumps.map(identity)]);
}
