import { PgupError } from '../errors.ts';
import { durable } from './durable.ts';
import {
  CLAIM,
  GUARD,
  JOBS,
  READ_CLAIM,
  RESERVE,
  RUN,
  STATE,
  claimWords,
  decoded,
  lockScript,
  mutation,
} from './fence.ts';
import type { Claim, HostShell, Query, Result } from './host-shell.ts';
import { quote, raw, sh } from './sh.ts';

/** What stands in a host's lock. */
export type LockState =
  /** No run was ever here. */
  | { readonly kind: 'none' }
  | {
      readonly kind: 'free';
      readonly token: number;
      /** The run that held it last. */
      readonly run: string;
      readonly owner: string;
      readonly openJobs: readonly string[];
    }
  | {
      readonly kind: 'held';
      readonly token: number;
      readonly run: string;
      readonly owner: string;
      readonly deployment: string;
      /** Seconds since the holder's last sign of life, by the host's own clock; undefined where it never gave one. */
      readonly silence: number | undefined;
      readonly openJobs: readonly string[];
      /** A change is running on the host at this moment. */
      readonly busy: boolean;
    };

/** A holder that was heard of within this time is alive: seconds. */
export const ALIVE = 60;

const BEAT = `${STATE}/heartbeat`;

export interface AcquireOptions {
  /** Root shells of every host of the deployment, all of them: a host that is left out cannot be fenced. */
  readonly shells: readonly HostShell[];
  readonly run: string;
  /** Who we are, for people: `user@controller pid`. */
  readonly owner: string;
  readonly deployment: string;
  /** Take the deployment over from another controller of the same run although that one still shows life. */
  readonly takeOver?: boolean | undefined;
  /**
   * The last token of the run that is gone on with. A host that is free must have been let go of by that very claim:
   * where another had it since, what the run knows is no longer so.
   */
  readonly after?: number | undefined;
}

/**
 * Claims every host of a deployment for a run, or none of them. The token is one more than the highest on any of the
 * hosts, so that whoever held one before is refused from now on, wherever it still sends something. The hosts are
 * taken in the order of their names, the first one alone: of two runs at once one has all, the other nothing.
 */
export async function acquire(options: AcquireOptions): Promise<Claim> {
  const shells = [...options.shells].sort((a, b) => (a.host < b.host ? -1 : 1));
  const states = await Promise.all(shells.map((shell) => readLock(shell)));
  states.forEach((state, index) => {
    const host = shells[index]?.host ?? '';
    refuseHeld({ state, host, options });
    refuseForgotten({ state, host, options, states });
  });
  const token = 1 + Math.max(0, ...states.map((state) => (state.kind === 'none' ? 0 : state.token)));
  const { run, owner, deployment } = options;
  const claim: Claim = Object.freeze({ kind: 'claim', run, owner, deployment, token });
  const [first, ...others] = shells;
  if (!first) throw new PgupError('internal', `deployment ${deployment} has no hosts to claim`);
  await take({ shell: first, claim, options });
  const results = await Promise.allSettled(others.map((shell) => take({ shell, claim, options })));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) {
    const mine = [first, ...others.filter((_, index) => results[index]?.status === 'fulfilled')];
    await Promise.allSettled(mine.map((shell) => release(shell, claim)));
    throw failed.reason;
  }
  return claim;
}

/** What a host's lock says. Also readable by users other than root, without the open jobs. */
export async function readLock(shell: HostShell): Promise<LockState> {
  const result = await shell.ask(LOCK_QUERY);
  const text = result.stdout.toString('utf8');
  if (result.ending.kind !== 'exited' || result.ending.code !== 0) {
    throw new PgupError('command-failed', `the lock on ${shell.host} cannot be read`, {
      host: shell.host,
      output: result.stderr.toString('utf8'),
    });
  }
  const [line = '', ...jobs] = text.trimEnd().split('\n');
  const [state, token, run, owner, deployment, silence, busy] = line.split(' ');
  if (state !== 'held' && state !== 'free') return { kind: 'none' };
  const common = { token: Number(token), run: decoded(run ?? ''), owner: decoded(owner ?? ''), openJobs: jobs };
  if (state === 'free') return { kind: 'free', ...common };
  return {
    kind: 'held',
    ...common,
    deployment: decoded(deployment ?? ''),
    silence: silence === '-' ? undefined : Number(silence),
    busy: busy === 'busy',
  };
}

/** A sign of life, written beside the claim while it is ours. Takes no lock: it must not wait behind a long change. */
export async function heartbeat(shell: HostShell, claim: Claim): Promise<void> {
  const script = `${READ_CLAIM}[ "$__state $__token $__run $__owner" = ${quote(`held ${claimWords(claim)}`)} ] ||
  __refuse other "$__state" "$__token" "$__run" "$__owner" "$__deployment"
${writeBeat(claim)}`;
  await must(shell, lockScript({ command: sh`date ${raw(`> ${BEAT}`)}`, claim, script }), 'leave a sign of life on');
}

/** Lets go of a host and forgets the run. The token stays, so that the next claim is higher. */
export async function release(shell: HostShell, claim: Claim): Promise<void> {
  const command = raw(`${writeClaim('free', claim)}\nrm -rf ${RUN} ${RESERVE}`);
  await must(shell, mutation({ command, claim }), 'release');
}

const LOCK_QUERY: Query = Object.freeze({
  kind: 'query',
  command: raw(`${READ_CLAIM}__beat=- __busy=idle
if [ -r ${BEAT} ]; then
  read -r __then __for <${BEAT} || :
  [ "$__for" != "$__token" ] || __beat=$(( $(date +%s) - __then ))
fi
if [ -w ${GUARD} ] && command -v flock >/dev/null; then flock -s -n ${GUARD} true || __busy=busy; fi
printf '%s %s %s %s %s %s %s\\n' "\${__state:-none}" "$__token" "$__run" "$__owner" "$__deployment" "$__beat" "$__busy"
for __j in ${JOBS}/*/open; do [ ! -e "$__j" ] || { __j=\${__j%/open}; printf '%s\\n' "\${__j##*/}"; }; done
`),
});

function refuseHeld(options: { state: LockState; host: string; options: AcquireOptions }): void {
  const { state, host } = options;
  const { run, owner, deployment, takeOver } = options.options;
  if (state.kind !== 'held') return;
  const since = state.silence === undefined ? 'gave no sign of life yet' : `last sign of life ${state.silence} s ago`;
  const holder = `${state.owner} for run ${state.run} of deployment ${state.deployment} (${since})`;
  // Two deployments of one run on one host (two clusters, two names) would take it from each other in the middle.
  if (state.run !== run || state.deployment !== deployment) {
    throw new PgupError('locked', `${host} is held by ${holder}`, {
      host,
      next: `see how that run stands: pgup status ${state.run}; it ends with pgup resume ${state.run} or pgup rollback ${state.run}`,
    });
  }
  if (state.owner === owner || takeOver === true) return;
  if (state.silence === undefined || state.silence <= ALIVE) {
    throw new PgupError('locked', `${host} is held by ${holder}, which is alive`, {
      host,
      next: `stop that process first, or wait ${ALIVE} s after it has died; where it hangs or cannot be reached: --take-over`,
    });
  }
}

/** Of a run that is gone on with: this host was let go of, by this run, and by nobody later. */
function refuseForgotten(options: {
  state: LockState;
  host: string;
  options: AcquireOptions;
  states: readonly LockState[];
}): void {
  const { state, host, states } = options;
  const { run, after } = options.options;
  if (after === undefined || state.kind === 'held') return;
  if (state.kind === 'none') {
    throw new PgupError('handed-over', `${host} was locked by run ${run}, and its lock is gone: nothing was done`, {
      host,
      next: `find out who removed /var/lib/pgup on ${host}; what the run left there is not known any more`,
    });
  }
  const tokens = states.map((each) => (each.kind === 'held' && each.run === run ? each.token : 0));
  if (state.run === run && state.token <= Math.max(after, ...tokens)) return;
  throw new PgupError(
    'handed-over',
    `${host} was let go of by ${state.owner} for run ${state.run} (token ${state.token}), after this controller had it (token ${after})`,
    { host, next: `see how it ended there; to begin again: pgup run, with the same words` },
  );
}

async function take(options: { shell: HostShell; claim: Claim; options: AcquireOptions }): Promise<void> {
  const { shell, claim } = options;
  const change = lockScript({ command: raw(writeClaim('held', claim)), claim, script: takeScript(claim) });
  const result = await shell.change(change).catch((error: unknown) => {
    if (!(error instanceof PgupError) || (error.code !== 'fence' && error.code !== 'handed-over')) throw error;
    const text = `${shell.host} was claimed by somebody else at the same moment: ${error.message}`;
    throw new PgupError('locked', text, { host: shell.host, next: error.next, cause: error });
  });
  if (result.ending.kind === 'unknown') {
    // Nobody knows whether it was written. Reading is safe, and the host's answer is the truth.
    const state = await readLock(shell);
    if (state.kind === 'held' && isClaim(state, claim)) return;
    throw lost(shell.host, 'claimed', result);
  }
  complete({ shell, result, says: 'claim' });
}

function isClaim(held: LockState & { readonly kind: 'held' }, claim: Claim): boolean {
  const { token, run, owner, deployment } = held;
  return token === claim.token && run === claim.run && owner === claim.owner && deployment === claim.deployment;
}

/**
 * Makes the state folder where it is not there, then writes the claim under the guard, unless somebody else was
 * quicker: a token as high as ours, or a holder that was not there when we read.
 */
function takeScript(claim: Claim): string {
  // With the deployment: two of one run that read at the same moment want to write the same words but for that one.
  const me = `held ${claimWords(claim)} ${encodeURIComponent(claim.deployment)}`;
  return `command -v flock >/dev/null || __refuse no-flock
umask 077
if [ ! -d ${STATE} ]; then mkdir -- ${STATE} && chmod 711 ${STATE} && ${durable('/var/lib')} || exit; fi
[ -O ${STATE} ] && [ ! -L ${STATE} ] || { echo "${STATE} is not a folder of root" >&2; exit 1; }
[ -e ${GUARD} ] || : >>${GUARD} || exit
exec 9>>${GUARD}
flock -w 20 9 || __refuse busy
${READ_CLAIM}if [ "$__state $__token $__run $__owner $__deployment" != ${quote(me)} ]; then
  if [ "$__state" = held ] && [ "$__run" != ${quote(encodeURIComponent(claim.run))} ] || [ "$__token" -ge ${claim.token} ]; then
    __refuse other "$__state" "$__token" "$__run" "$__owner" "$__deployment"
  fi
fi
[ "$__run" = ${quote(encodeURIComponent(claim.run))} ] || rm -rf ${RUN} || exit
[ -d ${RUN} ] || mkdir ${RUN} || exit
${writeClaim('held', claim)}
${writeBeat(claim)}`;
}

function writeClaim(state: 'held' | 'free', claim: Claim): string {
  const line = `pgup1 ${state} ${claimWords(claim)} ${encodeURIComponent(claim.deployment)}`;
  return `__claim() { printf '%s\\n' ${quote(line)} >${CLAIM}.new && chmod 644 ${CLAIM}.new && ${durable(`${CLAIM}.new`)}; }
__claim 2>/dev/null || { rm -f ${RESERVE}; __claim; } && mv -f ${CLAIM}.new ${CLAIM} && ${durable(STATE)} || exit`;
}

/** Overwritten in place with the same length: it must also work on a full disk. */
function writeBeat(claim: Claim): string {
  return `printf '%s %s\\n' "$(date +%s)" ${claim.token} 1<>${BEAT}\n`;
}

async function must(shell: HostShell, change: ReturnType<typeof mutation>, says: string): Promise<void> {
  const result = await shell.change(change);
  if (result.ending.kind === 'unknown') throw lost(shell.host, says, result);
  complete({ shell, result, says });
}

function complete(options: { shell: HostShell; result: Result; says: string }): void {
  const { shell, result, says } = options;
  if (result.ending.kind === 'exited' && result.ending.code === 0) return;
  throw new PgupError('command-failed', `could not ${says} ${shell.host}`, {
    host: shell.host,
    output: result.stderr.toString('utf8'),
    next: `look at ${STATE} on ${shell.host}: it needs to be a folder of root on a disk with room`,
  });
}

function lost(host: string, says: string, result: Result): PgupError {
  const reason = result.ending.kind === 'unknown' ? result.ending.reason : '';
  return new PgupError('connection-lost', `the line to ${host} was lost while it was ${says}: ${reason}`, { host });
}
