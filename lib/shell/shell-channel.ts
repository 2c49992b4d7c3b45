import { randomBytes } from 'node:crypto';
import { PgupError } from '../errors.ts';
import type { Channel, Connection, Ending } from '../transport/transport.ts';
import {
  asksForPassword,
  becomeRefusal,
  needsPassword,
  shellLine,
  userOf,
  wrongPassword,
  type Token,
  type Way,
} from './become.ts';

/** A channel at whose other end a plain `sh` of the wanted user reads commands. */
export interface ShellChannel {
  readonly channel: Channel;
  /** What had arrived behind the ready words, to be read before the streams. */
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

export interface OpenShellOptions {
  readonly connection: Connection;
  readonly way: Way;
  /** sudo is known to want a password on this host: do not ask without one first. */
  readonly withPassword: boolean;
  /** Milliseconds for start-up files and sudo. */
  readonly deadline: number;
}

/** Whether sudo had to be given the password, so that the next shell need not find out again. */
export interface OpenedShell extends ShellChannel {
  readonly withPassword: boolean;
}

/**
 * Opens a shell as the wanted user. sudo is first asked without a password; only where it says that it wants one is
 * it asked again with a prompt of ours, and the password goes out after that prompt alone: a sudo that wants none
 * would hand it to the command.
 */
export async function openShell(options: OpenShellOptions): Promise<OpenedShell> {
  const { connection, way } = options;
  const { host } = connection.target;
  const usesSudo = way.become?.method === 'sudo' && way.login !== 'root' && userOf(way) !== way.login;
  if (!(usesSudo && options.withPassword && way.become.password)) {
    const quiet = await attempt(options, undefined);
    if (quiet.kind === 'ready') return { ...quiet.shell, withPassword: false };
    const canGive = usesSudo && way.become.password && needsPassword(quiet.stderr);
    if (!canGive) throw refusal(host, way, quiet);
  }
  const prompt = `pgup${randomBytes(12).toString('hex')}:`;
  const asked = await attempt(options, prompt);
  if (asked.kind === 'ready') return { ...asked.shell, withPassword: true };
  if (asked.prompts > 1) throw wrongPassword({ host, way, output: withoutPrompts(asked.stderr, prompt) });
  throw refusal(host, way, { ...asked, stderr: withoutPrompts(asked.stderr, prompt) });
}

type Attempt =
  | { readonly kind: 'ready'; readonly shell: ShellChannel }
  | {
      readonly kind: 'refused';
      readonly stdout: string;
      readonly stderr: string;
      readonly ending: Ending | 'deadline';
      readonly prompts: number;
    };

function refusal(host: string, way: Way, refused: Attempt & { kind: 'refused' }): PgupError {
  const { ending, stderr, stdout } = refused;
  const said = stderr.trim() || stdout.trim();
  if (ending === 'deadline') {
    return new PgupError(
      'deadline',
      `no shell of ${userOf(way)} on ${host} in the time allowed${said ? `; it said: ${said.slice(-300)}` : ''}`,
      {
        host,
        output: said,
        next: `the start-up files of ${way.login} or sudo wait for something: ssh ${way.login}@${host} sh -c id`,
      },
    );
  }
  if (ending.kind === 'unknown') {
    return new PgupError('connection-lost', `the line to ${host} was lost while a shell was opened: ${ending.reason}`, {
      host,
    });
  }
  return becomeRefusal({ host, way, stderr, stdout, code: ending.kind === 'exited' ? ending.code : undefined });
}

async function attempt(options: OpenShellOptions, prompt: string | undefined): Promise<Attempt> {
  const { connection, way } = options;
  const ready: Token = { left: randomBytes(8).toString('hex'), right: randomBytes(8).toString('hex') };
  const channel = await connection.exec(shellLine({ way, ready, prompt }));
  const word = Buffer.from(`${ready.left}${ready.right}\n`);
  return new Promise((resolve) => {
    let stdout = Buffer.alloc(0);
    let stderr = Buffer.alloc(0);
    let prompts = 0;
    let settled = false;
    const settle = (result: Attempt): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      channel.stdout.removeListener('data', onStdout);
      channel.stderr.removeListener('data', onStderr);
      if (result.kind === 'refused') abandon(channel);
      resolve(result);
    };
    const refuse = (ending: Ending | 'deadline'): void => {
      settle({ kind: 'refused', stdout: stdout.toString(), stderr: stderr.toString(), ending, prompts });
    };
    const timer = setTimeout(() => {
      refuse('deadline');
    }, options.deadline);
    const look = (): void => {
      const out = stdout.indexOf(word);
      const err = stderr.indexOf(word);
      if (out >= 0 && err >= 0) {
        // Whatever start-up files printed stands before the words, on both outputs, and is dropped.
        const shell = {
          channel,
          stdout: stdout.subarray(out + word.length),
          stderr: stderr.subarray(err + word.length),
        };
        settle({ kind: 'ready', shell });
        return;
      }
      if (way.become?.method === 'su' && asksForPassword(stderr.toString())) refuse({ kind: 'exited', code: 1 });
      if (prompt === undefined) return;
      const seen = count(stderr, prompt);
      if (seen > prompts) {
        prompts = seen;
        if (seen === 1) channel.stdin.write(`${way.become?.password?.reveal() ?? ''}\n`);
        else {
          // Asked again: the password is wrong. A second try would count towards locking the account.
          channel.stdin.end();
          refuse({ kind: 'exited', code: 1 });
        }
      }
    };
    const onStdout = (chunk: Buffer): void => {
      stdout = Buffer.concat([stdout, chunk]);
      look();
    };
    const onStderr = (chunk: Buffer): void => {
      stderr = Buffer.concat([stderr, chunk]);
      look();
    };
    channel.stdout.on('data', onStdout);
    channel.stderr.on('data', onStderr);
    void channel.ended.then(refuse);
  });
}

/** Lets go of a channel: what it still says is read and dropped, else the host would stall. */
export function abandon(channel: Channel): void {
  channel.stdout.resume();
  channel.stderr.resume();
  channel.stdin.end();
  channel.close();
}

function count(buffer: Buffer, word: string): number {
  return buffer.toString('latin1').split(word).length - 1;
}

function withoutPrompts(stderr: string, prompt: string): string {
  return stderr.replaceAll(prompt, '').trim();
}
