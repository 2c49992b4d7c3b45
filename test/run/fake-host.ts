import type { Duplex } from 'node:stream';
import { PgupError } from '../../lib/errors.ts';
import type { Claim, HostShell, Job, JobState, Mutation, Query, Result } from '../../lib/shell/host-shell.ts';

/** What a fake host does when it is told something: an exit code, an unknown ending, or an error that is thrown. */
export type Answer = number | 'unknown' | PgupError;

/** What a host keeps while it is claimed; lib/shell/host-state.ts is the real one. */
export interface FakeState {
  claim: { readonly state: 'held' | 'free'; readonly claim: Claim } | undefined;
  plan: string | undefined;
  record: string;
  marker: string | undefined;
  readonly jobs: Map<string, JobState>;
}

export interface FakeFleet {
  /** `HOST: COMMAND`, in the order they came in. */
  readonly log: readonly string[];
  readonly open: (host: string) => Promise<HostShell>;
  /** What is on the hosts: given to another fleet, that one finds what this one left. */
  readonly states: Map<string, FakeState>;
  /** Seconds since the last sign of life of whoever holds a host, at each time that its lock is read. */
  silence: () => number;
}

/**
 * Hosts that keep a lock, a plan, a journal and a marker, and only remember everything else they were told. For what
 * real ones cannot be made to do at a chosen moment: lose the answer of one certain command, or refuse one.
 */
export function fakeFleet(
  answer: (host: string, command: string, times: number) => Answer = () => 0,
  states: Map<string, FakeState> = new Map(),
): FakeFleet {
  const log: string[] = [];
  const seen = new Map<string, number>();
  const reply = (host: string, command: string): Result => {
    const key = `${host}: ${command}`;
    const times = (seen.get(key) ?? 0) + 1;
    seen.set(key, times);
    log.push(key);
    return resultOf(answer(host, command, times));
  };
  const fleet: FakeFleet = {
    log,
    states,
    silence: () => 0,
    open: (host) => {
      const state = states.get(host) ?? newState();
      states.set(host, state);
      return Promise.resolve(new FakeShell(host, { state, fleet, reply: (command) => reply(host, command) }));
    },
  };
  return fleet;
}

function newState(): FakeState {
  return { claim: undefined, plan: undefined, record: '', marker: undefined, jobs: new Map() };
}

function resultOf(given: Answer, stdout = ''): Result {
  if (given instanceof PgupError) throw given;
  const ending =
    given === 'unknown'
      ? ({ kind: 'unknown', reason: 'the line was lost' } as const)
      : ({ kind: 'exited', code: given } as const);
  return { ending, stdout: Buffer.from(stdout), stderr: Buffer.alloc(0) };
}

interface Inside {
  readonly state: FakeState;
  readonly fleet: FakeFleet;
  readonly reply: (command: string) => Result;
}

class FakeShell implements HostShell {
  readonly host: string;
  readonly #inside: Inside;

  constructor(host: string, inside: Inside) {
    this.host = host;
    this.#inside = inside;
  }

  ask({ command: { text } }: Query): Promise<Result> {
    return settled(() => {
      const { state, fleet, reply } = this.#inside;
      if (text.includes('plan.json journal.jsonl')) return resultOf(0, sections(state));
      if (text.includes('@pgup-evidence')) {
        const said = reply('read the marker');
        return { ...said, stdout: Buffer.from(`${state.marker ?? 'none'}\n@pgup-evidence\n`) };
      }
      if (text.includes('__state')) return resultOf(0, `${lockLine(state, fleet.silence())}\n`);
      return reply(text);
    });
  }

  change({ command: { text }, claim, record, stdin }: Mutation): Promise<Result> {
    return settled(() => {
      const { state, reply } = this.#inside;
      const taken = /pgup1 (held|free)/.exec(text)?.[1];
      if (taken === 'held' && claim !== 'unclaimed') {
        if (state.claim?.claim.run !== claim.run) [state.plan, state.record] = [undefined, ''];
        state.claim = { state: 'held', claim };
        return resultOf(0);
      }
      if (text.includes('heartbeat')) return resultOf(0);
      this.#refuse(claim);
      state.record += record ?? '';
      if (taken === 'free' && claim !== 'unclaimed') {
        Object.assign(state, { claim: { state: 'free', claim }, plan: undefined, record: '' });
        return resultOf(0);
      }
      if (text.includes('plan.json.new')) {
        state.plan = String(stdin);
        return resultOf(0);
      }
      if (!text.includes('__mark')) return reply(text);
      const result = reply('write the marker');
      if (result.ending.kind === 'exited' && result.ending.code === 0) state.marker = /\{"run".*?\}/.exec(text)?.[0];
      return result;
    });
  }

  /** As the fence does: only under the claim that stands there. */
  #refuse(claim: Claim | 'unclaimed'): void {
    const held = this.#inside.state.claim;
    const mine = claim !== 'unclaimed' && held?.state === 'held';
    if (mine && held.claim.token === claim.token && held.claim.owner === claim.owner) return;
    if (claim === 'unclaimed' && held?.state !== 'held') return;
    const owner = held?.claim.owner ?? 'nobody';
    throw new PgupError(claim === 'unclaimed' ? 'fence' : 'handed-over', `${this.host} now belongs to ${owner}`, {
      host: this.host,
    });
  }

  startJob({ id, claim, record, command }: Job): Promise<JobState> {
    return settled(() => {
      const { state, reply } = this.#inside;
      this.#refuse(claim);
      state.record += record ?? '';
      const known = state.jobs.get(id);
      if (known) return known;
      const { ending } = reply(command.text);
      if (ending.kind === 'unknown') throw new PgupError('connection-lost', ending.reason, { host: this.host });
      const made: JobState = { kind: 'finished', code: ending.kind === 'exited' ? ending.code : 255, outputSize: 0 };
      state.jobs.set(id, made);
      return made;
    });
  }
  followJob(id: string): Promise<JobState> {
    return this.jobState(id);
  }
  jobState(id: string): Promise<JobState> {
    return Promise.resolve(this.#inside.state.jobs.get(id) ?? { kind: 'absent' });
  }
  cancelJob(id: string, claim: Claim | 'unclaimed'): Promise<JobState> {
    return settled(() => {
      this.#refuse(claim);
      this.#inside.reply(`cancel ${id}`);
      return { kind: 'finished', code: 143, outputSize: 0 };
    });
  }
  closeJob(id: string, claim: Claim | 'unclaimed'): Promise<Result> {
    return settled(() => {
      this.#refuse(claim);
      return this.#inside.reply(`close ${id}`);
    });
  }
  upload(): Promise<Result> {
    return settled(() => this.#inside.reply('upload'));
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

function settled<T>(work: () => T): Promise<T> {
  return new Promise((resolve) => {
    resolve(work());
  });
}

function lockLine({ claim: held }: FakeState, silence: number): string {
  if (!held) return 'none 0';
  const { token, run, owner, deployment } = held.claim;
  const words = [run, owner, deployment].map(encodeURIComponent).join(' ');
  return `${held.state} ${token} ${words} ${silence} idle`;
}

function sections({ plan, record }: FakeState): string {
  const section = (name: string, text: string | undefined): string =>
    text === undefined ? '' : `@${name} - 0 ${Buffer.byteLength(text)}\n${text}\n`;
  return `${section('plan', plan)}${section('journal', record)}@end - 0 0\n\n`;
}
