import type { Command, Query, Result } from '../../shell/host-shell.ts';
import { lines } from '../../shell/answers.ts';
import type { Verdict } from '../module.ts';

/** A read of several answers in one round trip. */
export function reading(...commands: readonly Command[]): Query {
  return { kind: 'query', command: lines(...commands) };
}

/** The exit code, where there is one. */
export function exitCode({ ending }: Result): number | undefined {
  return ending.kind === 'exited' ? ending.code : undefined;
}

export function text({ stdout }: Result): string {
  return stdout.toString('utf8');
}

/** What a failed command said: its errors, else the end of its output. */
export function complaint({ stdout, stderr }: Result): string {
  const said = (stderr.length > 0 ? stderr : stdout).toString('utf8').trim();
  return said.split('\n').slice(-12).join('\n');
}

/** Exit code 0 is success with these words; anything else fails with those, and with what the command said. */
export function judgeExit(result: Result, good: string | undefined, bad: string, next?: string): Verdict {
  if (exitCode(result) === 0) return { ok: true, ...(good === undefined ? {} : { says: good }) };
  const said = complaint(result);
  return { ok: false, says: said === '' ? bad : `${bad}: ${said}`, ...(next === undefined ? {} : { next }) };
}
