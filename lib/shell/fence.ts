import { randomUUID } from 'node:crypto';
import { PgupError } from '../errors.ts';
import type { Secret } from '../secret.ts';
import { checkedUser } from './become.ts';
import { durable } from './durable.ts';
import type { Claim, Command, Mutation, Result } from './host-shell.ts';
import { quote, raw, sh } from './sh.ts';

/** Everything that pgup keeps on a host. Root's, and it survives a reboot. */
export const STATE = '/var/lib/pgup';
/** The file that is flocked. It is never replaced: a lock on a replaced file would lock nothing. */
export const GUARD = `${STATE}/guard`;
/** Who holds the host: one line, replaced by rename. Readable by all, so that everybody can see that it is held. */
export const CLAIM = `${STATE}/claim`;
export const JOBS = `${STATE}/jobs`;
/** The run's own files on a host: its part of the plan and of the journal. */
export const RUN = `${STATE}/run`;
/** What this host was told of the journal: one entry a line. */
export const RECORD = `${RUN}/journal.jsonl`;
/** Blocks that are given back when the disk is full, so that state and marker can be written all the same. */
export const RESERVE = `${STATE}/reserve`;

/** The exit code of a refusal. The code alone proves nothing, a command may use it: the marked word on stderr does. */
const REFUSED = 113;
/** Seconds to wait for a change of the same run that is still going on, before it is said instead of waited for. */
const PATIENCE = 20;

/** In place of a job's record: no open job stands in the way. */
const EVERY_JOB = 'every';

export interface MutationOptions {
  readonly command: Command;
  readonly claim: Claim | 'unclaimed';
  readonly as?: string | undefined;
  readonly stdin?: string | Uint8Array | Secret | undefined;
  readonly deadline?: number | undefined;
  /** Lines for the host's part of the journal: on its disk before the command runs, or the command does not run. */
  readonly record?: string | undefined;
  /** Nothing but pgup's own files is touched: no open job's record stands in the way. */
  readonly besideJobs?: boolean | undefined;
}

/** Built by `mutation()`; the line sends no others. */
const built = new WeakMap<Mutation, string>();

/**
 * The one place where a command that changes a host is built. On the host, in the process that runs it, it takes the
 * guard's lock, compares the stored claim with ours, refuses where a job's record is open, and only then runs the
 * command, with the lock held to its end but not handed on to what it leaves in the background.
 *
 * A command of a generic playbook (`unclaimed`) runs where no run holds the host.
 */
export function mutation(options: MutationOptions): Mutation {
  const { command, claim, as, stdin, deadline, record, besideJobs } = options;
  const body = insideFence(command, as);
  const check = claim === 'unclaimed' ? UNCLAIMED_CHECK : claimedCheck(claim, besideJobs ? EVERY_JOB : undefined);
  return fence({ command, claim, as, stdin, deadline, record, script: `${check}${recording(record)}${body}` });
}

/**
 * For jobs.ts: the fence before a script of ours that lets go of the guard itself (descriptor 9), because what it
 * starts takes the guard too.
 */
export function jobMutation(options: {
  readonly command: Command;
  readonly claim: Claim | 'unclaimed';
  readonly job: string;
  readonly script: Command;
  readonly stdin?: string | Uint8Array | Secret | undefined;
  readonly deadline: number;
  readonly record?: string | undefined;
}): Mutation {
  const { command, claim, job, script, stdin, deadline, record } = options;
  const check = claim === 'unclaimed' ? UNCLAIMED_CHECK : claimedCheck(claim, job);
  const whole = `${check}${recording(record)}${script.text}`;
  return fence({ command, claim, as: undefined, stdin, deadline, record, script: whole });
}

/** For lock.ts, whose scripts make their own checks: they write the claim that all others are compared with. */
export function lockScript(options: { command: Command; claim: Claim; script: string }): Mutation {
  return fence({ ...options, as: undefined, stdin: undefined, deadline: undefined, record: undefined });
}

export function isBuilt(mutation: Mutation): boolean {
  return built.has(mutation);
}

interface FenceOptions {
  readonly command: Command;
  readonly claim: Claim | 'unclaimed';
  readonly as: string | undefined;
  readonly stdin: string | Uint8Array | Secret | undefined;
  readonly deadline: number | undefined;
  readonly record: string | undefined;
  readonly script: string;
}

function fence({ command, claim, as, stdin, deadline, record, script }: FenceOptions): Mutation {
  const word = randomUUID().replaceAll('-', '');
  const fenced = raw(`__refuses='${word.slice(0, 16)} ${word.slice(16)}'\n${script}`);
  const made: Mutation = Object.freeze({ kind: 'mutation', command, fenced, claim, as, stdin, deadline, record });
  built.set(made, word);
  return made;
}

/** Opens the guard on descriptor 9 and locks it. */
export const TAKE_GUARD = `command -v flock >/dev/null || __refuse no-flock
[ -w ${GUARD} ] || __refuse none
exec 9>>${GUARD}
flock -w ${PATIENCE} 9 || __refuse busy
`;

/** Reads the stored claim: `pgup1 STATE TOKEN RUN OWNER DEPLOYMENT`, its words percent-encoded. */
export const READ_CLAIM = `__v= __state= __token=0 __run= __owner= __deployment=
[ ! -r ${CLAIM} ] || read -r __v __state __token __run __owner __deployment <${CLAIM} || :
`;

/** The identity that a claim has on a host. */
export function claimWords(claim: Claim): string {
  return `${claim.token} ${encodeURIComponent(claim.run)} ${encodeURIComponent(claim.owner)}`;
}

/**
 * What every shell is taught before its first command, so that a fence is a line and not a page. `__refuses` is the word
 * of the mutation in two halves: it stands nowhere in full until a refusal says it.
 *
 * Where no run ever was (`__pgup_unclaimed`), there is nothing to look at and nothing is made. Where the guard may be
 * locked (root), it is shared: many of these side by side, but none beside an acquire. The command gets the guard's
 * descriptor closed, so that a daemon that it starts does not hold the host for ever; where there is none, it needs no
 * process of its own for that.
 *
 * `__pgup_record` appends to the host's part of the journal, under the guard and before what it announces. On a full
 * disk the reserve makes room; where even that does not help, nothing is done.
 */
export const FENCE_LESSON = `
__refuse() { printf '\\036pgup-refused %s%s %s\\036' $__refuses "$*" >&2; exit ${REFUSED}; }
__pgup_claimed() {
  ${TAKE_GUARD}${READ_CLAIM}[ "$__state $__token $__run $__owner" = "$1" ] ||
    __refuse other "$__state" "$__token" "$__run" "$__owner" "$__deployment"
  [ "$2" = ${EVERY_JOB} ] || for __j in ${JOBS}/*/open; do
    [ ! -e "$__j" ] || [ "$__j" = "$2" ] || { __j=\${__j%/open}; __refuse job "\${__j##*/}"; }
  done
  __guarded=1
}
__pgup_unclaimed() {
  __guarded=
  [ -e ${CLAIM} ] || return 0
  if [ -w ${GUARD} ] && command -v flock >/dev/null; then
    exec 9>>${GUARD}
    flock -s -w ${PATIENCE} 9 || __refuse busy
    __guarded=1
  fi
  ${READ_CLAIM}[ "$__state" != held ] || __refuse other "$__state" "$__token" "$__run" "$__owner" "$__deployment"
}
__pgup_fenced() {
  if [ -n "$__guarded" ]; then (exec 9>&-; __pgup_in); else eval "$__pgup_c"; fi
}
__pgup_note() { { printf '%s' "$1" >>${RECORD} && ${durable(RECORD)}; } 2>/dev/null; }
__pgup_record() {
  __pgup_note "$1" || { rm -f ${RESERVE}; printf '\\n' >>${RECORD}; __pgup_note "$1"; } 2>/dev/null || __refuse unwritable
}
`;

/** `job`: the one whose open record does not stand in the way: it is started, cancelled or closed. */
function claimedCheck(claim: Claim, job: string | undefined): string {
  const spared = job === EVERY_JOB ? EVERY_JOB : `${JOBS}/${job ?? ''}/open`;
  return `__pgup_claimed ${quote(`held ${claimWords(claim)}`)} ${quote(spared)}\n`;
}

const UNCLAIMED_CHECK = '__pgup_unclaimed\n';

function recording(lines: string | undefined): string {
  return lines === undefined || lines === '' ? '' : `__pgup_record ${quote(lines)}\n`;
}

function insideFence(command: Command, as: string | undefined): string {
  const text = as === undefined ? command.text : asUser(as, command).text;
  return `__pgup_c=${quote(text)}\n__pgup_fenced\n`;
}

/**
 * A command as another user, from a root shell. The text is handed over in pieces: one argument may not be longer
 * than 128 KiB.
 */
export function asUser(user: string, command: Command): Command {
  const pieces = command.text.match(/[^]{1,30000}/gu) ?? [];
  // Unquoted, or the tilde would stay a tilde; so the name must be one that needs no quotes.
  const home = raw(`HOME=~${checkedUser(user)}`);
  const boot = sh`${home} USER=${user} LOGNAME=${user}; export HOME USER LOGNAME; eval ${raw(pieces.map((_, index) => `"\${${index + 1}}"`).join(''))}`;
  return sh`PATH="$PATH:/usr/sbin:/sbin" runuser -u ${user} -- /bin/sh -c ${boot.text} sh ${pieces}`;
}

/** Throws what the host's fence said, if it refused; otherwise the result is the command's own. */
export function throwIfRefused(options: { mutation: Mutation; result: Result; host: string }): Result {
  const { mutation, result, host } = options;
  const word = built.get(mutation) ?? '';
  const { ending, stderr } = result;
  if (ending.kind !== 'exited' || ending.code !== REFUSED) return result;
  const mark = `\x1epgup-refused ${word} `;
  const at = stderr.lastIndexOf(mark);
  if (at < 0) return result;
  const words = stderr.toString('latin1', at + mark.length, stderr.indexOf(0x1e, at + 1)).split(' ');
  throw refusal({ words, claim: mutation.claim, host });
}

function refusal(options: { words: readonly string[]; claim: Claim | 'unclaimed'; host: string }): PgupError {
  const { words, claim, host } = options;
  const [reason, ...rest] = words;
  switch (reason) {
    case 'no-flock':
      return new PgupError(
        'fence',
        `${host} has no flock program: pgup cannot make sure that only one run changes it`,
        {
          host,
          next: `install util-linux on ${host}`,
        },
      );
    case 'none':
      return new PgupError('fence', `${host} is held by nobody, and this run has to hold it: nothing was done`, {
        host,
        next: `look at what happened to ${STATE} on ${host}, then: pgup resume`,
      });
    case 'busy':
      return new PgupError('fence', `a change sent to ${host} before is still running there: nothing more was done`, {
        host,
        next: `see what it does: fuser -v ${GUARD} (on ${host}); then: pgup resume`,
      });
    case 'job':
      return new PgupError(
        'fence',
        `the long job ${rest[0] ?? ''} is open on ${host}: nothing else is done until it ends`,
        {
          host,
          next: 'pgup resume follows it to its end',
        },
      );
    case 'unwritable':
      return new PgupError('fence', `${host} cannot write down what is about to be done: nothing was done`, {
        host,
        next: `make room on the disk of ${STATE} on ${host}, then: pgup resume`,
      });
    case 'other':
      return otherHolder({ words: rest, claim, host });
    case undefined:
    default:
      return new PgupError('fence', `${host} refused the change: ${words.join(' ')}`, { host });
  }
}

function otherHolder(options: { words: readonly string[]; claim: Claim | 'unclaimed'; host: string }): PgupError {
  const { claim, host } = options;
  const [state, token, run, owner, deployment] = options.words.map(decoded);
  if (claim !== 'unclaimed' && state !== 'held') {
    const last = `run ${run ?? '?'} with token ${token ?? '?'} let go of it (${owner ?? '?'})`;
    return new PgupError(
      'handed-over',
      `this run no longer holds ${host}: ${last}; it had token ${claim.token} and stops without touching anything`,
      { host, next: `see how it ended where it was gone on with: ${owner ?? '?'}; nothing is to be undone from here` },
    );
  }
  const holder = `${owner ?? '?'} for run ${run ?? '?'} of deployment ${deployment ?? '?'} (token ${token ?? '?'})`;
  if (claim === 'unclaimed') {
    return new PgupError('fence', `${host} is held by ${holder}: nothing was done there`, {
      host,
      next: `wait for that run, or see how it stands: pgup status ${run ?? ''}`,
    });
  }
  return new PgupError(
    'handed-over',
    `${host} now belongs to ${holder}; this run had token ${claim.token} and stops without touching anything`,
    { host, next: `leave it to ${owner ?? 'its new owner'}; nothing is to be undone from here` },
  );
}

export function decoded(word: string): string {
  try {
    return decodeURIComponent(word);
  } catch {
    return word;
  }
}
