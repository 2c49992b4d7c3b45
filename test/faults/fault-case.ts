import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Proof } from '../../lab/demo-proof.ts';
import type { Lab } from '../../lab/open-lab.ts';
import { httpStatus, until } from '../../lab/wait.ts';
import type { AnyEvent } from '../../lib/events.ts';
import { eventsOf, majorVersion, pgup, told, type PgupRun } from '../lab/pgup.ts';
import { EMPTY, SMALL_STATE, strike, type Fault } from './breakage.ts';
import {
  placeIn,
  proofOf,
  repeatedJobs,
  rowProblems,
  settledDifferences,
  tableDifferences,
  type Condition,
} from './condition.ts';
import { placeOf, type Flow } from './points.ts';
import { ownerOf } from './owner-of.ts';
import { isStopped } from './stopped.ts';

/** What a deployment looks like where nothing went wrong. */
export interface Reference {
  readonly proof: Proof;
  /** Before any run, after one that was put back, and after one that went well. */
  readonly untouched: Condition;
  readonly putBack: Condition;
  readonly upgraded: Condition;
}

export interface CaseResult {
  readonly ended: 'upgraded' | 'put back' | 'neither';
  /** How often `pgup resume` was needed. */
  readonly resumes: number;
  readonly seconds: number;
  /** Empty where the deployment survived. */
  readonly problems: readonly string[];
  /** What the runs said, where something is wrong. */
  readonly said: string;
}

/** No point is reached without an end: a run that hangs is a finding of its own. Milliseconds. */
const PATIENCE = 6 * 60_000;
const MOST_RESUMES = 3;

/** One upgrade of a fresh deployment with these faults in it, and a look at what became of it. */
export async function runCase({
  lab,
  flow,
  faults,
  reference,
}: {
  readonly lab: Lab;
  readonly flow: Flow;
  readonly faults: readonly Fault[];
  readonly reference: Reference;
}): Promise<CaseResult> {
  await lab.reset();
  const began = Date.now();
  const { database } = placeIn(lab);
  if (faults.some(({ kind, point }) => kind === 'disk-full' && /marker/.test(point.says)))
    await lab.run(database, ['sh', '-c', SMALL_STATE]);
  const runs: PgupRun[] = [];
  const problems: string[] = [];
  const left = [...faults];
  const argv = ['run', ...(flow === 'put-back' ? [failingPlaybook()] : []), '-i', lab.inventoryFile, '--yes'];
  const goesOn = ['resume', '-i', lab.inventoryFile, '--yes', '--take-over'];
  const elsewhere = [...goesOn, ...(flow === 'put-back' ? ['--playbook', argv[1]!] : [])];
  const { run: first, other } = await withFaults({ lab, argv, faults: left, problems, elsewhere });
  runs.push(first, ...(other ? [other] : []));
  if (other) checkRefused({ frozen: first, other, problems });
  if (faults.some(({ kind }) => kind === 'long-cut') && first.exitCode === 4) checkLetter(first, problems);
  const id = eventsOf(first, 'run:start')[0]?.run ?? '';
  while (!isOver(runs.at(-1)!) && runs.length <= MOST_RESUMES) {
    for (const host of lab.hosts) await lab.restore(host.name).catch(() => undefined);
    await lab.run(database, ['sh', '-c', EMPTY], { mayFail: true });
    // A controller that died is gone on with at once; so is one that gave a host up, once it answers again.
    const { runsDir } = first;
    const again = await withFaults({ lab, argv: ['resume', id, '--yes'], faults: left, problems, elsewhere, runsDir });
    runs.push(again.run);
  }
  for (const { kind, point } of left) problems.push(`${kind} at ${placeOf(point)} was not reached`);
  const last = runs.at(-1)!;
  if (!isOver(last)) problems.push(`exit code ${last.exitCode ?? 'none'} after ${runs.length - 1} resumes`);
  await lab.run(database, ['sh', '-c', EMPTY], { mayFail: true });
  const ended = await lookAround({ lab, reference, problems, last });
  const said = problems.length === 0 ? '' : runs.map((run) => told(run)).join('\n----\n');
  return { ended, resumes: runs.length - 1, seconds: (Date.now() - began) / 1000, problems, said };
}

/**
 * Milliseconds into a step that took so many seconds when it was recorded. The recording may have been on a busier
 * machine: a short step is broken early, because one that has ended was not tried at all.
 */
function insideAfter(seconds: number): number {
  return seconds < 5 ? 100 : seconds * 200;
}

/** Runs the program and breaks things where the faults say; takes those that happened out of the list. */
async function withFaults(options: {
  readonly lab: Lab;
  readonly argv: readonly string[];
  readonly faults: Fault[];
  readonly problems: string[];
  /** How another controller goes on, where this one is frozen. */
  readonly elsewhere: readonly string[];
  readonly runsDir?: string;
}): Promise<{ readonly run: PgupRun; readonly other?: PgupRun | undefined }> {
  const { lab, argv, faults, problems, elsewhere, runsDir } = options;
  let other: Promise<PgupRun> | undefined;
  const next = faults[0];
  const healing: Promise<void>[] = [];
  let timer: NodeJS.Timeout | undefined;
  let struck = false;
  const env: Record<string, string> = {};
  if (next) {
    if (next.kind === 'clock') env['PGUP_TEST_CLOCK_AT'] = placeOf(next.point);
    else if (next.point.moment !== 'inside') env['PGUP_TEST_STOP_AT'] = placeOf(next.point);
    if (next.kind === 'long-cut') env['PGUP_RECONNECT_TIMEOUT'] = '8';
  }
  const hit = async (child: ChildProcess): Promise<void> => {
    if (!next || struck) return;
    struck = true;
    const { pid } = child;
    const stopped = next.point.moment !== 'inside' && next.kind !== 'clock';
    if (stopped)
      await until('the program to stop itself', 20, () => Promise.resolve(isStopped(pid) ? true : undefined));
    const { healed } = await strike(next, lab, () => child.kill('SIGKILL'));
    healing.push(healed);
    faults.shift();
    if (next.kind === 'freeze') {
      if (!stopped) child.kill('SIGSTOP');
      const awaken = ({ type }: AnyEvent): void => {
        if (type === 'step:start') child.kill('SIGCONT');
      };
      other = pgup(elsewhere, { lab, onEvent: awaken });
      await other.finally(() => child.kill('SIGCONT'));
    } else if (stopped) child.kill('SIGCONT');
  };
  let broken: unknown;
  const onEvent = (event: AnyEvent, child: ChildProcess): void => {
    if (!next || struck || (event.type !== 'step:start' && event.type !== 'step:end')) return;
    const { task, host, step, moment, seconds } = next.point;
    if (event.task !== task || event.host !== host || event.step !== step) return;
    const strikes = (): void => {
      hit(child).catch((thrown: unknown) => {
        broken = thrown;
        child.kill('SIGKILL');
      });
    };
    if (moment === 'inside') {
      if (event.type === 'step:start') timer = setTimeout(strikes, insideAfter(seconds));
      else clearTimeout(timer);
    } else if (event.type === (moment === 'end' ? 'step:end' : 'step:start')) strikes();
  };
  const limit = new AbortController();
  const run = await pgup(argv, {
    lab,
    env,
    onEvent: (event, child) => {
      if (!limit.signal.aborted && event.type === 'run:start') {
        const watch = setTimeout(() => {
          problems.push(`the run did not end within ${PATIENCE / 1000} s`);
          child.kill('SIGKILL');
        }, PATIENCE);
        limit.signal.addEventListener('abort', () => {
          clearTimeout(watch);
        });
      }
      onEvent(event, child);
    },
    ...(runsDir === undefined ? {} : { runsDir }),
  });
  limit.abort();
  clearTimeout(timer);
  await Promise.all(healing);
  if (broken instanceof Error) throw broken;
  return { run, other: await other };
}

/** The one that was frozen is told who has its run, and exits by the table. */
function checkRefused({ frozen, other, problems }: Record<'frozen' | 'other', PgupRun> & { problems: string[] }): void {
  const outcome = eventsOf(frozen, 'recap')[0]?.deployments[0]?.outcome ?? 'none';
  if (frozen.exitCode !== 2 || outcome !== 'handed-over')
    problems.push(`the frozen controller ended with ${frozen.exitCode ?? 'a signal'} and "${outcome}"`);
  const last = ownerOf(other);
  const letter = eventsOf(frozen, 'letter')[0];
  if (!letter || !`${letter.happened} ${letter.next.join(' ')}`.includes(last))
    problems.push(`the frozen controller does not say that ${last} has its run`);
}

/** Whether a run needs nothing more: it went well, was put back, or never changed anything. */
function isOver(run: PgupRun): boolean {
  const outcome = eventsOf(run, 'recap')[0]?.deployments[0]?.outcome;
  return (
    outcome !== undefined && ['done', 'nothing', 'rolled-back', 'failed', 'blocked', 'unreachable'].includes(outcome)
  );
}

function checkLetter(run: PgupRun, problems: string[]): void {
  const letter = eventsOf(run, 'letter')[0];
  if (!letter) problems.push('exit code 4 without a letter');
  else if (!/pgup (resume|run)/.test(letter.next.join('\n'))) problems.push('the letter does not say what to type');
}

/** Everything that must be true whatever happened. */
async function lookAround(options: {
  readonly lab: Lab;
  readonly reference: Reference;
  readonly problems: string[];
  readonly last: PgupRun;
}): Promise<CaseResult['ended']> {
  const { lab, reference, problems, last } = options;
  const { web, database } = placeIn(lab);
  await until('the health page', 60, async () =>
    (await httpStatus(lab.healthUrl(web))) === 200 ? true : undefined,
  ).catch(() => problems.push('Nautobot does not serve'));
  const version = await majorVersion(lab, database).catch(() => undefined);
  if (version === undefined) {
    problems.push('no server answers on port 5432');
    return 'neither';
  }
  const upgraded = version === '17';
  const outcome = eventsOf(last, 'recap')[0]?.deployments[0]?.outcome ?? 'none';
  if (upgraded !== ['done', 'nothing'].includes(outcome) && !(outcome === 'nothing' && !upgraded))
    problems.push(`pgup says "${outcome}", and PostgreSQL ${version} serves`);
  const expected = upgraded ? [reference.upgraded] : [reference.putBack, reference.untouched];
  problems.push(...(await settledDifferences(lab, expected)));
  problems.push(...tableDifferences(reference.proof, await proofOf(lab)));
  problems.push(...(await rowProblems(lab)));
  problems.push(...(await repeatedJobs(lab)).map((job) => `ran more than once: ${job}`));
  return upgraded ? 'upgraded' : 'put back';
}

/** The server flow with a task that fails just before the point of no return: everything has to be put back. */
export function failingPlaybook(when = 'true'): string {
  const text = readFileSync('playbooks/server.yml', 'utf8');
  const at = text.indexOf('    - name: Pass the point of no return');
  if (at < 0) throw new Error('the server flow has no such task');
  const file = join(mkdtempSync(join(tmpdir(), 'pgup-playbook-')), 'failing.yml');
  writeFileSync(
    file,
    `${text.slice(0, at)}    - name: Fail\n      command: 'false'\n      when: ${when}\n${text.slice(at)}`,
  );
  return file;
}
