import { randomBytes } from 'node:crypto';
import pLimit from 'p-limit';
import { Secret } from '../secret.ts';
import type { Connection, Ending } from '../transport/transport.ts';
import { encodeText } from './bytes.ts';
import { FENCE_LESSON } from './fence.ts';
import { quote } from './sh.ts';
import { userOf, type Way } from './become.ts';
import { Collector, PRELUDE, endingOf, runLine } from './protocol.ts';
import { abandon, openShell, type OpenedShell } from './shell-channel.ts';

/** What a session starts from: the same on every host (`neutral`), or as the login gives it (`login`). */
export type Surroundings = 'neutral' | 'login';

export interface SessionOptions {
  readonly connection: Connection;
  readonly way: Way;
  readonly withPassword: boolean;
  readonly surroundings: Surroundings;
  /** Milliseconds for the shell to be ready. */
  readonly deadline: number;
}

export interface Request {
  readonly text: string;
  readonly stdin?: string | Uint8Array | Secret | undefined;
  readonly deadline: number;
}

/** What came of a request. Only `answered` says that the command ran to its end. */
export type Answer =
  | { readonly kind: 'answered'; readonly ending: Ending; readonly stdout: Buffer; readonly stderr: Buffer }
  /**
   * No end was seen. `line`: the connection is gone. `session`: the connection stands, but the shell ended, as when the
   * command killed it. `deadline`, `flood`: we gave up on it. The command may have run, or may be running.
   */
  | {
      readonly kind: 'unanswered';
      readonly cause: 'line' | 'session' | 'deadline' | 'flood';
      readonly reason: string;
      readonly stdout: Buffer;
      readonly stderr: Buffer;
    }
  /** Not run: the shell cannot take this input on this way; it needs a channel of its own. */
  | { readonly kind: 'input-refused' };

/** One command's output is kept in memory: beyond this, something is wrong with the command. */
const MOST_OUTPUT = 256 * 1024 * 1024;
/** What a pipe takes without a reader: more could block the shell behind a command that does not read. */
export const MOST_INLINE_INPUT = 48 * 1024;

/** A persistent shell of one user on one host: one round trip a command, one command at a time. */
export class Session {
  readonly user: string;
  readonly withPassword: boolean;
  /** The host's boot id, once a command was answered. */
  boot: string | undefined;
  readonly #shell: OpenedShell;
  readonly #nonce = randomBytes(16).toString('hex');
  readonly #turn = pLimit(1);
  readonly #preface: string;
  #taught = false;
  #number = 0;
  #current: Running | undefined;
  #usable = true;
  #lineLost: string | undefined;

  static async open(options: SessionOptions): Promise<Session> {
    const { connection, way, withPassword, deadline } = options;
    return new Session(options, await openShell({ connection, way, withPassword, deadline }));
  }

  private constructor({ connection, way, surroundings }: SessionOptions, shell: OpenedShell) {
    this.user = userOf(way);
    this.withPassword = shell.withPassword;
    this.#shell = shell;
    this.#preface = lessonFor(way, surroundings);
    void connection.lost.then((reason) => {
      this.#lineLost = reason;
    });
    const { channel } = shell;
    channel.stdout.on('data', (chunk: Buffer) => {
      this.#hear('stdout', chunk);
    });
    channel.stderr.on('data', (chunk: Buffer) => {
      this.#hear('stderr', chunk);
    });
    void channel.ended.then((ending) => this.#end(connection, ending));
  }

  /** False once no further command may be sent: it ended, was given up, or a background process writes into it. */
  usable(): boolean {
    return this.#usable;
  }

  get busy(): boolean {
    return this.#turn.activeCount > 0;
  }

  run(request: Request): Promise<Answer> {
    return this.#turn(() => this.#run(request));
  }

  close(): void {
    this.#usable = false;
    abandon(this.#shell.channel);
  }

  #hear(from: 'stdout' | 'stderr', chunk: Buffer): void {
    if (this.#current) this.#current.hear(from, chunk);
    // Between commands a shell is silent: this is the rest of one that said its end itself.
    else this.close();
  }

  async #run(request: Request): Promise<Answer> {
    const stdin = inputBytes(request.stdin);
    if (stdin && stdin.length > MOST_INLINE_INPUT) return { kind: 'input-refused' };
    if (!this.#usable) {
      const reason = this.#lineLost ?? 'the shell had ended';
      return { kind: 'unanswered', cause: this.#lineLost === undefined ? 'session' : 'line', reason, ...nothing() };
    }
    this.#number += 1;
    const running = new Running({ nonce: this.#nonce, number: this.#number, deadline: request.deadline });
    this.#current = running;
    const line = runLine({ nonce: this.#nonce, number: this.#number, text: request.text, stdin });
    // The lesson goes out with the first command, so that it costs no round trip of its own.
    this.#shell.channel.stdin.write(this.#taught ? line : Buffer.concat([encodeText(this.#preface), line]));
    this.#taught = true;
    const answer = await running.answer;
    this.boot ??= running.boot;
    this.#current = undefined;
    if (answer.kind === 'unanswered' || running.spent) this.close();
    return answer;
  }

  async #end(connection: Connection, ending: Ending): Promise<void> {
    this.#usable = false;
    if (ending.kind === 'unknown' && this.#lineLost === undefined) await soon(connection.lost);
    const running = this.#current;
    if (this.#lineLost !== undefined) running?.giveUp('line', this.#lineLost);
    else running?.giveUp('session', `the shell of ${this.user} ended before the command did: ${says(ending)}`);
  }
}

/** One command on its way. */
class Running {
  readonly answer: Promise<Answer>;
  readonly #resolve: (answer: Answer) => void;
  readonly #outputs: { readonly stdout: Collector; readonly stderr: Collector };
  readonly #timer: NodeJS.Timeout;

  constructor(options: { nonce: string; number: number; deadline: number }) {
    const { nonce, number, deadline } = options;
    this.#outputs = { stdout: new Collector(nonce, number), stderr: new Collector(nonce, number) };
    let resolve: (answer: Answer) => void = () => undefined;
    this.answer = new Promise((yes) => {
      resolve = yes;
    });
    this.#resolve = resolve;
    this.#timer = setTimeout(() => {
      this.giveUp('deadline', `it did not end within ${deadline / 1000} s`);
    }, deadline);
  }

  get spent(): boolean {
    const { stdout, stderr } = this.#outputs;
    return stdout.trailed || stderr.trailed || (stdout.mark?.spent ?? true);
  }

  get boot(): string | undefined {
    return this.#outputs.stdout.mark?.boot;
  }

  hear(from: 'stdout' | 'stderr', chunk: Buffer): void {
    const { stdout, stderr } = this.#outputs;
    const complete = this.#outputs[from].push(chunk);
    if (this.#outputs[from].mixed) {
      this.giveUp('session', 'an earlier command printed into the output of this one');
      return;
    }
    if (!complete) {
      if (this.#outputs[from].size > MOST_OUTPUT) this.giveUp('flood', `it printed more than ${MOST_OUTPUT >> 20} MiB`);
      return;
    }
    // The end is on both outputs: each of them is whole only up to its own mark.
    if (!stdout.mark || !stderr.mark) return;
    clearTimeout(this.#timer);
    if (stdout.mark.inputRefused) {
      this.#resolve({ kind: 'input-refused' });
      return;
    }
    const out = stdout.finish();
    const ending = endingOf(stdout.mark.status, out.given);
    this.#resolve({ kind: 'answered', ending, stdout: out.output, stderr: stderr.finish().output });
  }

  giveUp(cause: 'line' | 'session' | 'deadline' | 'flood', reason: string): void {
    clearTimeout(this.#timer);
    const { stdout, stderr } = this.#outputs;
    this.#resolve({
      kind: 'unanswered',
      cause,
      reason,
      stdout: stdout.finish().output,
      stderr: stderr.finish().output,
    });
  }
}

function nothing(): { stdout: Buffer; stderr: Buffer } {
  return { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
}

function inputBytes(stdin: Request['stdin']): Uint8Array | undefined {
  if (stdin === undefined) return undefined;
  if (stdin instanceof Secret) return Buffer.from(stdin.reveal(), 'utf8');
  return typeof stdin === 'string' ? encodeText(stdin) : stdin;
}

/** Messages in English and UTF-8, programs as they come, administrators' on the PATH, a folder that all may be in. */
const NEUTRAL = `
LC_ALL=C
for __pgup_x in /usr/lib/locale/C.utf8 /usr/lib/locale/C.UTF-8; do [ ! -d "$__pgup_x" ] || LC_ALL=C.UTF-8; done
export LC_ALL
unset LANGUAGE CDPATH GREP_OPTIONS POSIXLY_CORRECT
umask 022
cd /
case ":$PATH:" in *:/usr/sbin:*) ;; *) PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin" ;; esac
export PATH
`;

/** Everything that a shell is told before its first command. */
export function lessonFor(way: Way, surroundings: Surroundings): string {
  const user = userOf(way);
  // runuser changes the user and nothing else: a program that looks at HOME would read root's files.
  const home =
    user === way.login ? '' : `HOME=~${user} USER=${quote(user)} LOGNAME=${quote(user)}\nexport HOME USER LOGNAME\n`;
  return PRELUDE + FENCE_LESSON + home + (surroundings === 'neutral' ? NEUTRAL : '');
}

function says(ending: Ending): string {
  switch (ending.kind) {
    case 'exited':
      return `exit code ${ending.code}`;
    case 'signalled':
      return ending.signal;
    case 'unknown':
      return ending.reason;
  }
}

/** A channel may hear of the end of the line a moment before the line does. */
async function soon(lost: Promise<string>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const pause = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, 50);
  });
  await Promise.race([lost, pause]);
  clearTimeout(timer);
}
