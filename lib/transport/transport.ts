import type { Duplex, Readable, Writable } from 'node:stream';
import type { Secret } from '../secret.ts';

/** How known_hosts is enforced. A changed key is refused in each of them. */
export type HostKeyChecking = 'strict' | 'accept-new' | 'off';

/** One host to connect to: Ansible's variables laid over ssh_config, resolved before anything connects. */
export interface Target {
  readonly kind: 'target';
  /** The inventory name: what messages call the host. */
  readonly host: string;
  readonly transport: 'ssh2' | 'openssh' | 'local';
  readonly address: string;
  readonly port: number;
  readonly user: string;
  readonly privateKeyFiles: readonly string[];
  readonly password?: Secret | undefined;
  /** The agent's socket, where one may be used. */
  readonly agentSocket?: string | undefined;
  /** Only the keys named above are offered, also of those that the agent holds (ssh_config's IdentitiesOnly). */
  readonly identitiesOnly?: boolean | undefined;
  readonly knownHostsFiles: readonly string[];
  /** The name to look the host key up by, instead of the address. */
  readonly hostKeyAlias?: string | undefined;
  readonly hostKeyChecking: HostKeyChecking;
  /** Jump hosts, the outermost first; targets with the same values share one connection. */
  readonly jumps: readonly Target[];
  /** Milliseconds from the first packet to the authenticated connection. */
  readonly connectTimeout: number;
  /** For the openssh transport: the ssh_config in place of the user's. */
  readonly configFile?: string | undefined;
  /** For the openssh transport: the name that ssh_config knows the host by. */
  readonly configName?: string | undefined;
  /** No jump hosts, whatever ssh_config says. */
  readonly direct?: boolean | undefined;
}

/** How a remote process ended. `unknown`: the line was lost, and nobody knows whether it ran to its end. */
export type Ending =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'signalled'; readonly signal: string }
  | { readonly kind: 'unknown'; readonly reason: string };

/** A running remote process. Both outputs must be read, or the host stalls. */
export interface Channel {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Settles once, never rejects. */
  readonly ended: Promise<Ending>;
  /** Closes our end. The remote process may live on. */
  close(): void;
}

/** An authenticated line to one host. */
export interface Connection {
  readonly target: Target;
  /** Settles with the reason when the line is gone, whoever ended it; never rejects. */
  readonly lost: Promise<string>;
  /** Runs a command line in the user's login shell. Rejects with PgupError `connection-lost` where it cannot start. */
  exec(commandLine: string): Promise<Channel>;
  /** A stream to an address that the host can reach, as `ssh -W`. */
  forward(address: string, port: number): Promise<Duplex>;
  close(): Promise<void>;
}

/** One way of reaching hosts. */
export interface Transport {
  /** Rejects with PgupError: `unreachable`, `host-key-unknown`, `host-key-changed`, `authentication`, `deadline`. */
  open(target: Target, signal?: AbortSignal): Promise<Connection>;
}
