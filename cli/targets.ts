import { resolve } from 'node:path';
import type { Connection } from '../lib/inventory/connection.ts';
import type { HostKeyChecking, Target } from '../lib/transport/transport.ts';
import type { CliContext } from './context.ts';
import type { Settings } from './options.ts';

interface TargetOptions {
  readonly connection: Connection;
  readonly settings: Settings;
  readonly context: CliContext;
}

/** How long a connection may take to stand, where nothing else says: milliseconds. */
const CONNECT_TIMEOUT = 20_000;

/** The keys that OpenSSH tries where none is named. */
const DEFAULT_KEYS = ['id_ed25519', 'id_ecdsa', 'id_rsa'];

/** A host's variables over the command line's settings over what ssh itself would do. */
export function targetOf({ connection, settings, context }: TargetOptions): Target {
  const { ssh } = connection;
  const { cwd, home, env, user } = context;
  const path = (file: string): string => resolve(cwd, file.replace(/^~(?=\/|$)/, home));
  const keys = [
    ...(connection.privateKeyFile === undefined ? [] : [connection.privateKeyFile]),
    ...ssh.privateKeyFiles,
    ...(settings.privateKey === undefined ? [] : [settings.privateKey]),
  ].map(path);
  const checking: HostKeyChecking = ssh.hostKeyChecking ?? settings.hostKeyChecking;
  // A file named on the command line or by PGUP_KNOWN_HOSTS is what the operator says now; the inventory comes second.
  const named = settings.knownHosts === undefined ? ssh.userKnownHostsFiles : [settings.knownHosts];
  const knownHostsFiles = (named ?? ['~/.ssh/known_hosts', '/etc/ssh/ssh_known_hosts']).map(path);
  const common = { kind: 'target', knownHostsFiles, hostKeyChecking: checking } as const;
  const agentSocket = env['SSH_AUTH_SOCK'];
  const jumps = (ssh.jumps ?? []).map((jump): Target => ({
    ...common,
    host: jump.address,
    transport: 'ssh2',
    address: jump.address,
    port: jump.port ?? 22,
    user: jump.user ?? connection.user ?? user,
    privateKeyFiles: jump.privateKeyFile === undefined ? keys : [path(jump.privateKeyFile)],
    agentSocket,
    jumps: [],
    connectTimeout: CONNECT_TIMEOUT,
  }));
  return Object.freeze({
    ...common,
    host: connection.host,
    transport: connection.connection === 'ssh' ? 'ssh2' : connection.connection,
    address: connection.address,
    port: connection.port ?? 22,
    user: connection.user ?? user,
    privateKeyFiles: keys.length > 0 ? keys : DEFAULT_KEYS.map((name) => path(`~/.ssh/${name}`)),
    password: connection.password,
    agentSocket,
    identitiesOnly: keys.length > 0,
    jumps,
    connectTimeout: (connection.timeout ?? CONNECT_TIMEOUT / 1000) * 1000,
  });
}
