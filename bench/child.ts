import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a whole process took, from start to exit. */
export interface Sample {
  /** Seconds. */
  readonly wall: number;
  /** Seconds of processor, user and system, of the process and of everything that it waited for. */
  readonly cpu: number;
  /** Bytes: the most that the process itself held in memory. */
  readonly memory: number;
}

export interface Ran extends Sample {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ChildOptions {
  readonly command: readonly string[];
  readonly cwd?: string;
  /** In place of this process's own environment; PATH and HOME are kept. */
  readonly env?: Readonly<Record<string, string>>;
}

/** bash's `time` counts the children that were waited for; it costs some milliseconds that every side pays. */
const TIMED = 'TIMEFORMAT="%3R %3U %3S"; { time "$@" 2>&3; } 3>&2 2>"$0"';
/** Milliseconds between two looks at the memory: its peak is kept by the kernel, so only the last look counts. */
const LOOK = 20;

/** Runs a process to its end and measures it as a whole. Never rejects for its exit code. */
export async function measureChild({ command, cwd, env = {} }: ChildOptions): Promise<Ran> {
  const folder = mkdtempSync(join(tmpdir(), 'pgup-bench-'));
  const times = join(folder, 'times');
  const child = spawn('bash', ['-c', TIMED, times, ...command], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env },
    ...(cwd === undefined ? {} : { cwd }),
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  let memory = 0;
  const look = setInterval(() => (memory = Math.max(memory, peakOf(child.pid))), LOOK);
  try {
    const exitCode = await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => {
        resolve(code ?? -1);
      });
    });
    const [wall = NaN, user = NaN, system = NaN] = readFileSync(times, 'utf8').trim().split(' ').map(Number);
    return { wall, cpu: user + system, memory, exitCode, ...output };
  } finally {
    clearInterval(look);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The peak of the process that bash has started. */
function peakOf(bash: number | undefined): number {
  try {
    const [child] = readFileSync(`/proc/${bash ?? 0}/task/${bash ?? 0}/children`, 'utf8').split(' ');
    const peak = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${child ?? ''}/status`, 'utf8'));
    return Number(peak?.[1] ?? 0) * 1024;
  } catch {
    // It has not begun, or has just ended.
    return 0;
  }
}

/** A process that has to succeed, with what it said where it does not. */
export async function measureSuccess(options: ChildOptions): Promise<Ran> {
  const ran = await measureChild(options);
  if (ran.exitCode === 0) return ran;
  const said = `${ran.stdout}\n${ran.stderr}`.trim().slice(-2000);
  throw new Error(`exit code ${ran.exitCode} of: ${options.command.join(' ')}\n${said}`);
}
