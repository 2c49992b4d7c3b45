import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { PgupError } from '../errors.ts';
import type { Events } from '../events.ts';
import type { Input, Step, Verdict } from '../modules/module.ts';
import { mutation } from '../shell/fence.ts';
import type { Claim, HostShell, JobState, Query, Result } from '../shell/host-shell.ts';
import { byteProgress } from './byte-progress.ts';
import { httpRequest } from './http-request.ts';
import { probeTcp } from './tcp-probe.ts';
import { exited, judge } from './verdict.ts';

/** The steps that one host can be told; claim, release and the marker are the deployment's own business. */
export type HostStep = Exclude<Step, { readonly kind: 'claim' | 'release' | 'point-of-no-return' | 'mark' }>;

export interface StepContext {
  readonly deployment: string;
  readonly shell: HostShell;
  readonly claim: Claim | 'unclaimed';
  /** Lines for the host's part of the journal; they go with the change. */
  readonly record: string | undefined;
  readonly events: Events;
  /** Where a fetched file goes in the run's folder. */
  readonly keep: (name: string) => string;
  /** The id that a detached job gets, unique in the run. */
  readonly jobId: string;
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** Aborted by a second interrupt: the line is dropped, what runs on the host goes on. */
  readonly park: AbortSignal;
}

export interface StepOutcome {
  readonly verdict: Verdict;
  readonly result: Result;
}

/** Carries out one step on one host and judges it. Rejects only where the line itself failed. */
export async function performStep(step: HostStep, context: StepContext): Promise<StepOutcome> {
  switch (step.kind) {
    case 'change': {
      const { shell, claim, record } = context;
      const { command, as } = step;
      const result = await shell.change(
        mutation({ command, claim, record, ...optional('as', as), ...input(step.stdin), ...deadline(step) }),
      );
      return settled(step, result, context);
    }
    case 'job':
      return performJob(step, context);
    case 'upload': {
      const { shell, claim, record } = context;
      const { content, path, mode, owner } = step;
      const onProgress = byteProgress({ ...progressOf(context), what: `sending ${path}` });
      const upload = { content, path, mode, claim, record, onProgress, ...optional('owner', owner) };
      return settled(step, await shell.upload(upload), context);
    }
    case 'ask':
      return settled(step, await context.shell.ask(query(step)), context);
    case 'wait':
      return poll(step, context, () => context.shell.ask(query(step)));
    case 'http':
      // A port that refuses is what this step waits out; only the deadline makes it a failure.
      return poll(step, context, () =>
        httpRequest(step.request, {
          open: (address, port) => context.shell.forward(address, port),
          deadline: step.deadline,
        }),
      );
    case 'tcp':
      return poll(step, context, () =>
        probeTcp({
          connect: () => context.shell.forward(step.address, step.port),
          listen: step.listen,
          deadline: Math.min(5_000, step.deadline),
        }),
      );
    case 'fetch':
      return performFetch(step, context);
  }
}

/** An unknown ending is never a verdict: it is thrown, and the task is looked at afresh when the line is back. */
function settled(step: Step, result: Result, { shell }: StepContext): StepOutcome {
  if (result.ending.kind === 'unknown') {
    throw new PgupError('connection-lost', `the line to ${shell.host} was lost during: ${step.says}`, {
      host: shell.host,
      output: result.ending.reason,
    });
  }
  return { verdict: judge(step, result), result };
}

async function performJob(step: Extract<Step, { kind: 'job' }>, context: StepContext): Promise<StepOutcome> {
  const { shell, claim, record, events, jobId: id, deployment, park } = context;
  await shell.startJob({
    kind: 'job',
    id,
    claim,
    record,
    command: step.command,
    ...optional('as', step.as),
    ...optional('workingDirectory', step.workingDirectory),
    ...input(step.stdin),
  });
  const output: Buffer[] = [];
  let pending = '';
  const state = await shell.followJob(
    id,
    (chunk) => {
      output.push(chunk);
      const lines = `${pending}${chunk.toString('utf8')}`.split('\n');
      pending = lines.pop() ?? '';
      for (const line of lines) {
        const says = step.progress?.(line);
        if (says !== undefined) events.emit('step:progress', { deployment, host: shell.host, says });
      }
    },
    park,
  );
  // A lost job's record is ended too: while it is open, not even what puts the deployment back may be done.
  if (state.kind === 'finished' || state.kind === 'lost') await shell.closeJob(id, claim);
  const result = jobResult(step, state, { host: shell.host, output: Buffer.concat(output) });
  return { verdict: judge(step, result), result };
}

function jobResult(step: Step, state: JobState, { host, output }: { host: string; output: Buffer }): Result {
  switch (state.kind) {
    case 'finished':
      return { ending: { kind: 'exited', code: state.code }, stdout: output, stderr: Buffer.alloc(0) };
    case 'lost':
      throw new PgupError(
        'job-lost',
        state.rebooted
          ? `${host} was rebooted during: ${step.says}`
          : `${step.says} ended on ${host} without an exit code: it was killed`,
        { host, output: output.toString('utf8').slice(-2000) },
      );
    case 'running':
      throw new PgupError('connection-lost', `no longer following, and it goes on running on ${host}: ${step.says}`, {
        host,
      });
    case 'absent':
      throw new PgupError('job-lost', `${host} knows nothing of the job that was started there: ${step.says}`, {
        host,
      });
  }
}

/** Asks until the judge is content; the last verdict counts when the time is up. */
async function poll(
  step: Extract<Step, { kind: 'wait' | 'http' | 'tcp' }>,
  context: StepContext,
  ask: () => Promise<Result>,
): Promise<StepOutcome> {
  // Not by the controller's clock, which may be set in the meantime.
  const end = performance.now() + step.deadline;
  for (;;) {
    const result = await ask();
    const verdict = judge(step, result);
    if (verdict.ok || verdict.final === true || performance.now() + step.every > end) return { verdict, result };
    if (context.park.aborted) throw new PgupError('interrupted', `interrupted while waiting: ${step.says}`);
    await context.sleep(step.every);
  }
}

async function performFetch(step: Extract<Step, { kind: 'fetch' }>, context: StepContext): Promise<StepOutcome> {
  const { shell, keep } = context;
  try {
    if (step.local === true) mkdirSync(dirname(step.to), { recursive: true });
    const onProgress = byteProgress({ ...progressOf(context), what: `fetching ${step.path}` });
    await shell.download(step.path, step.local === true ? step.to : keep(step.to), onProgress);
    return { verdict: { ok: true }, result: exited(0) };
  } catch (thrown) {
    if (step.local === true) throw thrown;
    // Evidence that cannot be had must not stop what it was fetched for; that it is missing is said.
    const says = `${step.path} of ${shell.host} could not be fetched: ${String(thrown)}`;
    context.events.emit('note', { level: 'warning', text: says });
    return { verdict: { ok: true, says }, result: exited(1, says) };
  }
}

function progressOf({ events, deployment, shell }: StepContext) {
  return { events, deployment, host: shell.host };
}

function query(step: Extract<Step, { kind: 'ask' | 'wait' }>): Query {
  return { kind: 'query', command: step.command, ...optional('as', step.as), ...input(step.stdin), ...deadline(step) };
}

const input = (stdin: Input | undefined): { stdin?: Input } => optional('stdin', stdin);
const deadline = (step: Step): { deadline?: number } =>
  step.kind === 'wait' ? {} : optional('deadline', step.deadline);

function optional<Key extends string, T>(key: Key, value: T | undefined): { readonly [K in Key]?: T } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [K in Key]?: T };
}
