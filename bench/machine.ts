import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus, loadavg, release } from 'node:os';
import { ROOT } from './pgup.ts';

/** Where and of what the figures are: without it nobody can compare them. */
export function describeMachine(now: Date): string {
  const cores = `${availableParallelism()} x ${cpus()[0]?.model ?? 'unknown processor'}`;
  const load = loadavg().map((each) => each.toFixed(1));
  return [
    `${now.toISOString().slice(0, 16)}Z, commit ${commit()}, Node ${process.version}, Linux ${release()}`,
    `${cores}; load before the start ${load.join(' ')}`,
  ].join('\n');
}

function commit(): string {
  try {
    return execFileSync('git', ['describe', '--always', '--dirty'], { cwd: ROOT, encoding: 'utf8' }).trim();
  } catch {
    return 'unknown (no git here)';
  }
}
