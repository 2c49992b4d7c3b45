import { userInfo } from 'node:os';
import { localTransport } from '../../lib/transport/local-transport.ts';
import type { Ask } from '../../lib/transport/keyring.ts';
import { openSshTransport } from '../../lib/transport/openssh-transport.ts';
import { ssh2Transport } from '../../lib/transport/ssh2-transport.ts';
import type { Channel, Connection, Ending, Target, Transport } from '../../lib/transport/transport.ts';

export interface WayOptions {
  readonly ask?: Ask;
  readonly keepalive?: number;
  readonly random?: () => number;
}

/** What ssh is told of this machine; an agent of whoever runs the tests has no part in them. */
export const SURROUNDINGS = {
  environment: { ...process.env, SSH_AUTH_SOCK: undefined },
  node: process.execPath,
  temporaryFolder: '/tmp',
} as const;

/** The two transports that reach hosts over the network. */
export const NETWORKED: Readonly<Record<'ssh2' | 'openssh', (options?: WayOptions) => Transport>> = {
  ssh2: (options = {}) => ssh2Transport(options),
  openssh: (options = {}) => openSshTransport({ ...options, surroundings: SURROUNDINGS }),
};
export type Networked = keyof typeof NETWORKED;

export const local = (): Transport => localTransport({ environment: process.env, home: '/' });

export const localTarget: Target = {
  kind: 'target',
  host: 'web1',
  transport: 'local',
  address: 'localhost',
  port: 0,
  user: userInfo().username,
  privateKeyFiles: [],
  knownHostsFiles: [],
  hostKeyChecking: 'strict',
  jumps: [],
  connectTimeout: 10_000,
};

export interface Said {
  readonly ending: Ending;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

export async function listen(channel: Channel): Promise<Said> {
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  channel.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  channel.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  const ending = await channel.ended;
  return { ending, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr) };
}

export async function run(connection: Connection, command: string, stdin: string | Buffer = ''): Promise<Said> {
  const channel = await connection.exec(command);
  channel.stdin.end(stdin);
  return listen(channel);
}
