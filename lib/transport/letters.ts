import { PgupError } from '../errors.ts';
import type { Target } from './transport.ts';

/** How a host is called in messages about its line. */
export function placeOf({ host, address, port }: Target): string {
  return `${host} (${address}:${port})`;
}

/** The command that shows what ssh itself makes of a host. */
export function nextFor({ host, address, port, user }: Target): { readonly host: string; readonly next: string } {
  return { host, next: `see whether ssh gets there: ssh -v${port === 22 ? '' : ` -p ${port}`} ${user}@${address}` };
}

/** A failure of a jump host, told of the host behind it. */
export function onTheWay({ host }: Target, error: PgupError): PgupError {
  return new PgupError(error.code, `on the way to ${host}: ${error.message}`, {
    host,
    next: error.next,
    output: error.output,
    cause: error,
  });
}

/** Nothing listens where a connection was to be forwarded to. */
export function nothingAnswers({ host, at, cause }: { host: string; at: string; cause?: unknown }): PgupError {
  return new PgupError('unreachable', `nothing answers on ${at} as seen from ${host}`, { host, cause });
}

export function forwardRefused({ host, at, cause }: { host: string; at: string; cause?: unknown }): PgupError {
  return new PgupError('transport', `${host} does not forward connections to ${at}`, {
    host,
    next: `allow it in sshd_config on ${host}: AllowTcpForwarding yes, and no PermitOpen that leaves it out`,
    cause,
  });
}

/** sshd's MaxSessions is 10 by default; two are left for others that share the account's limits. */
export const MOST_CHANNELS = 8;

export function channelRefused({ host, cause }: { host: string; cause: Error }): PgupError {
  return new PgupError('transport', `${host} opens no further session on this connection: ${cause.message}`, {
    host,
    next: `raise MaxSessions in sshd_config on ${host} (10 is its default; pgup uses at most ${MOST_CHANNELS})`,
    cause,
  });
}

/** execve takes at most 128 KiB as one argument, and sshd resets the line at twice that. */
const LONGEST_COMMAND = 131_000;

/** Refuses a command line that no host could take. */
export function refuseTooLong(commandLine: string): void {
  if (Buffer.byteLength(commandLine) <= LONGEST_COMMAND) return;
  throw new PgupError('internal', 'a command line is too long for a channel: scripts go by standard input');
}

export function lineLost({ host, reason }: { host: string; reason: string }): PgupError {
  return new PgupError('connection-lost', `the line to ${host} is lost: ${reason}`, { host });
}

export function interrupted({ host }: Target): PgupError {
  return new PgupError('interrupted', `connecting to ${host} was interrupted`, { host });
}

/** How far a connection came, which decides whether trying again is safe and what to tell. */
export type Phase = 'tcp' | 'handshake' | 'authentication' | 'ready';

/** What did not happen within the connect timeout. */
export function tooSlow(target: Target, phase: Phase): PgupError {
  const seconds = target.connectTimeout / 1000;
  if (phase === 'tcp') {
    return new PgupError('unreachable', `no TCP connection to ${placeOf(target)} within ${seconds} s`, nextFor(target));
  }
  const what = phase === 'handshake' ? 'SSH handshake' : 'login';
  const says = `${placeOf(target)} did not finish the ${what} within ${seconds} s`;
  return new PgupError('deadline', says, nextFor(target));
}

/** A failure of one attempt; `again` where nothing was refused and the next attempt may well succeed. */
export interface DialFailure {
  readonly error: PgupError;
  readonly again: 'soon' | 'later' | 'never';
  /** The jump host would not connect further; it was not said why. */
  readonly jumpRefused?: boolean;
}

/** A server that hung up before the SSH handshake; `said` is what it wrote in place of its banner. */
export function hungUp(options: { target: Target; said: string | undefined; cause: Error }): DialFailure {
  const { target, said, cause } = options;
  const banned = said !== undefined && /not allowed at this time/i.test(said);
  const error = new PgupError(
    'unreachable',
    `${placeOf(target)} hung up before the SSH handshake: ${said ?? cause.message}`,
    {
      host: target.host,
      cause,
      next: banned
        ? 'it has banned this address for refused logins (PerSourcePenalties): wait a minute, then look at the key or password'
        : `too many connections at once (MaxStartups), or no sshd there: ssh -v -p ${target.port} ${target.address}`,
    },
  );
  // Silence is a full MaxStartups, and OpenSSH 9.8 says so; whoever says something else will say it again.
  const full = said === undefined || /maxstartups/i.test(said);
  return { error, again: full ? 'later' : 'never' };
}
