import { execFile } from 'node:child_process';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PgupError } from '../errors.ts';

/** What ssh_config says of one address, as `ssh -G` resolves it: Host, Match, Include and tokens are ssh's own business. */
export interface SshConfig {
  readonly address: string | undefined;
  readonly port: number | undefined;
  readonly user: string | undefined;
  readonly identityFiles: readonly string[];
  readonly identitiesOnly: boolean;
  /** A path, `none`, or undefined for the environment's. */
  readonly identityAgent: string | undefined;
  readonly certificateFiles: readonly string[];
  readonly knownHostsFiles: readonly string[];
  readonly hostKeyChecking: 'strict' | 'accept-new' | 'off';
  readonly hostKeyAlias: string | undefined;
  readonly proxyJump: string | undefined;
  readonly proxyCommand: string | undefined;
  /** Seconds. */
  readonly connectTimeout: number | undefined;
}

export interface SshConfigQuestion {
  readonly address: string;
  readonly user: string | undefined;
  readonly port: number | undefined;
  /** In place of the user's and the system's. */
  readonly configFile: string | undefined;
}

/**
 * Asks `ssh -G`, once per different question. Where neither the user nor the system configures anything that matters
 * here, ssh is not asked at all: a process per host would cost more than the connection.
 */
export class SshConfigReader {
  readonly #home: string;
  readonly #answers = new Map<string, Promise<SshConfig>>();
  #plain: Promise<boolean> | undefined;

  constructor(options: { home: string }) {
    this.#home = options.home;
  }

  read(question: SshConfigQuestion): Promise<SshConfig> {
    const key = JSON.stringify(question);
    let answer = this.#answers.get(key);
    if (!answer) {
      answer = this.#read(question);
      this.#answers.set(key, answer);
    }
    return answer;
  }

  async #read(question: SshConfigQuestion): Promise<SshConfig> {
    if (question.configFile === undefined) {
      this.#plain ??= nothingConfigured(this.#home);
      if (await this.#plain) return defaults(this.#home);
    }
    return parse(await askSsh(question), { home: this.#home, question });
  }
}

const KEYWORDS =
  /^\s*(host(?!\s*=?\s*\*\s*$)|match|include|hostname|user|port|identityfile|identitiesonly|identityagent|certificatefile|userknownhostsfile|globalknownhostsfile|stricthostkeychecking|hostkeyalias|proxyjump|proxycommand|connecttimeout)[\s=]/im;
/** Debian's and Fedora's own files: an Include of the folder that is read here anyway. */
const OWN_INCLUDE = /^\s*include\s+\/etc\/ssh\/ssh_config\.d\/\*\.conf\s*$/gim;

async function nothingConfigured(home: string): Promise<boolean> {
  const folder = '/etc/ssh/ssh_config.d';
  const extra = await readdir(folder).catch(() => []);
  const files = [join(home, '.ssh/config'), '/etc/ssh/ssh_config', ...extra.map((name) => join(folder, name))];
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8').catch(() => '')));
  return !texts.some((text) => KEYWORDS.test(text.replace(OWN_INCLUDE, '')));
}

/** ssh's own defaults. */
function defaults(home: string): SshConfig {
  return {
    address: undefined,
    port: undefined,
    user: undefined,
    identityFiles: ['id_rsa', 'id_ecdsa', 'id_ecdsa_sk', 'id_ed25519', 'id_ed25519_sk'].map((name) =>
      join(home, '.ssh', name),
    ),
    identitiesOnly: false,
    identityAgent: undefined,
    certificateFiles: [],
    knownHostsFiles: [join(home, '.ssh/known_hosts'), join(home, '.ssh/known_hosts2'), ...GLOBAL],
    hostKeyChecking: 'strict',
    hostKeyAlias: undefined,
    proxyJump: undefined,
    proxyCommand: undefined,
    connectTimeout: undefined,
  };
}

const GLOBAL = ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2'];

function askSsh({ address, user, port, configFile }: SshConfigQuestion): Promise<string> {
  if (address.startsWith('-')) {
    throw new PgupError('inventory-value', `"${address}" is no address: ssh would take it for an option`);
  }
  const words = [
    ...(configFile === undefined ? [] : ['-F', configFile]),
    ...(user === undefined ? [] : ['-l', user]),
    ...(port === undefined ? [] : ['-p', String(port)]),
  ];
  return new Promise((resolve, reject) => {
    execFile('ssh', ['-G', ...words, '--', address], { timeout: 15_000 }, (error, stdout, stderr) => {
      if (!error) resolve(stdout);
      else if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
        reject(
          new PgupError('file-missing', 'there is an ssh_config, and no ssh program that could read it', {
            next: 'install openssh-client, or name user, port, key and jump hosts in the inventory',
          }),
        );
      } else {
        reject(
          new PgupError(
            'file-missing',
            `ssh cannot read its configuration for ${address}: ${stderr.trim() || error.message}`,
            {
              next: `ssh -G ${words.join(' ')} ${address}`,
            },
          ),
        );
      }
    });
  });
}

function parse(text: string, options: { home: string; question: SshConfigQuestion }): SshConfig {
  const values = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const space = line.indexOf(' ');
    if (space < 0) continue;
    const name = line.slice(0, space);
    values.set(name, [...(values.get(name) ?? []), line.slice(space + 1)]);
  }
  const one = (name: string): string | undefined => {
    const value = values.get(name)?.[0];
    return value === 'none' ? undefined : value;
  };
  const expand = expander({ ...options, one });
  const files = (name: string): string[] => (values.get(name) ?? []).flatMap((value) => value.split(' ')).map(expand);
  return {
    address: one('hostname'),
    port: Number(one('port') ?? 22),
    user: one('user'),
    identityFiles: (values.get('identityfile') ?? []).filter((file) => file !== 'none').map(expand),
    identitiesOnly: one('identitiesonly') === 'yes',
    identityAgent: agentOf(values.get('identityagent')?.[0], expand),
    certificateFiles: (values.get('certificatefile') ?? []).map(expand),
    knownHostsFiles: [...files('userknownhostsfile'), ...files('globalknownhostsfile')].filter(
      (file) => file !== 'none',
    ),
    hostKeyChecking: checkingOf(one('stricthostkeychecking')),
    hostKeyAlias: one('hostkeyalias'),
    proxyJump: one('proxyjump'),
    proxyCommand: one('proxycommand'),
    connectTimeout: one('connecttimeout') === undefined ? undefined : Number(one('connecttimeout')),
  };
}

/** `~` and the tokens that may stand in file names (ssh_config(5), TOKENS). */
function expander(options: {
  home: string;
  question: SshConfigQuestion;
  one: (name: string) => string | undefined;
}): (text: string) => string {
  const { home, question, one } = options;
  const tokens: Readonly<Record<string, string | undefined>> = {
    '%': '%',
    d: home,
    h: one('hostname'),
    n: question.address,
    p: one('port'),
    r: one('user'),
  };
  return (text) => text.replace(/^~(?=\/)/, home).replace(/%(.)/g, (whole, token: string) => tokens[token] ?? whole);
}

function agentOf(value: string | undefined, expand: (text: string) => string): string | undefined {
  if (value === undefined || value === 'SSH_AUTH_SOCK') return undefined;
  return expand(value);
}

function checkingOf(value: string | undefined): SshConfig['hostKeyChecking'] {
  if (value === 'accept-new') return 'accept-new';
  // `ask` asks a person; nobody is asked here, so it is as strict as `yes`.
  return value === 'no' || value === 'off' || value === 'false' ? 'off' : 'strict';
}
