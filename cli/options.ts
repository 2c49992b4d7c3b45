import type { Options } from 'yargs';
import { BECOME_METHODS, type BecomeMethod } from '../lib/inventory/become-methods.ts';

/**
 * Flags of `pgup run`. Each of these, and of those below, has a `PGUP_` variable and a `pgup.ini` key of the same name.
 * No defaults here: a default given to the parser would look like something typed, and win over environment and file.
 */
export const RUN_SETTINGS = {
  inventory: { alias: 'i', type: 'string', array: true, describe: 'inventory file or folder; may be given again' },
  limit: { alias: 'l', type: 'string', describe: 'only these hosts: a pattern, or @FILE' },
  'extra-vars': { alias: 'e', type: 'string', array: true, describe: 'key=value, JSON, or @FILE; wins over all else' },
  tags: { alias: 't', type: 'string', array: true, describe: 'only tasks with one of these tags: a,b' },
  'skip-tags': { type: 'string', array: true, describe: 'without the tasks that have one of these tags' },
  'start-at-task': { type: 'string', describe: 'begin with the task of this name' },
  diff: { alias: 'D', type: 'boolean', describe: 'show what changes in files' },
  forks: { alias: 'f', type: 'string', describe: 'hosts worked on at the same moment (50)' },
  serial: { type: 'string', describe: 'deployments side by side, batch after batch: 1,10%,50%' },
  'max-failures': { type: 'string', describe: 'start no further deployment after more failures than N or P% (0)' },
  yes: { alias: 'y', type: 'boolean', describe: 'do not ask before the first stop' },
  output: { type: 'string', choices: ['plain', 'json'], describe: 'for people, or one JSON object a line' },
  'known-hosts': { type: 'string', describe: 'known_hosts file (~/.ssh/known_hosts)' },
  'host-key-checking': { type: 'string', choices: ['strict', 'accept-new', 'no'], describe: 'strict where not given' },
  'private-key': { type: 'string', describe: 'private key file for hosts that name none' },
  'vault-password-file': { type: 'string', describe: 'file with the password of vault-encrypted values' },
  'ask-vault-pass': { type: 'boolean', describe: 'ask for the password of vault-encrypted values' },
  'ask-become-pass': { alias: 'K', type: 'boolean', describe: 'ask for the sudo password of hosts that give none' },
  'connect-timeout': { type: 'string', describe: 'seconds until a connection must stand (10)' },
  'runs-dir': { type: 'string', describe: 'where run folders are kept (~/.local/state/pgup/runs)' },
  'log-file': { type: 'string', describe: 'diagnostics in detail, to this file' },
  'reconnect-timeout': { type: 'string', describe: 'seconds to go on trying when a line is lost (300)' },
} as const satisfies Record<string, Options>;

/** And those that only the verbs without a playbook have: a playbook says such things itself. */
export const SETTINGS = {
  ...RUN_SETTINGS,
  become: { alias: 'b', type: 'boolean', describe: 'work as another user: root, or --become-user' },
  'become-user': { type: 'string', describe: 'the user to become (root); implies --become' },
  'become-method': { type: 'string', choices: BECOME_METHODS, describe: 'how, for hosts that do not say (sudo)' },
  'command-timeout': { type: 'string', describe: 'seconds that one command may take (600)' },
} as const satisfies Record<string, Options>;

export type SettingName = keyof typeof SETTINGS;

/** The settings' values after flags, environment and file are laid over one another. */
export interface Settings {
  readonly inventory: readonly string[];
  readonly limit: string | undefined;
  readonly extraVars: readonly string[];
  readonly tags: readonly string[];
  readonly skipTags: readonly string[];
  readonly startAtTask: string | undefined;
  readonly diff: boolean;
  readonly forks: number;
  readonly serial: string | undefined;
  readonly maxFailures: string | undefined;
  readonly yes: boolean;
  readonly output: 'plain' | 'json';
  readonly knownHosts: string | undefined;
  /** Undefined: as inventory and ssh_config say, which is strict where they do not. */
  readonly hostKeyChecking: 'strict' | 'accept-new' | 'off' | undefined;
  readonly privateKey: string | undefined;
  readonly vaultPasswordFile: string | undefined;
  readonly askVaultPass: boolean;
  readonly askBecomePass: boolean;
  /** The user to become where a host's variables do not say; undefined: none. */
  readonly becomeUser: string | undefined;
  readonly becomeMethod: BecomeMethod | undefined;
  /** Seconds. */
  readonly connectTimeout: number | undefined;
  /** Milliseconds. */
  readonly commandTimeout: number;
  readonly runsDir: string;
  readonly logFile: string | undefined;
  /** Milliseconds. */
  readonly reconnectTimeout: number;
}
