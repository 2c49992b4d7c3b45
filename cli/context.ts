import type { Readable, Writable } from 'node:stream';

/** Everything of the outside world that the command line uses; tests hand in their own. */
export interface CliContext {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: Writable & { readonly isTTY?: boolean };
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly home: string;
  /** The login name on this machine: the ssh user where nothing else names one. */
  readonly user: string;
  readonly hostname: string;
  readonly pid: number;
  /** The program that runs JavaScript. */
  readonly node: string;
  /** For private sockets, whose paths must be short. */
  readonly temporaryFolder: string;
  /** Whether a process of this machine lives. */
  readonly isRunning: (pid: number) => boolean;
  readonly now: () => number;
  /** Stops this process until somebody lets it go on, as Ctrl-Z does. */
  readonly suspend: () => void;
  /** Calls back on SIGINT and SIGTERM; gives back how to stop listening. */
  readonly onInterrupt: (callback: () => void) => () => void;
}
