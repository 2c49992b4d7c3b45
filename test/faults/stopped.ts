import { readFileSync } from 'node:fs';

/** Whether a process stands still, as after SIGSTOP. */
export function isStopped(pid: number | undefined): boolean {
  try {
    return / T /.test(readFileSync(`/proc/${pid ?? 0}/stat`, 'utf8').replace(/^.*\)/, ''));
  } catch {
    return false;
  }
}
