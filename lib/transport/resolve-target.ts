import { access, readFile } from 'node:fs/promises';
import { PgupError } from '../errors.ts';
import type { Secret } from '../secret.ts';
import type { SshConfig, SshConfigReader } from './ssh-config.ts';
import type { HostKeyChecking, Target } from './transport.ts';

/** How a host is reached, as inventory and play say it: what `connectionOf` of the inventory gives. */
export interface Reach {
  readonly host: string;
  /** `ssh` leaves open which of the two ways to speak it is taken. */
  readonly connection: 'ssh' | 'ssh2' | 'openssh' | 'local';
  readonly address: string;
  readonly port: number | undefined;
  readonly user: string | undefined;
  readonly password: Secret | undefined;
  readonly privateKeyFile: string | undefined;
  /** Seconds. */
  readonly timeout: number | undefined;
  readonly ssh: {
    readonly userKnownHostsFiles: readonly string[] | undefined;
    readonly hostKeyChecking: HostKeyChecking | undefined;
    readonly jumps: readonly Jump[] | undefined;
    readonly privateKeyFiles: readonly string[];
    readonly configFile: string | undefined;
  };
}

export interface Jump {
  readonly address: string;
  readonly port: number | undefined;
  readonly user: string | undefined;
  readonly privateKeyFile: string | undefined;
}

/** What the controller's own surroundings give. */
export interface ReachContext {
  readonly home: string;
  /** Who runs pgup: the user to log in as where nothing says another. */
  readonly user: string;
  /** SSH_AUTH_SOCK. */
  readonly agentSocket: string | undefined;
  /** `--known-hosts`: in place of all others. */
  readonly knownHostsFiles: readonly string[] | undefined;
  readonly config: SshConfigReader;
}

const CONNECT_TIMEOUT = 10;

/** A target from an inventory's words laid over ssh_config, as `ansible` with `ssh` would see it. */
export async function resolveTarget(reach: Reach, context: ReachContext): Promise<Target> {
  if (reach.connection === 'local') return localTarget(reach, context);
  const { ssh } = reach;
  const { address, user, port } = reach;
  const config = await context.config.read({ address, user, port, configFile: ssh.configFile });
  const named = [...(reach.privateKeyFile === undefined ? [] : [reach.privateKeyFile]), ...ssh.privateKeyFiles];
  const home = (file: string): string => file.replace(/^~(?=\/)/, context.home);
  const privateKeyFiles = named.length > 0 ? named.map(home) : await existing(config.identityFiles);
  const jumps = ssh.jumps ?? parseJumps(config.proxyJump);
  const transport = await transportOf({ reach, config, privateKeyFiles, jumps });
  return Object.freeze({
    kind: 'target',
    host: reach.host,
    transport,
    address: config.address ?? address,
    port: port ?? config.port ?? 22,
    user: user ?? config.user ?? context.user,
    privateKeyFiles,
    password: reach.password,
    agentSocket: config.identityAgent === 'none' ? undefined : (config.identityAgent ?? context.agentSocket),
    identitiesOnly: config.identitiesOnly,
    knownHostsFiles: (context.knownHostsFiles ?? ssh.userKnownHostsFiles?.map(home) ?? config.knownHostsFiles).slice(),
    hostKeyChecking: ssh.hostKeyChecking ?? config.hostKeyChecking,
    hostKeyAlias: config.hostKeyAlias,
    jumps: await resolveJumps({ jumps, reach, transport, context }),
    direct: ssh.jumps?.length === 0,
    connectTimeout: (reach.timeout ?? config.connectTimeout ?? CONNECT_TIMEOUT) * 1000,
    configFile: ssh.configFile,
    configName: address,
  });
}

function localTarget(reach: Reach, context: ReachContext): Target {
  return Object.freeze({
    kind: 'target',
    host: reach.host,
    transport: 'local',
    address: 'localhost',
    port: 0,
    user: context.user,
    privateKeyFiles: [],
    knownHostsFiles: [],
    hostKeyChecking: 'strict',
    jumps: [],
    connectTimeout: CONNECT_TIMEOUT * 1000,
  });
}

/**
 * Each jump host as a target of its own. The outermost may have jump hosts of its own in ssh_config; the others are
 * reached through the one before them, whatever ssh_config says, as `ssh -J` does it. ssh goes through connections of
 * its own only; ssh2 goes through any.
 */
async function resolveJumps(options: {
  jumps: readonly Jump[];
  reach: Reach;
  transport: Target['transport'];
  context: ReachContext;
}): Promise<Target[]> {
  const { jumps, reach, transport, context } = options;
  const { configFile, hostKeyChecking, userKnownHostsFiles } = reach.ssh;
  const targets: Target[] = [];
  for (const [index, jump] of jumps.entries()) {
    const target = await resolveTarget(
      {
        ...jump,
        host: jump.address,
        connection: transport === 'openssh' ? 'openssh' : 'ssh',
        password: undefined,
        timeout: reach.timeout,
        ssh: {
          configFile,
          hostKeyChecking,
          userKnownHostsFiles,
          privateKeyFiles: [],
          jumps: index === 0 ? undefined : [],
        },
      },
      context,
    );
    targets.push(...target.jumps, { ...target, jumps: [] });
  }
  return targets;
}

/** `[user@]host[:port],…`, the outermost first. */
function parseJumps(text: string | undefined): readonly Jump[] {
  if (text === undefined) return [];
  return text.split(',').map((word) => {
    const url = /^(?:ssh:\/\/)?(?:(?<user>.*)@)?(?<address>\[[^\]]+\]|[^:]+)(?::(?<port>\d+))?$/.exec(word.trim());
    const { user, address, port } = url?.groups ?? {};
    return {
      address: (address ?? word).replace(/^\[(.*)\]$/, '$1'),
      port: port === undefined ? undefined : Number(port),
      user,
      privateKeyFile: undefined,
    };
  });
}

/**
 * ssh2 unless something is asked for that it cannot do: certificates, keys on a FIDO token, a ProxyCommand. What shows
 * only on the wire (GSSAPI only, post-quantum only) is said by the error, with the variable to set.
 */
async function transportOf(options: {
  reach: Reach;
  config: SshConfig;
  privateKeyFiles: readonly string[];
  jumps: readonly Jump[];
}): Promise<Target['transport']> {
  const { reach, config, privateKeyFiles, jumps } = options;
  const proxied = config.proxyCommand !== undefined && jumps.length === 0 && reach.ssh.jumps === undefined;
  if (reach.connection === 'ssh2' && proxied) {
    throw new PgupError('transport', `ssh_config reaches ${reach.host} by a ProxyCommand, which ssh2 cannot run`, {
      host: reach.host,
      next: `set ansible_connection=openssh for ${reach.host}, or leave it out`,
    });
  }
  if (reach.connection !== 'ssh') return reach.connection;
  if (proxied) return 'openssh';
  if ((await existing(config.certificateFiles)).length > 0) return 'openssh';
  const special = await Promise.all(privateKeyFiles.map(needsSsh));
  return special.includes(true) && !special.includes(false) ? 'openssh' : 'ssh2';
}

/** A key that only the system's ssh can use. Undefined where there is none to judge. */
async function needsSsh(file: string): Promise<boolean | undefined> {
  const publicKey = await readFile(`${file}.pub`, 'utf8').catch(() => '');
  if (publicKey.startsWith('sk-')) return true;
  if ((await existing([`${file}-cert.pub`])).length > 0) return true;
  return (await existing([file])).length > 0 ? false : undefined;
}

async function existing(files: readonly string[]): Promise<string[]> {
  const there = await Promise.all(
    files.map((file) =>
      access(file).then(
        () => true,
        () => false,
      ),
    ),
  );
  return files.filter((_, index) => there[index]);
}
