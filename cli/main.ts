#!/usr/bin/env node
import { homedir, hostname, tmpdir, userInfo } from 'node:os';
import type { CliContext } from './context.ts';
import { runCli } from './cli.ts';

const context: CliContext = {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  cwd: process.cwd(),
  home: homedir(),
  user: userInfo().username,
  hostname: hostname(),
  pid: process.pid,
  node: process.execPath,
  temporaryFolder: tmpdir(),
  isRunning: (pid) => {
    try {
      return process.kill(pid, 0);
    } catch (thrown) {
      // It lives, and is somebody else's.
      return (thrown as NodeJS.ErrnoException).code === 'EPERM';
    }
  },
  now: Date.now,
  suspend: () => process.kill(process.pid, 'SIGSTOP'),
  onInterrupt: (callback) => {
    process.on('SIGINT', callback);
    process.on('SIGTERM', callback);
    // The terminal that started a run may be closed: the run goes on, and its journal tells the rest.
    process.on('SIGHUP', ignore);
    return () => {
      process.off('SIGINT', callback);
      process.off('SIGTERM', callback);
      process.off('SIGHUP', ignore);
    };
  },
};

// A reader that went away (`pgup run | head`) must not end an upgrade in the middle.
process.stdout.on('error', ignore);
process.stderr.on('error', ignore);

void runCli(process.argv.slice(2), context).then((exitCode) => {
  process.exitCode = exitCode;
});

function ignore(): void {
  return;
}
