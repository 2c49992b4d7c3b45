import { PgupError } from '../errors.ts';
import { jobMutation } from './fence.ts';
import type { Claim, Job, JobState, Mutation, Query, Result } from './host-shell.ts';
import { cancelScript, closeScript, followScript, startScript, stateScript } from './job-scripts.ts';
import { sh } from './sh.ts';

/** The host waits for a job's start at most 30 s, and for somebody else who starts it 60 s. */
const START_DEADLINE = 120_000;
const GRACE = 30;

export function startMutation(job: Job): Mutation {
  const { id, claim, command, stdin, record } = job;
  return jobMutation({ command, claim, job: id, script: startScript(job), stdin, record, deadline: START_DEADLINE });
}

export function cancelMutation(id: string, claim: Claim | 'unclaimed'): Mutation {
  const deadline = (GRACE + 60) * 1000;
  return jobMutation({
    command: sh`pgup-cancel ${id}`,
    claim,
    job: id,
    script: cancelScript({ id, grace: GRACE }),
    deadline,
  });
}

export function closeMutation(id: string, claim: Claim | 'unclaimed'): Mutation {
  return jobMutation({ command: sh`pgup-close ${id}`, claim, job: id, script: closeScript(id), deadline: 60_000 });
}

export function stateQuery(id: string): Query {
  return Object.freeze({ kind: 'query', command: stateScript(id) });
}

/** One look: waits on the host until there is something new, at most some 8 s, and brings at most 1 MiB. */
export function followQuery(id: string, offset: number): Query {
  const command = followScript({ id, offset, most: 1024 * 1024, rounds: 40 });
  return Object.freeze({ kind: 'query', command, deadline: 30_000 });
}

/** What a look brought: the state, and output from the offset that was asked for. */
export interface Look {
  readonly state: JobState;
  readonly output: Buffer;
}

/** Reads `SIZE STATE`, then a newline, then output. */
export function readLook(options: { result: Result; host: string; id: string }): Look {
  const { result, host, id } = options;
  const end = result.stdout.indexOf('\n');
  const line = result.stdout.toString('latin1', 0, Math.max(end, 0));
  const state = result.ending.kind === 'exited' && result.ending.code === 0 ? readState(line) : undefined;
  if (state) return { state, output: result.stdout.subarray(end + 1) };
  throw new PgupError('command-failed', `the state of job ${id} on ${host} cannot be read`, {
    host,
    output: `${line}\n${result.stderr.toString('utf8')}`,
  });
}

function readState(line: string): JobState | undefined {
  const [size, kind, detail] = line.split(' ');
  const outputSize = Number(size);
  switch (kind) {
    case 'absent':
      return { kind: 'absent' };
    case 'running':
      return { kind: 'running', outputSize };
    case 'finished':
      return { kind: 'finished', code: Number(detail), outputSize };
    case 'lost':
      return { kind: 'lost', rebooted: detail === 'rebooted', outputSize };
    case undefined:
    default:
      return undefined;
  }
}
