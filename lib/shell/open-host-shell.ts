import { setTimeout as sleep } from 'node:timers/promises';
import type { Duplex } from 'node:stream';
import { PgupError } from '../errors.ts';
import { Secret } from '../secret.ts';
import type { Target, Transport } from '../transport/transport.ts';
import type { Become } from './become.ts';
import { encodeText } from './bytes.ts';
import { isBuilt, mutation, throwIfRefused } from './fence.ts';
import type {
  Claim,
  Command,
  HostShell,
  Job,
  JobState,
  Mutation,
  Progress,
  Query,
  Result,
  Upload,
} from './host-shell.ts';
import { cancelMutation, closeMutation, followQuery, readLook, startMutation, stateQuery, type Look } from './jobs.ts';
import { Line, unanswered } from './line.ts';
import type { Answer, Surroundings } from './session.ts';
import { sh } from './sh.ts';
import { LargeUpload, download, uploadMutation, type Carrier } from './transfer.ts';
import { pieces, sourceOf } from './transfer-source.ts';

/** What is told about a line, for the event map. */
export interface LineEvent {
  readonly host: string;
  readonly state: 'connected' | 'lost' | 'reconnected' | 'rebooted';
  readonly says: string;
}

export interface HostShellOptions {
  readonly target: Target;
  readonly transport: Transport;
  /** Root for upgrades; nothing for a generic playbook without become. */
  readonly become?: Become | undefined;
  /** `neutral` (the default): C locale, `/`, administrators' PATH. `login`: as the login gives it, for generic plays. */
  readonly surroundings?: Surroundings | undefined;
  /** How long a job is followed without hearing from its host, in milliseconds; 5 minutes. */
  readonly reconnectDeadline?: number | undefined;
  readonly onLine?: ((event: LineEvent) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly random?: (() => number) | undefined;
}

/** Connects, and gives the shell that all rooms talk to the host with. */
export async function openHostShell(options: HostShellOptions): Promise<HostShell> {
  const shell = new ReconnectingShell(options);
  try {
    await shell.connect();
  } catch (error) {
    // The line may stand although its user could not be changed: it would keep the program alive.
    await shell.close();
    throw error;
  }
  return shell;
}

/** Failures to connect that may pass: the host reboots, its sshd restarts, the network is away. */
const PASSING = new Set(['unreachable', 'deadline', 'connection-lost', 'transport']);
const QUERY_DEADLINE = 60_000;
/** Shells that may end under one question before it is the question's fault. */
const MOST_KILLED = 3;
/** A single connection attempt must not outlive the patience that it is made with by more than this. */
const BACKOFF = { base: 250, most: 5000 };

class ReconnectingShell implements HostShell {
  readonly host: string;
  readonly #options: HostShellOptions;
  readonly #random: () => number;
  #line: Line | undefined;
  #opening: Promise<Line> | undefined;
  #boot: string | undefined;
  #everConnected = false;
  #closed = false;
  /** Ends an attempt to connect that nobody waits for any more. */
  readonly #stop = new AbortController();

  constructor(options: HostShellOptions) {
    this.#options = options;
    this.host = options.target.host;
    this.#random = options.random ?? Math.random;
  }

  /** The first connection: no patience beyond the transport's own, so that an unreachable host is said at once. */
  async connect(): Promise<void> {
    const line = await this.#currentLine(Infinity);
    // A shell that cannot become its user is found now, not in the middle of a run.
    await line.withShell({ as: undefined, fresh: false }, () => Promise.resolve());
  }

  ask(query: Query): Promise<Result> {
    return this.#ask(query, query.deadline ?? QUERY_DEADLINE);
  }

  async change(mutation: Mutation): Promise<Result> {
    if (!isBuilt(mutation)) {
      throw new PgupError('internal', 'a change that was not built by mutation() has no fence and is not sent');
    }
    const deadline = mutation.deadline ?? QUERY_DEADLINE;
    const { fenced, stdin } = mutation;
    const answer = await this.#once({ command: fenced, as: undefined, stdin, deadline, fresh: true });
    if (answer.kind === 'unanswered') {
      const reason = unanswered({ host: this.host, ...answer, says: brief(mutation.command) }).message;
      return { ending: { kind: 'unknown', reason }, stdout: answer.stdout, stderr: answer.stderr };
    }
    const { ending, stdout, stderr } = answer;
    return throwIfRefused({ mutation, result: { ending, stdout, stderr }, host: this.host });
  }

  async startJob(job: Job): Promise<JobState> {
    for (let attempt = 1; ; attempt++) {
      const result = await this.change(startMutation(job));
      if (result.ending.kind === 'unknown') return this.#unansweredStart(job);
      const state = this.#jobAnswer({ result, id: job.id, says: 'started' });
      // Only where somebody else began to start it and did not: the host says for sure that nothing runs.
      if (state.kind !== 'absent' || attempt === 3) return state;
    }
  }

  /**
   * A start whose answer was lost is asked about, never sent again: the job may be running. One that never came is
   * forbidden on the host for good, so that it cannot come late, and is a lost line like any other.
   */
  async #unansweredStart({ id, claim }: Job): Promise<JobState> {
    const state = await this.jobState(id);
    if (state.kind !== 'absent') return state;
    const closed = await this.closeJob(id, claim);
    if (closed.ending.kind === 'exited' && closed.ending.code !== 0) return this.jobState(id);
    const says = `the line to ${this.host} was lost before job ${id} was started there`;
    throw new PgupError('connection-lost', says, { host: this.host });
  }

  async followJob(id: string, onOutput: (chunk: Buffer) => void, signal?: AbortSignal): Promise<JobState> {
    let offset = 0;
    for (;;) {
      if (signal?.aborted === true) {
        throw new PgupError('interrupted', `job ${id} on ${this.host} is no longer followed; it goes on`, {
          host: this.host,
        });
      }
      const { state, output } = await this.#look(id, offset);
      if (output.length > 0) onOutput(output);
      offset += output.length;
      const size = state.kind === 'absent' ? 0 : state.outputSize;
      if (state.kind !== 'running' && offset >= size) return state;
    }
  }

  async jobState(id: string): Promise<JobState> {
    const result = await this.#ask(stateQuery(id), this.#patience);
    return readLook({ result, host: this.host, id }).state;
  }

  async cancelJob(id: string, claim: Claim | 'unclaimed'): Promise<JobState> {
    const result = await this.change(cancelMutation(id, claim));
    if (result.ending.kind === 'unknown') return this.jobState(id);
    return this.#jobAnswer({ result, id, says: 'cancelled' });
  }

  closeJob(id: string, claim: Claim | 'unclaimed'): Promise<Result> {
    return this.change(closeMutation(id, claim));
  }

  async upload(upload: Upload): Promise<Result> {
    const source = await sourceOf(upload.content);
    if (source.inline) return this.change(uploadMutation(upload, source, source.inline));
    const { claim, record } = upload;
    if (record !== undefined && record !== '') {
      // It takes long: where the controller dies meanwhile, the host knows all the same what was done before.
      const told = await this.change(mutation({ command: sh`:`, claim, record }));
      if (told.ending.kind !== 'exited' || told.ending.code !== 0) return told;
    }
    const large = new LargeUpload({ carrier: this.#carrier(), upload, source });
    try {
      return await this.change(await this.#again(this.#patience, () => large.send()));
    } catch (error) {
      // Not done, and never will be. Where even this fails, what stays behind is a hidden file that nobody reads.
      await large.discard().catch(() => undefined);
      throw error;
    }
  }

  async download(path: string, to: string, onProgress?: (progress: Progress) => void): Promise<void> {
    const carrier = this.#carrier();
    await this.#again(this.#patience, () => download({ carrier, path, to, onProgress }));
  }

  async forward(address: string, port: number): Promise<Duplex> {
    return this.#again(QUERY_DEADLINE, async (left) =>
      (await this.#currentLine(left)).connection.forward(address, port),
    );
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#stop.abort();
    const line = this.#line ?? (await this.#opening?.catch(() => undefined));
    this.#line = undefined;
    await line?.close();
  }

  get #patience(): number {
    return this.#options.reconnectDeadline ?? 300_000;
  }

  #carrier(): Carrier {
    return {
      host: this.host,
      errand: async (options) => (await this.#currentLine(this.#patience)).errand({ ...options, as: undefined }),
    };
  }

  async #look(id: string, offset: number): Promise<Look> {
    const query = followQuery(id, offset);
    const result = await this.#ask(query, this.#patience);
    return readLook({ result, host: this.host, id });
  }

  #jobAnswer(options: { result: Result; id: string; says: string }): JobState {
    const { result, id, says } = options;
    if (result.ending.kind === 'exited' && result.ending.code === 0) {
      return readLook({ result, host: this.host, id }).state;
    }
    throw new PgupError('command-failed', `job ${id} could not be ${says} on ${this.host}`, {
      host: this.host,
      output: result.stderr.toString('utf8'),
    });
  }

  /** Asks until there is an answer: a lost line is mended and the question sent again, for as long as patience lasts. */
  #ask(query: Query, patience: number): Promise<Result> {
    const { command, as, stdin } = query;
    const deadline = query.deadline ?? QUERY_DEADLINE;
    return this.#again(patience, async (left) => {
      for (let shells = 1; ; shells++) {
        const answer = await this.#once({ command, as, stdin, deadline: Math.min(deadline, left), fresh: false });
        if (answer.kind === 'answered') return { ending: answer.ending, stdout: answer.stdout, stderr: answer.stderr };
        // Somebody killed the shell, the line stands: another shell is asked. A question that kills its shells is not.
        if (answer.cause === 'session' && shells < MOST_KILLED) continue;
        throw unanswered({ host: this.host, ...answer, says: brief(command) });
      }
    });
  }

  /** Does something that may be done again, until it is done, fails for good, or patience ends. */
  async #again<T>(patience: number, work: (left: number) => Promise<T>): Promise<T> {
    const until = performance.now() + patience;
    for (let attempt = 1; ; attempt++) {
      try {
        return await work(Math.max(1000, until - performance.now()));
      } catch (error) {
        if (this.#closed || !(error instanceof PgupError) || !this.#mayPass(error)) throw error;
        const pause = this.#random() * Math.min(BACKOFF.most, BACKOFF.base * 2 ** (attempt - 1));
        if (performance.now() + pause >= until) throw error;
        await sleep(pause, undefined, this.#options.signal ? { signal: this.#options.signal } : {}).catch(() => {
          throw error;
        });
      }
    }
  }

  /**
   * Only trouble with the line passes: an answer that is an error stays one. A host that did not answer in time may
   * be behind a line whose death nobody has noticed yet.
   */
  #mayPass(error: PgupError): boolean {
    if (error.code === 'connection-lost' || (error.code === 'deadline' && this.#everConnected)) return true;
    return this.#everConnected && PASSING.has(error.code) && this.#line === undefined;
  }

  /** Sends a command once. Opening the line and a shell may take several attempts; the sending has one. */
  async #once(options: {
    command: Command;
    as: string | undefined;
    stdin: Query['stdin'];
    deadline: number;
    fresh: boolean;
  }): Promise<Exclude<Answer, { kind: 'input-refused' }>> {
    const { command, as, stdin, deadline, fresh } = options;
    const send = async (left: number): Promise<{ answer: Answer; line: Line }> => {
      const line = await this.#currentLine(left);
      try {
        const answer = await line.withShell({ as, fresh }, (shell) => {
          return shell.run({ text: command.text, stdin, deadline: left });
        });
        return { answer, line };
      } catch (error) {
        // Nothing was sent, for sending does not throw: a shell that could not be opened on a dying line may be opened on the next.
        if (line.lost !== undefined && error instanceof PgupError && error.code !== 'connection-lost') {
          throw new PgupError('connection-lost', error.message, { host: this.host, cause: error });
        }
        throw error;
      }
    };
    const { answer, line } = fresh ? await this.#again(deadline, send) : await send(deadline);
    if (line.boot !== undefined) this.#sawBoot(line.boot);
    if (answer.kind !== 'input-refused') return answer;
    return this.#byErrand({ line, command, as, stdin, deadline });
  }

  async #byErrand(options: {
    line: Line;
    command: Command;
    as: string | undefined;
    stdin: Query['stdin'];
    deadline: number;
  }): Promise<Exclude<Answer, { kind: 'input-refused' }>> {
    const { line, command, as, stdin, deadline } = options;
    const bytes =
      stdin instanceof Secret ? Buffer.from(stdin.reveal()) : typeof stdin === 'string' ? encodeText(stdin) : stdin;
    const result = await line.errand({
      text: command.text,
      as,
      silence: deadline,
      ...(bytes ? { stdin: pieces(bytes) } : {}),
    });
    const { ending, stdout, stderr } = result;
    if (ending.kind !== 'unknown') return { kind: 'answered', ending, stdout, stderr };
    return {
      kind: 'unanswered',
      cause: line.lost === undefined ? 'session' : 'line',
      reason: ending.reason,
      stdout,
      stderr,
    };
  }

  /** The line, or a new one. Waiting for it ends with the caller's patience; the attempt goes on for the others. */
  async #currentLine(patience: number): Promise<Line> {
    if (this.#closed) throw new PgupError('internal', `the shell of ${this.host} was closed`, { host: this.host });
    if (this.#line?.lost === undefined && this.#line) return this.#line;
    this.#line = undefined;
    this.#opening ??= this.#openLine().finally(() => {
      this.#opening = undefined;
    });
    return within({ work: this.#opening, patience, host: this.host });
  }

  async #openLine(): Promise<Line> {
    const { target, transport, become, surroundings, signal } = this.#options;
    const stop = signal ? AbortSignal.any([signal, this.#stop.signal]) : this.#stop.signal;
    const connection = await transport.open(target, stop);
    const line = new Line({ connection, become, surroundings: surroundings ?? 'neutral' });
    if (this.#closed) {
      await line.close();
      throw new PgupError('internal', `the shell of ${this.host} was closed`, { host: this.host });
    }
    this.#line = line;
    this.#tell(this.#everConnected ? 'reconnected' : 'connected', `${target.user}@${target.address}:${target.port}`);
    this.#everConnected = true;
    void connection.lost.then((reason) => {
      if (this.#line === line) this.#line = undefined;
      if (!this.#closed) this.#tell('lost', reason);
    });
    return line;
  }

  #sawBoot(boot: string): void {
    if (this.#boot !== undefined && this.#boot !== boot) this.#tell('rebooted', `boot id ${boot}`);
    this.#boot = boot;
  }

  #tell(state: LineEvent['state'], says: string): void {
    this.#options.onLine?.({ host: this.host, state, says });
  }
}

async function within<T>(options: { work: Promise<T>; patience: number; host: string }): Promise<T> {
  const { work, patience, host } = options;
  if (!Number.isFinite(patience)) return work;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new PgupError('unreachable', `${host} could not be reached within ${patience / 1000} s`, { host }));
    }, patience);
  });
  // The attempt may fail after nobody waits for it.
  work.catch(() => undefined);
  return Promise.race([work, late]).finally(() => {
    clearTimeout(timer);
  });
}

/** A command in an error message: its first line, shortened. */
function brief(command: Command): string {
  const line = command.text.trim().split('\n')[0] ?? '';
  return line.length > 120 ? `${line.slice(0, 117)}...` : line;
}
