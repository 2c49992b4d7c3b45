import type { Result } from '../../shell/host-shell.ts';
import type { Verdict } from '../module.ts';

/** The exit code; 128 and the signal's usual number where a signal ended it. */
export function codeOf({ ending }: Result): number {
  if (ending.kind === 'exited') return ending.code;
  return ending.kind === 'signalled' ? 128 + (SIGNALS[ending.signal.replace(/^SIG/, '')] ?? 0) : -1;
}

const SIGNALS: Readonly<Record<string, number>> = {
  HUP: 1,
  INT: 2,
  QUIT: 3,
  ABRT: 6,
  KILL: 9,
  SEGV: 11,
  PIPE: 13,
  TERM: 15,
};

export function outOf({ stdout }: Result): string {
  return stdout.toString('utf8');
}

export function errorsOf({ stderr }: Result): string {
  return stderr.toString('utf8');
}

/** What a failed command said: its errors, else its output; the end of it. */
export function complaintOf(result: Result): string {
  const said = (result.stderr.length > 0 ? errorsOf(result) : outOf(result)).trim();
  return said.split('\n').slice(-12).join('\n');
}

/** For steps that the module's report judges: whatever the exit code, the result is looked at there. */
export function judgedLater(): Verdict {
  return { ok: true };
}

/** Exit code 0, or these words with what the command said. */
export function orFail(bad: string): (result: Result) => Verdict {
  return (result) => {
    if (codeOf(result) === 0) return { ok: true };
    const said = complaintOf(result);
    return { ok: false, says: said === '' ? bad : `${bad}: ${said}` };
  };
}

/** `2026-11-23 04:01:32.320183`, as Ansible writes when a command began; the controller's clock, in UTC. */
export function timeText(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().replace('T', ' ').replace('Z', '')}000`;
}

/** `0:00:01.250000`. */
export function spanText(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const pad = (value: number, width: number): string => String(value).padStart(width, '0');
  return `${hours}:${pad(minutes, 2)}:${pad(seconds % 60, 2)}.${pad(Math.round(milliseconds % 1000), 3)}000`;
}

/** Longer than any command of a playbook should take; `timeout` on the task is for less. */
export const A_DAY = 24 * 3_600_000;
