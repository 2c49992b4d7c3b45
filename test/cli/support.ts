import { tmpdir } from 'node:os';
import { PassThrough } from 'node:stream';
import type { CliContext } from '../../cli/context.ts';

export interface TestContext extends CliContext {
  readonly out: () => string;
  readonly err: () => string;
}

/** A context without a terminal, a home or anything of this machine in it. */
export function testContext(changes: Partial<CliContext> = {}): TestContext {
  const written = { stdout: '', stderr: '' };
  const sink = (name: 'stdout' | 'stderr') => {
    const stream = new PassThrough();
    stream.on('data', (chunk: Buffer) => {
      written[name] += chunk.toString('utf8');
    });
    return stream;
  };
  return {
    stdin: new PassThrough(),
    stdout: sink('stdout'),
    stderr: sink('stderr'),
    env: {},
    cwd: '/nonexistent',
    home: '/nonexistent/home',
    user: 'operator',
    hostname: 'controller',
    pid: 1,
    isRunning: () => false,
    node: process.execPath,
    temporaryFolder: tmpdir(),
    now: () => 0,
    suspend: () => undefined,
    onInterrupt: () => () => undefined,
    out: () => written.stdout,
    err: () => written.stderr,
    ...changes,
  };
}
