import type { Target } from './transport.ts';

/** What the arguments of `ssh` say beyond the target itself. */
export interface SshWords {
  readonly target: Target;
  readonly controlPath: string;
  /** Asked for passwords and passphrases; without it nobody is. */
  readonly askpass: boolean;
  readonly strictHostKeys: boolean;
  readonly knownHostsFiles: readonly string[];
  /** Files of keys, private or public, in place of all that the agent holds. */
  readonly identities: { readonly files: readonly string[]; readonly only: boolean };
  /** The control socket of the connection to the jump host. */
  readonly through: string | undefined;
}

/** What ssh prints when it is logged in and its control socket is there. */
export const READY = 'pgup-ready';

/** A dead line is found by our own signs of life while anything runs (keepalive.ts); this ends one that nobody uses. */
const ALIVE = ['ServerAliveInterval=30', 'ServerAliveCountMax=3'];

/**
 * The arguments of the `ssh` that holds the control connection. ssh takes the first value that it meets: what is said
 * here wins over ssh_config, and what ssh_config says besides (certificates, PKCS#11, GSSAPI, ciphers) holds.
 */
export function sshWords(words: SshWords): string[] {
  const { target, controlPath, askpass, strictHostKeys, knownHostsFiles, identities } = words;
  const options = [
    `ControlPath=${quoted(controlPath)}`,
    'ControlMaster=yes',
    'ControlPersist=no',
    `BatchMode=${askpass ? 'no' : 'yes'}`,
    'NumberOfPasswordPrompts=1',
    ...(target.password === undefined
      ? []
      : ['PreferredAuthentications=gssapi-with-mic,hostbased,publickey,password,keyboard-interactive']),
    `ConnectTimeout=${Math.max(1, Math.ceil(target.connectTimeout / 1000))}`,
    'ConnectionAttempts=1',
    'TCPKeepAlive=yes',
    ...ALIVE,
    `StrictHostKeyChecking=${strictHostKeys ? 'yes' : 'accept-new'}`,
    `UserKnownHostsFile=${knownHostsFiles.map(quoted).join(' ') || '/dev/null'}`,
    'GlobalKnownHostsFile=/dev/null',
    'UpdateHostKeys=no',
    'CheckHostIP=no',
    'VerifyHostKeyDNS=no',
    'HashKnownHosts=no',
    ...(target.hostKeyAlias === undefined ? [] : [`HostKeyAlias=${escaped(target.hostKeyAlias)}`]),
    `HostName=${escaped(target.address)}`,
    `IdentityAgent=${target.agentSocket === undefined ? 'none' : quoted(target.agentSocket)}`,
    ...(identities.only ? ['IdentitiesOnly=yes'] : []),
    ...identities.files.map((file) => `IdentityFile=${quoted(file)}`),
    // Its messages tell how far a connection came, and which key the host showed.
    'LogLevel=DEBUG1',
    'PermitLocalCommand=yes',
    `LocalCommand=echo ${READY}`,
    'ClearAllForwardings=yes',
    'ForwardAgent=no',
    'ForwardX11=no',
    'RequestTTY=no',
    'Tunnel=no',
    ...proxyOf(words),
  ];
  return [
    ...(target.configFile === undefined ? [] : ['-F', target.configFile]),
    ...options.flatMap((option) => ['-o', option]),
    ...['-N', '-l', target.user, '-p', String(target.port)],
    ...['--', target.configName ?? target.address],
  ];
}

function proxyOf({ target, through }: SshWords): string[] {
  if (through !== undefined) return [`ProxyCommand=${proxyCommand({ target, controlPath: through })}`];
  return target.direct === true ? ['ProxyJump=none'] : [];
}

/**
 * Goes through the connection that stands. Where it does not any more, ssh would make one of its own, past all checks:
 * it is given a way there that leads nowhere.
 */
function proxyCommand({ target, controlPath }: { target: Target; controlPath: string }): string {
  const address = target.address.includes(':') ? `[${target.address}]` : target.address;
  const words = ['ssh', '-F', 'none', '-o', `ControlPath=${quoted(controlPath)}`, '-o', 'ControlMaster=no'];
  const closed = ['-o', 'ProxyCommand=false', '-W', `${address}:${target.port}`, '--', 'jump.invalid'];
  return [...words, ...closed].map((word) => escaped(shellQuoted(word))).join(' ');
}

/** A value of an option that is a path: it may hold spaces, and `%` begins a token. */
function quoted(path: string): string {
  return `"${escaped(path).replace(/(["\\])/g, '\\$1')}"`;
}

function escaped(text: string): string {
  return text.replaceAll('%', '%%');
}

function shellQuoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
