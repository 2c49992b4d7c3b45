/**
 * Everything that can go wrong, in one table: code → exit code and meaning. `docs/errors.md` documents each code and a
 * test holds the two together. Codes are stable: scripts match on them.
 */
export const ERROR_CODES = {
  // usage and input (exit 5): found before any host is touched
  usage: { exit: 5, meaning: 'the command line cannot be understood' },
  'file-missing': { exit: 5, meaning: 'a file that was named does not exist or cannot be read' },
  'inventory-syntax': { exit: 5, meaning: 'a line of the inventory cannot be read' },
  'inventory-group': { exit: 5, meaning: 'groups of the inventory contradict each other' },
  'inventory-value': { exit: 5, meaning: 'a variable of the inventory has a value that cannot be used' },
  'inventory-deployment': { exit: 5, meaning: 'the inventory does not make complete deployments' },
  vault: { exit: 5, meaning: 'an encrypted value or file cannot be opened' },
  pattern: { exit: 5, meaning: 'a host pattern is malformed or names what does not exist' },
  'limit-empty': { exit: 6, meaning: '--limit, --tags or --list-hosts matches nothing' },
  'limit-partial': { exit: 5, meaning: '--limit takes only part of a deployment' },
  'unknown-variable': { exit: 5, meaning: 'a pgup_ variable that does not exist' },
  'variable-value': { exit: 5, meaning: 'a pgup_ variable has a value that cannot be used' },
  'variable-missing': { exit: 5, meaning: 'a required pgup_ variable is not set' },
  'yaml-syntax': { exit: 5, meaning: 'a YAML file cannot be read' },
  'playbook-syntax': { exit: 5, meaning: 'a playbook has a word or a shape that does not exist' },
  'playbook-unsupported': { exit: 5, meaning: 'a word of Ansible that pgup does not have' },
  'unknown-module': { exit: 5, meaning: 'a task names a module that does not exist' },
  'module-arguments': { exit: 5, meaning: 'a task gives its module arguments that it cannot take' },
  expression: { exit: 5, meaning: 'an expression cannot be read or evaluated' },
  'undefined-name': { exit: 5, meaning: 'an expression uses a name that nothing defines' },
  settings: { exit: 5, meaning: 'pgup.ini holds a key or a value that cannot be used' },
  'plan-changed': { exit: 5, meaning: 'inventory, playbook or -e are not what they were when the run began' },
  confirmation: { exit: 5, meaning: 'an upgrade needs a terminal to ask on, or --yes' },
  // the line to a host (exit 4)
  unreachable: { exit: 4, meaning: 'no connection to the host could be made' },
  'host-key-unknown': { exit: 4, meaning: 'the host key is not in known_hosts' },
  'host-key-changed': { exit: 4, meaning: 'the host shows another key than known_hosts has' },
  authentication: { exit: 4, meaning: 'the host refused every key and password offered' },
  become: { exit: 4, meaning: 'the connected user may not become the user that is needed' },
  'connection-lost': { exit: 4, meaning: 'the line was lost while something ran: its outcome is not known' },
  transport: { exit: 4, meaning: 'the line to the host broke a rule of the protocol or a limit' },
  deadline: { exit: 4, meaning: 'the host did not answer in the time allowed' },
  // on the hosts (exit 2)
  'command-failed': { exit: 2, meaning: 'a command on a host ended with an error' },
  'task-failed': { exit: 2, meaning: 'a task did not reach its goal' },
  finding: { exit: 2, meaning: 'something stands in the way of the upgrade; nothing was changed' },
  'job-lost': { exit: 2, meaning: 'a long job ended without leaving its exit code (host rebooted or job killed)' },
  fence: { exit: 2, meaning: 'the host belongs to another run' },
  'handed-over': { exit: 2, meaning: 'another controller has the run now: this one stops and touches nothing' },
  'no-run': { exit: 2, meaning: 'the hosts know of no run that could be gone on with' },
  locked: { exit: 2, meaning: 'another run holds a lock on the host' },
  verification: { exit: 2, meaning: 'the data after a step is not the data before it' },
  'undo-failed': { exit: 2, meaning: 'putting the deployment back failed: it holds as it stands' },
  held: { exit: 2, meaning: 'the deployment failed after the point of no return and holds' },
  'rolled-back': { exit: 7, meaning: 'the deployment failed and was put back' },
  interrupted: { exit: 130, meaning: 'the run was interrupted' },
  // ourselves
  internal: { exit: 1, meaning: 'pgup itself failed: a bug' },
  'run-folder': { exit: 1, meaning: 'the run folder cannot be written or read' },
} as const satisfies Record<string, { readonly exit: number; readonly meaning: string }>;

export type ErrorCode = keyof typeof ERROR_CODES;

/** A place in a file of the user's. `line` and `column` count from 1; `file` is the path as the user gave it. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** One thing wrong with the user's input. All problems of all files are collected before any is reported. */
export interface Problem {
  readonly kind: 'problem';
  readonly severity: 'error' | 'warning';
  readonly code: ErrorCode;
  readonly at?: Position;
  /** What is wrong, what was expected, the nearest known word: one line, lower case, no full stop. */
  readonly text: string;
}

export function problem(code: ErrorCode, text: string, at?: Position): Problem {
  return Object.freeze({ kind: 'problem', severity: 'error', code, text, ...(at ? { at } : {}) });
}

export function warning(code: ErrorCode, text: string, at?: Position): Problem {
  return Object.freeze({ kind: 'problem', severity: 'warning', code, text, ...(at ? { at } : {}) });
}

/** `FILE:LINE:COL: error[CODE]: text`, the form that editors and scripts read. */
export function formatProblem({ severity, code, text, at }: Problem): string {
  const place = at ? `${at.file}:${at.line}:${at.column}: ` : '';
  return `${place}${severity}[${code}]: ${text}`;
}

export interface ErrorDetails {
  /** The host that it happened on. */
  readonly host?: string | undefined;
  /** What to type or do next. */
  readonly next?: string | undefined;
  /** What the host said, verbatim; control characters are escaped when it is printed. */
  readonly output?: string | undefined;
  readonly cause?: unknown;
}

/** The one error class. Its message says what happened; `next` says what to type. */
export class PgupError extends Error {
  readonly code: ErrorCode;
  readonly host: string | undefined;
  readonly next: string | undefined;
  readonly output: string | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'PgupError';
    this.code = code;
    this.host = details.host;
    this.next = details.next;
    this.output = details.output;
  }
}

/** Bad input: every problem found, none of them acted on. */
export class ProblemsError extends PgupError {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const first = problems.find((each) => each.severity === 'error');
    super(first?.code ?? 'internal', problems.map(formatProblem).join('\n'));
    this.problems = problems;
  }
}

/** Anything thrown, as a PgupError: what is not one already is a bug of ours. */
export function asPgupError(thrown: unknown): PgupError {
  if (thrown instanceof PgupError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new PgupError('internal', message, { cause: thrown });
}

/** Several exit codes at once: the first of this order that occurred wins. */
const EXIT_ORDER = [5, 6, 1, 130, 4, 2, 7, 3, 0] as const;

/** The exit code of a whole run from the exit codes of its parts. */
export function worstExit(codes: Iterable<number>): number {
  const seen = new Set(codes);
  return EXIT_ORDER.find((code) => seen.has(code)) ?? 0;
}
