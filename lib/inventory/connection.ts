import type { Problem } from '../errors.ts';
import type { Secret } from '../secret.ts';
import { BECOME_METHODS, type BecomeMethod } from './become-methods.ts';
import { ConnectionReader, type Render } from './connection-reader.ts';
import type { Host } from './inventory.ts';
import type { SshOptions } from './ssh-arguments.ts';

/** Ansible's names for connections, and what they are here. */
const CONNECTIONS = {
  ssh: 'ssh',
  smart: 'ssh',
  paramiko: 'ssh',
  paramiko_ssh: 'ssh',
  ssh2: 'ssh2',
  openssh: 'openssh',
  local: 'local',
} as const;
const WAYS = Object.keys(CONNECTIONS) as (keyof typeof CONNECTIONS)[];

/**
 * How a host is reached, as its variables say it. Undefined: they do not say, and the play, ssh_config or a default
 * decides. Where Ansible has several names for one thing, the last one of the list counts, as there.
 */
export interface Connection {
  readonly kind: 'connection';
  readonly host: string;
  /** `ssh` leaves open which of the two ways to speak it is taken. */
  readonly connection: 'ssh' | 'ssh2' | 'openssh' | 'local';
  readonly address: string;
  readonly port: number | undefined;
  readonly user: string | undefined;
  readonly password: Secret | undefined;
  readonly privateKeyFile: string | undefined;
  /** Seconds until a connection must stand. */
  readonly timeout: number | undefined;
  readonly ssh: SshOptions;
  readonly become: Become;
}

/** Who commands run as. A variable outranks the play's `become` keywords, as in Ansible. */
export interface Become {
  readonly enabled: boolean | undefined;
  readonly method: BecomeMethod | undefined;
  readonly user: string | undefined;
  readonly password: Secret | undefined;
}

export interface Connected {
  readonly connection: Connection;
  readonly problems: readonly Problem[];
}

/** How to reach a host, and everything in its variables that is wrong about that. */
export function connectionOf({ host, render }: { host: Host; render: Render }): Connected {
  const read = new ConnectionReader(host, render);
  const ssh = read.sshArguments(['ansible_ssh_args', 'ansible_ssh_common_args', 'ansible_ssh_extra_args']);
  const checking = read.flag(['ansible_host_key_checking', 'ansible_ssh_host_key_checking']);
  const way = read.word(['ansible_connection'], WAYS);
  const connection: Connection = Object.freeze({
    kind: 'connection',
    host: host.name,
    connection: way === undefined ? 'ssh' : CONNECTIONS[way],
    address: read.text(['ansible_host', 'ansible_ssh_host']) ?? ssh.address ?? host.name,
    port: read.port(['ansible_port', 'ansible_ssh_port']) ?? ssh.port,
    user: read.text(['ansible_user', 'ansible_ssh_user']) ?? ssh.user,
    password: read.secret(['ansible_password', 'ansible_ssh_pass', 'ansible_ssh_password']),
    privateKeyFile: read.text(['ansible_private_key_file', 'ansible_ssh_private_key_file']),
    timeout: read.seconds(['ansible_timeout', 'ansible_ssh_timeout']) ?? ssh.connectTimeout,
    ssh: checking === false ? Object.freeze({ ...ssh, hostKeyChecking: 'off' }) : ssh,
    become: Object.freeze({
      enabled: read.flag(['ansible_become']),
      method: read.word(['ansible_become_method'], BECOME_METHODS),
      user: read.text(['ansible_become_user', 'ansible_sudo_user']),
      password: read.secret(['ansible_become_password', 'ansible_become_pass', 'ansible_sudo_pass']),
    }),
  });
  read.refuseUnlessPlain(['ansible_become_flags', 'ansible_sudo_flags'], /^(?:\s|-[HSnkE]+)*$/);
  read.refuseUnlessPlain(['ansible_become_exe', 'ansible_sudo_exe'], /^(?:.*\/)?(?:sudo|su|doas|runuser)$/);
  read.refuseUnlessPlain(['ansible_shell_type'], /^(?:sh|bash|dash|ksh|zsh)$/);
  read.warnOfNearMisses();
  return { connection, problems: read.problems };
}

/** `connectionOf` for many hosts; a variable that many of them share is complained about once. */
export function connectionsOf({ hosts, render }: { hosts: Iterable<Host>; render: Render }): {
  readonly connections: ReadonlyMap<string, Connection>;
  readonly problems: readonly Problem[];
} {
  const connections = new Map<string, Connection>();
  const problems = new Map<string, Problem>();
  for (const host of hosts) {
    const connected = connectionOf({ host, render });
    connections.set(host.name, connected.connection);
    for (const each of connected.problems) problems.set(JSON.stringify(each), each);
  }
  return { connections, problems: [...problems.values()] };
}
