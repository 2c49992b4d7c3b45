import { didYouMean } from '../nearest.ts';
import { splitShellWords } from './shell-words.ts';

/** A host on the way, as `-J` names it. */
export interface JumpHost {
  readonly address: string;
  readonly port: number | undefined;
  readonly user: string | undefined;
  readonly privateKeyFile: string | undefined;
}

/** What `ansible_ssh_common_args` and its like ask for, as values. Undefined: not given. */
export interface SshOptions {
  readonly userKnownHostsFiles: readonly string[] | undefined;
  readonly hostKeyChecking: 'strict' | 'accept-new' | 'off' | undefined;
  /** The outermost first. Empty: `ProxyJump=none`. */
  readonly jumps: readonly JumpHost[] | undefined;
  readonly privateKeyFiles: readonly string[];
  readonly user: string | undefined;
  readonly port: number | undefined;
  readonly address: string | undefined;
  /** Seconds. */
  readonly connectTimeout: number | undefined;
  /** The ssh_config to use in place of the user's. */
  readonly configFile: string | undefined;
}

export interface SshArguments {
  readonly options: SshOptions;
  /** What cannot be honoured, one text each. */
  readonly refused: readonly string[];
}

type Draft = { -readonly [Key in keyof SshOptions]: SshOptions[Key] };

/** Letters that take no value and change nothing that matters here: verbosity, compression, no terminal, no command. */
const HARMLESS_LETTERS = 'CNTnqvx46ak';
const VALUE_LETTERS = 'oipJlF';
/** Options about ssh's own multiplexing, keepalives and output: the line here has its own, or needs none. */
const WITHOUT_EFFECT: ReadonlySet<string> = new Set(
  [
    'ControlMaster ControlPath ControlPersist Compression LogLevel BatchMode RequestTTY ForwardX11',
    'TCPKeepAlive ServerAliveInterval ServerAliveCountMax ConnectionAttempts VisualHostKey UpdateHostKeys',
    'HashKnownHosts CheckHostIP AddressFamily EscapeChar ExitOnForwardFailure ClearAllForwardings IdentitiesOnly',
    'GSSAPIAuthentication PreferredAuthentications PubkeyAuthentication PasswordAuthentication',
    'KbdInteractiveAuthentication ChallengeResponseAuthentication NumberOfPasswordPrompts',
  ]
    .join(' ')
    .toLowerCase()
    .split(' '),
);

type Setter = (draft: Draft, value: string) => string | undefined;

const SETTERS: Readonly<Record<string, Setter>> = {
  UserKnownHostsFile: (draft, value) => {
    draft.userKnownHostsFiles ??= Object.freeze(value.split(/\s+/).filter((file) => file !== ''));
    return undefined;
  },
  StrictHostKeyChecking: (draft, value) => {
    const meanings = { yes: 'strict', ask: 'strict', 'accept-new': 'accept-new', no: 'off', off: 'off' } as const;
    const meaning = Object.entries(meanings).find(([word]) => word === value.toLowerCase())?.[1];
    if (!meaning) return `StrictHostKeyChecking must be yes, accept-new or no, not "${value}"`;
    draft.hostKeyChecking ??= meaning;
    return undefined;
  },
  ProxyJump: (draft, value) => {
    const jumps = value.toLowerCase() === 'none' ? [] : value.split(',').map(parseJump);
    if (jumps.some((jump) => jump === undefined))
      return `"${value}" is no list of jump hosts: [user@]host[:port],… was expected`;
    draft.jumps ??= Object.freeze(jumps.filter((jump) => jump !== undefined));
    return undefined;
  },
  ProxyCommand: (draft, value) => {
    const jumps = value.toLowerCase() === 'none' ? [] : jumpsOfProxyCommand(value);
    if (!jumps)
      return `ProxyCommand "${value}" cannot be run: only "ssh -W %h:%p HOST" is understood, which is ProxyJump`;
    draft.jumps ??= Object.freeze(jumps);
    return undefined;
  },
  IdentityFile: (draft, value) => {
    draft.privateKeyFiles = Object.freeze([...draft.privateKeyFiles, value]);
    return undefined;
  },
  User: (draft, value) => {
    draft.user ??= value;
    return undefined;
  },
  Port: (draft, value) => {
    const port = parsePort(value);
    if (port === undefined) return `a port must be a number from 1 to 65535, not "${value}"`;
    draft.port ??= port;
    return undefined;
  },
  HostName: (draft, value) => {
    if (value.includes('%')) return `HostName "${value}" has a % token, which is not expanded`;
    draft.address ??= value;
    return undefined;
  },
  ConnectTimeout: (draft, value) => {
    if (!/^[1-9][0-9]{0,5}$/.test(value)) return `ConnectTimeout must be a number of seconds, not "${value}"`;
    draft.connectTimeout ??= Number(value);
    return undefined;
  },
};

const LETTER_OPTIONS: Readonly<Record<string, string>> = { i: 'IdentityFile', p: 'Port', J: 'ProxyJump', l: 'User' };

/** A port as text; undefined where it is none. */
export function parsePort(text: string): number | undefined {
  const port = /^[0-9]{1,5}$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65_535 ? port : undefined;
}

/** Reads arguments of the `ssh` command. As in ssh, the first value of an option counts. */
export function parseSshArguments(text: string): SshArguments {
  const draft: Draft = {
    userKnownHostsFiles: undefined,
    hostKeyChecking: undefined,
    jumps: undefined,
    privateKeyFiles: [],
    user: undefined,
    port: undefined,
    address: undefined,
    connectTimeout: undefined,
    configFile: undefined,
  };
  const split = splitShellWords(text, { comments: false });
  if (split.kind === 'unbalanced') return { options: draft, refused: [`a ${split.missing} is missing in "${text}"`] };
  const refused: string[] = [];
  const words = split.words.map((word) => word.text);
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    const problem = readWord(draft, word, words);
    if (problem !== undefined) refused.push(problem);
  }
  return { options: Object.freeze(draft), refused };
}

/** One word: flags, the last of which may take the rest of the word or the next one as its value. */
function readWord(draft: Draft, word: string, words: string[]): string | undefined {
  if (!/^-[^-]/.test(word)) return `"${word}" is no option of ssh`;
  for (let at = 1; at < word.length; at++) {
    const letter = word.charAt(at);
    if (HARMLESS_LETTERS.includes(letter)) continue;
    if (!VALUE_LETTERS.includes(letter)) return `"-${letter}" cannot be honoured`;
    const value = word.slice(at + 1) || words.shift();
    if (value === undefined) return `"-${letter}" needs a value`;
    if (letter === 'F') draft.configFile ??= value;
    else if (letter === 'o') return setOption(draft, value);
    else return setOption(draft, `${LETTER_OPTIONS[letter] ?? ''}=${value}`);
  }
  return undefined;
}

function setOption(draft: Draft, assignment: string): string | undefined {
  const match = /^\s*([A-Za-z0-9]+)(?:\s*=\s*|\s+)(.*?)\s*$/s.exec(assignment);
  const [, name, value] = match ?? [];
  if (name === undefined || value === undefined) return `"-o ${assignment}" is not Option=value`;
  const known = Object.keys(SETTERS).find((each) => each.toLowerCase() === name.toLowerCase());
  if (known !== undefined) return SETTERS[known]?.(draft, value);
  if (WITHOUT_EFFECT.has(name.toLowerCase())) return undefined;
  if (name.toLowerCase() === 'forwardagent' && /^no$/i.test(value)) return undefined;
  return `ssh option "${name}" cannot be honoured${didYouMean(name, Object.keys(SETTERS))}: put it into ssh_config`;
}

/** `[user@]host[:port]` or `ssh://[user@]host[:port]`. */
function parseJump(text: string): JumpHost | undefined {
  const match = /^(?:ssh:\/\/)?(?:([^@\s]+)@)?(?:\[([^\]\s]+)\]|([^@:\s[\]]+))(?::([0-9]+))?$/.exec(text.trim());
  const address = match?.[2] ?? match?.[3];
  const port = match?.[4] === undefined ? undefined : parsePort(match[4]);
  if (!match || address === undefined || (match[4] !== undefined && port === undefined)) return undefined;
  return Object.freeze({ address, port, user: match[1], privateKeyFile: undefined });
}

/** `ssh -W %h:%p [options] bastion`, the older way to write a jump. Undefined: any other command. */
function jumpsOfProxyCommand(command: string): readonly JumpHost[] | undefined {
  const split = splitShellWords(command, { comments: false });
  if (split.kind === 'unbalanced') return undefined;
  const words = split.words.map((word) => word.text);
  if (!/^(?:.*\/)?ssh$/.test(words.shift() ?? '')) return undefined;
  const forward = words.findIndex((word) => /^-[a-zA-Z]*W/.test(word));
  if (forward < 0) return undefined;
  const flag = words[forward] ?? '';
  const [before = '', attached = ''] = flag.split('W');
  const target = attached === '' ? words[forward + 1] : attached;
  words.splice(forward, attached === '' ? 2 : 1, ...(before === '-' ? [] : [before]));
  if (target === undefined || !/^(?:%h|\[%h\]):%p$/.test(target)) return undefined;
  const at = words.findIndex((word, index) => !word.startsWith('-') && !takesNext(words[index - 1]));
  const jump = parseJump(words[at] ?? '');
  if (!jump) return undefined;
  words.splice(at, 1);
  const { options, refused } = parseSshArguments(words.map((word) => `'${word.replaceAll("'", `'"'"'`)}'`).join(' '));
  if (refused.length > 0) return undefined;
  const last = Object.freeze({
    address: options.address ?? jump.address,
    port: jump.port ?? options.port,
    user: jump.user ?? options.user,
    privateKeyFile: options.privateKeyFiles[0],
  });
  return [...(options.jumps ?? []), last];
}

/** True for a flag whose value is the next word. */
function takesNext(word: string | undefined): boolean {
  return word !== undefined && new RegExp(`^-[${HARMLESS_LETTERS}]*[${VALUE_LETTERS}]$`).test(word);
}
