import type { Result } from '../shell/host-shell.ts';
import type { Step, Verdict } from '../modules/module.ts';

/** What a result means: by the step's own judge, else exit code 0 is success. */
export function judge(step: Step, result: Result): Verdict {
  if (result.ending.kind === 'unknown') return { ok: false, says: `${step.says}: ${result.ending.reason}` };
  if (step.judge) return step.judge(result);
  const { ending } = result;
  if (ending.kind === 'exited' && ending.code === 0) return { ok: true };
  const how = ending.kind === 'exited' ? `ended with exit code ${ending.code}` : `was ended by signal ${ending.signal}`;
  return { ok: false, says: `${step.says} ${how}${lastLines(result)}` };
}

/** The end of what a command printed, for a failure's letter: stderr first, because errors stand there. */
function lastLines({ stderr, stdout }: Result): string {
  const text = (stderr.length > 0 ? stderr : stdout).toString('utf8').trimEnd();
  if (text === '') return '';
  return `: ${text.split('\n').slice(-8).join('\n')}`;
}

/** An exited result, for steps that the engine itself carries out. */
export function exited(code: number, stdout: string | Buffer = ''): Result {
  return Object.freeze({
    ending: { kind: 'exited', code } as const,
    stdout: Buffer.from(stdout),
    stderr: Buffer.alloc(0),
  });
}
