import type { ErrorCode, PgupError } from '../errors.ts';
import type { OutcomeKind } from '../events.ts';
import type { DeploymentState, Engine } from './deployment-state.ts';
import type { TaskFailure } from './play.ts';

interface LetterOptions {
  readonly engine: Pick<Engine, 'run' | 'flavour' | 'events' | 'park' | 'journal' | 'folder'>;
  readonly state: DeploymentState;
  readonly failure: TaskFailure;
  readonly outcome: Bad;
  /** Hosts that could not be reached while the deployment was put back. */
  readonly unreachable?: readonly string[];
  /** What failed while the deployment was put back. */
  readonly undo?: TaskFailure;
  /** Where marker, journal and server do not say the same about the point of no return. */
  readonly contradiction?: string | undefined;
  /** False where a run could not be taken over from its earlier controller. */
  readonly takenUp?: boolean;
}

type Bad = Extract<
  OutcomeKind,
  'failed' | 'rolled-back' | 'held' | 'undo-failed' | 'handed-over' | 'unreachable' | 'unknown' | 'interrupted'
>;

/** The operator's letter: what happened on which host, what state things are in, what to type next. */
export function writeLetter(options: LetterOptions): { readonly outcome: Bad; readonly summary: string } {
  const { engine, state, failure, outcome } = options;
  const { error, name } = failure;
  const hosts = failure.failed.map((each) => each.host);
  const where = hosts.length > 0 ? ` on ${hosts.join(', ')}` : '';
  const happened = failure.task === '' ? error.message : `"${name}" failed${where}: ${whatEachSaid(failure)}`;
  engine.events.emit('letter', {
    deployment: state.planned.name,
    code: engine.park.aborted && outcome === 'unknown' ? 'interrupted' : codeOf(outcome, error),
    host: error.host ?? hosts[0],
    happened,
    stands: whatStands(options),
    next: whatNext(options),
  });
  const { takenUp = true } = options;
  return { outcome, summary: takenUp ? summaryOf(options) : 'not taken over: this controller did nothing' };
}

/** One host's words; of several hosts each one's own, because they need not be the same. */
function whatEachSaid({ failed, error }: TaskFailure): string {
  const texts = new Map(failed.map(({ host, outcome: one }) => [host, one.error?.message ?? one.says]));
  if (new Set(texts.values()).size <= 1) return error.message;
  return [...texts].map(([host, text]) => `\n${host}: ${text}`).join('');
}

function codeOf(outcome: Bad, error: PgupError): ErrorCode {
  switch (outcome) {
    case 'rolled-back':
    case 'held':
    case 'undo-failed':
    case 'handed-over':
    case 'interrupted':
      return outcome;
    case 'unknown':
      return 'connection-lost';
    case 'failed':
    case 'unreachable':
      return error.code;
  }
}

function summaryOf({ engine, outcome, failure: { name, error }, unreachable = [] }: LetterOptions): string {
  const failedFirst = error.code !== 'rolled-back';
  switch (outcome) {
    case 'failed':
      return `failed at "${name}"; nothing was changed before it that needs putting back`;
    case 'rolled-back':
      return failedFirst
        ? `failed at "${name}" and put back: the old version serves`
        : 'put back on request: the old version serves';
    case 'held':
      return `failed at "${name}" after the point of no return, and holds`;
    case 'undo-failed':
      return `failed at "${name}", and putting it back failed too`;
    case 'handed-over':
      return 'another controller has the run now: this one stopped and touched nothing more';
    case 'unreachable':
      return 'a host cannot be reached; nothing was changed';
    case 'unknown':
      return unreachable.length > 0
        ? `failed at "${name}", and put back but for ${unreachable.join(', ')}, which cannot be reached`
        : engine.park.aborted
          ? `let go of at "${name}": what was under way is not known`
          : `the line was lost during "${name}"`;
    case 'interrupted':
      return 'interrupted and put back';
  }
}

/** What is true on the hosts now, as far as this run knows. */
function whatStands(options: LetterOptions): readonly string[] {
  const { engine, state, outcome, unreachable = [], undo, contradiction, takenUp = true } = options;
  if (!takenUp) return ['this controller did nothing: the hosts stand as the run left them'];
  const lines: string[] = [];
  switch (outcome) {
    case 'failed':
    case 'unreachable':
      if (engine.flavour === 'upgrade') lines.push('nothing was stopped and nothing was upgraded');
      break;
    case 'handed-over':
      lines.push(
        'this controller undid nothing and let go of nothing: what the hosts are is what the other one makes them',
      );
      break;
    case 'rolled-back':
    case 'interrupted':
      lines.push('the old PostgreSQL runs on its port, Nautobot and its units are as they were before the run');
      break;
    case 'held':
      lines.push('the point of no return is passed: the new cluster holds the data and may have been written to');
      lines.push('the old cluster and its backup are untouched and stopped');
      if (contradiction !== undefined) lines.push(`taken as passed, because ${contradiction}`);
      break;
    case 'undo-failed':
      lines.push(`putting back stopped at: ${undo?.error.message ?? 'an unknown place'}`);
      lines.push('hosts are still locked by this run and held: nothing starts by itself, also after a reboot');
      break;
    case 'unknown':
      if (unreachable.length > 0) {
        lines.push('what can be reached is as it was before the run; the hosts stay locked by this run');
        break;
      }
      if (!state.claim) {
        lines.push('nothing was changed: the line was lost before the first change');
        break;
      }
      lines.push('jobs that were started on the hosts go on running there; nothing was sent twice');
      lines.push('the hosts stay locked by this run, and held: a reboot starts neither the old cluster nor Nautobot');
      break;
  }
  const stopped =
    outcome === 'held' || outcome === 'undo-failed' || (outcome === 'unknown' && unreachable.length === 0);
  if (state.windowOpened !== undefined && state.downtime === undefined && stopped) {
    lines.push('Nautobot is stopped');
  }
  if (unreachable.length > 0) lines.push(`not put back, because not reached: ${unreachable.join(', ')}`);
  if (engine.journal) lines.push(`the journal and the hosts' logs are in ${engine.folder}`);
  return lines;
}

function whatNext(options: LetterOptions): readonly string[] {
  const { engine, state, failure, outcome, unreachable = [], undo, takenUp = true } = options;
  const cause = (undo ?? failure).error.next;
  const lines = cause === undefined ? [] : [cause];
  if (!takenUp && outcome !== 'handed-over') return [...lines, `when the cause is gone: pgup resume ${engine.run}`];
  switch (outcome) {
    case 'unknown':
      lines.push(
        `${engine.park.aborted ? 'to go on' : 'when the line is back'}: pgup ${state.claim || unreachable.length > 0 ? `resume ${engine.run}` : 'run, with the same words'}`,
      );
      break;
    case 'held':
      lines.push(`when the cause is gone: pgup resume ${engine.run}`);
      break;
    case 'undo-failed':
      lines.push(`when the cause is gone: pgup rollback ${engine.run}`);
      break;
    case 'rolled-back':
    case 'interrupted':
      lines.push('when the cause is gone, run the same command again');
      break;
    case 'handed-over':
      if (lines.length === 0) lines.push(`see how it stands: pgup status ${engine.run}`);
      break;
    case 'failed':
    case 'unreachable':
      lines.push('when the cause is gone, run the same command again');
      break;
  }
  return lines;
}
