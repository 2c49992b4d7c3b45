import { PgupError } from '../errors.ts';
import type { Asked } from './askpass.ts';
import { hostKeyChanged, hostKeyRevoked, hostKeyUnknown } from './host-key-letters.ts';
import { fileTrouble, nextForKeys } from './key-letters.ts';
import type { KeyFile } from './keyring.ts';
import type { KnownHost } from './known-hosts.ts';
import { hungUp, nextFor, nothingAnswers, placeOf, type DialFailure } from './letters.ts';
import type { SshLog } from './openssh-log.ts';
import type { Target } from './transport.ts';

export interface Trouble {
  readonly target: Target;
  readonly log: SshLog;
  readonly asked: Asked;
  /** What known_hosts has for the host, and the name that it has it by. */
  readonly known: { readonly name: string; readonly entries: readonly KnownHost[] };
  /** What the key files of the target are. */
  readonly files: readonly KeyFile[];
  /** Keys of the agent that were not offered. */
  readonly unused: number;
}

/** An `ssh` that ended before it was logged in, as the same errors that ssh2 gives. */
export function explainSsh(trouble: Trouble): DialFailure {
  const { target, log } = trouble;
  const said = log.said.at(-1) ?? 'ssh ended without a word';
  const cause = new Error(log.said.slice(-20).join('\n') || said);
  return (
    hostKeyTrouble(trouble) ??
    programTrouble(trouble) ??
    networkTrouble(trouble, cause) ??
    authenticationTrouble(trouble) ??
    never('unreachable', `no connection to ${placeOf(target)}: ${said}`, target, cause)
  );
}

function hostKeyTrouble({ target, log, known }: Trouble): DialFailure | undefined {
  const key = log.hostKey ?? { type: 'unknown', fingerprint: 'not told' };
  const revoked = known.entries.find(({ marker }) => marker === 'revoked');
  if (revoked && log.find(/REVOKED HOST KEY|marked as revoked|key was revoked/i)) {
    return refused(hostKeyRevoked({ target, key, entry: revoked }));
  }
  if (!log.find(/^Host key verification failed/)) return undefined;
  const plain = known.entries.filter(({ marker }) => marker === 'none');
  const type = key.type.replace(/-cert-v01@openssh\.com$/, '');
  const entry = plain.find(({ keyType }) => keyType === type) ?? plain[0];
  if (entry) return refused(hostKeyChanged({ target, name: known.name, key, entry }));
  const certificate =
    log.find(/certificate|principal/i)?.[0] === undefined ? undefined : log.find(/^.*(certificate|principal).*$/i)?.[0];
  const authority = known.entries.find(({ marker }) => marker === 'cert-authority');
  return refused(
    hostKeyUnknown({ target, key, authority, certificate: certificate ?? 'it shows no certificate of it' }),
  );
}

/** ssh itself, its configuration, or the programs that it starts. */
function programTrouble({ target, log }: Trouble): DialFailure | undefined {
  const configuration = log.find(
    /Bad configuration option|Bad owner or permissions|^.*terminating, \d+ bad configuration/i,
  );
  if (configuration) {
    const next = `ssh -G ${target.configFile === undefined ? '' : `-F ${target.configFile} `}${target.configName ?? target.address}`;
    const error = new PgupError('file-missing', `ssh cannot read its configuration: ${log.said[0] ?? ''}`, {
      host: target.host,
      next,
    });
    return { error, again: 'never' };
  }
  const helper = log.find(/ssh_askpass: exec.*$/);
  if (helper) {
    return refused(
      new PgupError('transport', `ssh could not run the program that answers its questions: ${helper[0]}`, {
        host: target.host,
        next: 'set TMPDIR to a folder on a file system that runs programs (not noexec)',
      }),
    );
  }
  return undefined;
}

function networkTrouble({ target, log }: Trouble, cause: Error): DialFailure | undefined {
  const place = placeOf(target);
  const at = `${target.address}:${target.port}`;
  const jump = target.jumps.at(-1)?.host;
  if (jump !== undefined && log.find(/stdio forwarding (?:request )?failed/i)) {
    return { error: nothingAnswers({ host: jump, at, cause }), again: 'soon', jumpRefused: true };
  }
  if (log.find(/no matching .* found/i)) {
    const found = log.find(/no matching .*$/i)?.[0] ?? '';
    return never('transport', `${place} and this machine's ssh have no algorithm in common: ${found}`, target, cause);
  }
  const name = log.find(/Could not resolve hostname/i);
  if (name) return never('unreachable', `no connection to ${place}: the name does not resolve`, target, cause);
  const tcp = log.find(/^(?:ssh: )?connect to (?:host|address) \S+ port \d+: (.*)$/i)?.[1];
  if (tcp !== undefined && log.phase === 'tcp') {
    return {
      error: letter('unreachable', `no connection to ${place}: ${reasonOf(tcp)}`, target, cause),
      again: 'soon',
    };
  }
  if (log.phase === 'handshake') {
    const words = log.greeting ?? log.find(/banner line contains invalid|Not allowed at this time/i)?.[0];
    return hungUp({ target, said: words, cause });
  }
  return undefined;
}

function authenticationTrouble(trouble: Trouble): DialFailure | undefined {
  const { target, log, asked } = trouble;
  if (log.phase !== 'authentication') return undefined;
  const lost = log.find(/Connection (?:reset|timed out|closed)|Broken pipe|not responding|Software caused/i)?.[0];
  const refusedLogin = asked.passwordRefused || log.find(/Permission denied|Too many authentication failures/i);
  if (!refusedLogin && lost !== undefined && !log.refusedAny) {
    const says = `the line to ${placeOf(target)} was lost during the login: ${lost}`;
    return { error: letter('connection-lost', says, target, new Error(lost)), again: 'soon' };
  }
  if (!refusedLogin) {
    const says = `${placeOf(target)} closed the line during the login: ${lost ?? log.said.at(-1) ?? 'without a word'}`;
    return never('authentication', says, target, new Error(says));
  }
  return refused(loginRefused(trouble));
}

function loginRefused({ target, log, asked, files, unused }: Trouble): PgupError {
  // What ssh can use although ssh2 cannot is no trouble here: certificates, tokens.
  const wrong = files.flatMap((file): KeyFile[] => {
    if (file.kind === 'key' || file.kind === 'token') return [];
    return [file.kind === 'locked' ? { ...file, wrong: asked.opened.includes(file.file) } : file];
  });
  const tried = log.tried.length === 0 ? 'nothing was offered' : `tried ${log.tried.join(', ')}`;
  const parts = [
    `${target.host} refused ${target.user}: ${tried}`,
    ...(log.methods === undefined ? [] : [`it takes ${log.methods}`]),
    ...(asked.passwordGiven ? ['the password was tried once'] : []),
    ...wrong.flatMap(fileTrouble),
    ...asked.unanswered.slice(0, 1).map((prompt) => `nobody answered "${prompt}"`),
    ...(unused > 0 ? [`${unused} more agent keys were not offered, for hosts refuse after a few`] : []),
  ];
  return new PgupError('authentication', parts.join('; '), {
    host: target.host,
    next: nextForKeys(target, wrong),
  });
}

function refused(error: PgupError): DialFailure {
  return { error, again: 'never' };
}

type LineCode = 'unreachable' | 'authentication' | 'connection-lost' | 'transport';

function letter(code: LineCode, says: string, target: Target, cause: Error): PgupError {
  return new PgupError(code, says, { ...nextFor(target), cause });
}

function never(code: LineCode, says: string, target: Target, cause: Error): DialFailure {
  return { error: letter(code, says, target, cause), again: 'never' };
}

function reasonOf(said: string): string {
  if (/Connection refused/.test(said)) return 'nothing listens there (ECONNREFUSED)';
  if (/No route to host|Network is unreachable/.test(said)) return `no route to it (${said})`;
  return said;
}
