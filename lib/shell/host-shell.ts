import type { Duplex } from 'node:stream';
import type { Secret } from '../secret.ts';
import type { Ending } from '../transport/transport.ts';

/**
 * A POSIX shell command as a value, built by the `sh` template that quotes what is interpolated. `text` is what is
 * run; what may be shown is the same, because a Secret cannot be interpolated.
 */
export interface Command {
  readonly kind: 'command';
  readonly text: string;
}

/** Who may change a deployment's hosts: the run that holds its lock with this token (docs/state.md). */
export interface Claim {
  readonly kind: 'claim';
  readonly run: string;
  /** Who holds it, for people: `user@controller pid`. */
  readonly owner: string;
  readonly deployment: string;
  /** 1 + the highest token seen on any host of the deployment; the same on all of them. */
  readonly token: number;
}

/** A command that only reads. It may be sent again after a lost line. */
export interface Query {
  readonly kind: 'query';
  readonly command: Command;
  /** The user to run as, where it is not the become user of the shell (root for upgrades). */
  readonly as?: string | undefined;
  readonly stdin?: string | Uint8Array | Secret | undefined;
  /** Milliseconds; 60,000 where not given. */
  readonly deadline?: number | undefined;
}

/**
 * A command that changes a host. Built by `mutation()` of fence.ts alone, which wraps it so that the host itself checks
 * the claim under its lock in the process that makes the change. Never sent twice.
 */
export interface Mutation {
  readonly kind: 'mutation';
  /** What it does, as it may be shown. */
  readonly command: Command;
  /** What is sent: the command inside its fence. */
  readonly fenced: Command;
  readonly claim: Claim | 'unclaimed';
  readonly as?: string | undefined;
  readonly stdin?: string | Uint8Array | Secret | undefined;
  readonly deadline?: number | undefined;
  /** What the host appends to its part of the journal before the command runs; it is in `fenced`. */
  readonly record?: string | undefined;
}

/** What came of a command: its ending and everything it printed. */
export interface Result {
  readonly ending: Ending;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

/** A long command that must survive the loss of the line, the controller, and pgup itself. */
export interface Job {
  readonly kind: 'job';
  /** Unique in the deployment's run: `<run>-<task>-<step>`; the same id is never started twice. */
  readonly id: string;
  readonly claim: Claim | 'unclaimed';
  readonly command: Command;
  readonly as?: string | undefined;
  readonly stdin?: string | Uint8Array | Secret | undefined;
  readonly workingDirectory?: string | undefined;
  /** Lines for the host's part of the journal, written before it starts. */
  readonly record?: string | undefined;
}

export type JobState =
  | { readonly kind: 'absent' }
  | { readonly kind: 'running'; readonly outputSize: number }
  | { readonly kind: 'finished'; readonly code: number; readonly outputSize: number }
  /** Neither running nor finished: the host was rebooted (another boot id) or the job was killed. */
  | { readonly kind: 'lost'; readonly rebooted: boolean; readonly outputSize: number };

/** All that is ever said to one host. One line, one session per become user; reconnects by itself where that is safe. */
export interface HostShell {
  readonly host: string;
  /** Runs a query; after a lost line it reconnects and asks again, up to its deadline. */
  ask(query: Query): Promise<Result>;
  /** Runs a mutation once. A lost line gives the ending `unknown`. */
  change(mutation: Mutation): Promise<Result>;
  /** Starts the job unless a job of this id exists, whatever became of it. */
  startJob(job: Job): Promise<JobState>;
  /** Follows a job to its end, through lost lines; `onOutput` gets every byte of its output once. */
  followJob(id: string, onOutput: (chunk: Buffer) => void, signal?: AbortSignal): Promise<JobState>;
  jobState(id: string): Promise<JobState>;
  cancelJob(id: string, claim: Claim | 'unclaimed'): Promise<JobState>;
  /** Ends the record of a finished, lost or cancelled job, so that other steps may follow. */
  closeJob(id: string, claim: Claim | 'unclaimed'): Promise<Result>;
  /** Content to a staging name beside `path`, owner and mode set before it is visible; renamed by a fenced step. */
  upload(upload: Upload): Promise<Result>;
  download(path: string, to: string, onProgress?: (progress: Progress) => void): Promise<void>;
  forward(address: string, port: number): Promise<Duplex>;
  close(): Promise<void>;
}

/** A file of the controller's, read as it is sent. */
export interface LocalFile {
  readonly kind: 'local-file';
  readonly path: string;
}

/** How far a transfer is. `total` where it is known beforehand. */
export interface Progress {
  readonly bytes: number;
  readonly total: number | undefined;
}

export interface Upload {
  readonly content: string | Uint8Array | Secret | LocalFile;
  readonly path: string;
  readonly mode: string;
  readonly owner?: string | undefined;
  readonly claim: Claim | 'unclaimed';
  /** Lines for the host's part of the journal, written before the file is in its place. */
  readonly record?: string | undefined;
  /** Called as the content of a large file is taken by the line. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}
