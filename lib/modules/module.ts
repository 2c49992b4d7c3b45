import type { z } from 'zod';
import type { Finding } from '../finding.ts';
import type { Value, ValueMap } from '../inventory/inventory.ts';
import type { Scope } from '../playbook/playbook.ts';
import type { Command, Query, Result } from '../shell/host-shell.ts';
import type { Secret } from '../secret.ts';

export { finding, notice, type Finding } from '../finding.ts';

/**
 * A module: data plus pure decisions. The engine renders its arguments, runs its `read` in one round trip, and asks it
 * to decide. A real run executes the steps of the decision; check mode prints the same steps. Nothing here executes.
 */
export interface Module<Arguments = unknown> {
  readonly name: string;
  /** One line for `docs/modules.md` and editors. */
  readonly summary: string;
  /** The arguments after rendering; its descriptions become documentation and JSON Schema. */
  readonly schema: z.ZodType<Arguments>;
  /** Its arguments are values of the user's own, given to it as they are: floats stay `Float`. */
  readonly verbatim?: boolean;
  /** Arguments that are paths on the host: `~` and `$NAME` in them mean what they mean there. */
  readonly paths?: readonly string[];
  /** Arguments that are expressions, written without `{{ }}`: they are checked with the playbook. */
  readonly expressions?: readonly string[];
  /** The argument that the free form (`command: x`) fills. */
  readonly freeForm?: string;
  /**
   * `host`: decided for each host of the play. `deployment`: decided once, on the play's first host, with every host's
   * facts at hand (Ansible's run_once, but part of what the module is).
   */
  readonly scope: 'host' | 'deployment';
  /** The same word and meaning as Ansible's module of this name. */
  readonly generic: boolean;
  /** What must be known before deciding: one read-only command, or nothing. */
  read?(context: ModuleContext<Arguments>): Query | undefined;
  decide(context: ModuleContext<Arguments>, facts: Result | undefined): Decision;
  /** What `register` gets in check mode, where the steps are not done. */
  foresee?(context: ModuleContext<Arguments>, facts: Result | undefined): ValueMap;
  /** What `register` gets, from the results of the steps, in order. Without it: changed and the last step's output. */
  report?(context: ModuleContext<Arguments>, results: readonly Result[], before: Before): ModuleReport;
}

/** What was read before the steps, and when they began and ended: milliseconds since the epoch, the controller's. */
export interface Before {
  readonly facts: Result | undefined;
  readonly began: number;
  readonly ended: number;
}

export interface ModuleReport {
  readonly changed: boolean;
  readonly failed?: string;
  readonly values: ValueMap;
}

/** Everything a module may look at. */
export interface ModuleContext<Arguments = unknown> {
  readonly host: string;
  readonly arguments: Arguments;
  /** A variable of the host after Ansible's precedence, rendered; undefined where nothing defines it. */
  variable(name: string): Value | undefined;
  /** All variables of the host, for modules that evaluate expressions of their own: `assert`, `debug`. */
  readonly scope: Scope;
  /** The machine that pgup runs on, for modules that bring files to hosts and from them. */
  readonly controller: Controller;
  readonly deployment: {
    readonly name: string;
    readonly hosts: readonly string[];
    readonly applications: readonly string[];
    readonly databases: readonly string[];
  };
  readonly run: string;
  /** Decided and shown, not done. */
  readonly check: boolean;
  /** Steps that write files say what is there before (`--diff`). */
  readonly diff: boolean;
  /** Facts learned by earlier tasks, of this host and of all others; kept in the journal, so that resume has them. */
  learned(host: string): Readonly<Record<string, unknown>>;
  /** Facts learned for the deployment as a whole. */
  readonly shared: Readonly<Record<string, unknown>>;
  /** Milliseconds since the epoch, the controller's. */
  readonly now: number;
}

/** Files of the controller, read only. Relative paths are looked for beside the playbook, as Ansible does. */
export interface Controller {
  /** The absolute path that a file is read from, or written to by a `fetch` step. */
  resolve(path: string): string;
  /** The bytes of a file; undefined where there is none. */
  read(path: string): Uint8Array | undefined;
  /** What a path is; undefined where there is nothing. */
  kind(path: string): 'file' | 'directory' | undefined;
  /** The names in a directory, sorted. */
  list(path: string): readonly string[];
}

/** What a module makes of its arguments and of what it read. */
export type Decision =
  /** All is as it should be; `reason` says why, for people. `notices` are printed and stop nothing. */
  | {
      readonly kind: 'nothing';
      readonly reason: string;
      readonly learned?: Learned;
      readonly notices?: readonly Finding[];
      /** What `register` gets beside `changed` and `msg`. */
      readonly values?: ValueMap;
      /** Variables that the host has from now on: `set_fact`. */
      readonly variables?: ValueMap;
      /** What was gathered of the host, by Ansible's names. */
      readonly facts?: ValueMap;
    }
  /** The task is about another host of the deployment. */
  | { readonly kind: 'elsewhere'; readonly reason: string; readonly values?: ValueMap }
  | { readonly kind: 'steps'; readonly steps: readonly Step[]; readonly learned?: Learned }
  /** It cannot be done, or does not hold (`assert`): the task fails. */
  | { readonly kind: 'failed'; readonly says: string; readonly next?: string; readonly values?: ValueMap }
  /** What stands in the way, all of it at once. Stops the deployment (and is reported by --check). */
  | { readonly kind: 'findings'; readonly findings: readonly Finding[]; readonly learned?: Learned }
  /** The deployment needs nothing more: what follows in the playbook is not run. */
  | { readonly kind: 'finished'; readonly reason: string };

/** New facts. Must survive JSON. */
export interface Learned {
  readonly host?: Readonly<Record<string, unknown>>;
  readonly shared?: Readonly<Record<string, unknown>>;
}

/** How a step's result is read: success, perhaps with facts; or a failure in words with what to do. */
export type Verdict =
  | { readonly ok: true; readonly learned?: Learned; readonly says?: string }
  /** `final`: a step that waits need not ask again, it will not become better. */
  | { readonly ok: false; readonly says: string; readonly next?: string; readonly final?: boolean };

interface StepBase {
  /** What it does, in the imperative, as check mode prints it: `stop nautobot-worker.service`. */
  readonly says: string;
  /** Judges the result. Without it: exit code 0 is success. */
  readonly judge?: (result: Result) => Verdict;
  /** Milliseconds. */
  readonly deadline?: number;
}

export type Step =
  /** A short mutation under the claim. */
  | (StepBase & { readonly kind: 'change'; readonly command: Command; readonly as?: string; readonly stdin?: Input })
  /** A long mutation: a detached job that survives the line. `progress` turns a line of its output into words. */
  | (StepBase & {
      readonly kind: 'job';
      readonly command: Command;
      readonly as?: string;
      readonly stdin?: Input;
      readonly workingDirectory?: string;
      /** Being cut would leave more behind than it does: who goes back while it runs waits for its end. */
      readonly waits?: boolean;
      readonly progress?: (line: string) => string | undefined;
    })
  | (StepBase & {
      readonly kind: 'upload';
      readonly content: Input;
      readonly path: string;
      readonly mode: string;
      readonly owner?: string;
      /** What the content was made from, for `--diff`: the file as the old cluster has it. */
      readonly before?: string;
      /** The path that it is about, where it is written beside it first. */
      readonly shown?: string;
    })
  /** A read-only question, once. */
  | (StepBase & { readonly kind: 'ask'; readonly command: Command; readonly as?: string; readonly stdin?: Input })
  /** A read-only question until the judge is content or the deadline passes. */
  | (StepBase & {
      readonly kind: 'wait';
      readonly command: Command;
      readonly as?: string;
      readonly stdin?: Input;
      /** Milliseconds between two askings. */
      readonly every: number;
      readonly deadline: number;
    })
  /** An HTTP request through the line until the judge is content; needs no tool on the host. */
  | (StepBase & {
      readonly kind: 'http';
      readonly request: HttpRequest;
      readonly every: number;
      readonly deadline: number;
    })
  /**
   * A TCP connection through the line until the judge is content: exit code 0 where it was accepted, 7 where not; with
   * `listen`, standard output is what the other side sent in so many milliseconds.
   */
  | (StepBase & {
      readonly kind: 'tcp';
      readonly address: string;
      readonly port: number;
      readonly listen?: number;
      readonly every: number;
      readonly deadline: number;
    })
  /** A file of the host into the run's folder; missing ones are no failure. With `local`, to that path of the controller. */
  | (StepBase & { readonly kind: 'fetch'; readonly path: string; readonly to: string; readonly local?: boolean })
  /** Nothing on the host: the moment that downtime is measured from and to. */
  | (StepBase & { readonly kind: 'mark'; readonly mark: 'window-opens' | 'window-closes' })
  /** Writes the marker, durably, on this host. The engine does it, because it decides by it what may be taken back. */
  | (StepBase & { readonly kind: 'point-of-no-return' })
  /** Locks every host of the deployment for this run, and lets go of them. The engine does both. */
  | (StepBase & { readonly kind: 'claim' | 'release' });

export type Input = string | Uint8Array | Secret;

export interface HttpRequest {
  /** As the host itself reaches it. */
  readonly address: string;
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Speak TLS on the stream. The certificate is not judged: the stream ends on the host that we asked. */
  readonly tls?: boolean;
  /** The certificate authorities (PEM) that the server's certificate must come from; its name must be the address's. */
  readonly authorities?: string;
  /** GET where not given. */
  readonly method?: string;
  readonly body?: Input;
  /** Which redirections are followed: none where not given; `safe` those of GET and HEAD. */
  readonly follow?: 'safe' | 'all';
  /** Milliseconds for one answer; 10,000 where not given. */
  readonly timeout?: number;
}
