import { PgupError } from '../errors.ts';
import type { Command, Result } from './host-shell.ts';
import { raw, sh } from './sh.ts';

/**
 * Many questions in one round trip: a script prints `name value` lines, and `name* base64` where the value may be any
 * text or many lines. What is not there is not printed.
 */
export type Answers = ReadonlyMap<string, string>;

/** Reads them. A script that did not end well has answered nothing that can be relied on: that throws. */
export function answers({ ending, stdout, stderr }: Result): Answers {
  if (ending.kind !== 'exited' || ending.code !== 0) {
    const how = ending.kind === 'exited' ? `exit code ${ending.code}` : ending.kind;
    throw new PgupError('command-failed', `the host could not be asked about its state: ${how}`, {
      output: stderr.toString('utf8'),
    });
  }
  return new Map(
    stdout
      .toString('utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line): [string, string] => {
        const space = line.indexOf(' ');
        const [name, value] = space < 0 ? [line, ''] : [line.slice(0, space), line.slice(space + 1)];
        return name.endsWith('*') ? [name.slice(0, -1), Buffer.from(value, 'base64').toString('utf8')] : [name, value];
      }),
  );
}

/** Answers with a file's content, where it is a file. */
export function fileAnswer(name: string, path: string): Command {
  return sh`if [ -f ${path} ]; then printf '%s %s\n' ${`${name}*`} "$(base64 -w0 < ${path})"; fi`;
}

/** Answers with what a command prints, whatever its exit code; its errors are left out. */
export function outputAnswer(name: string, command: Command): Command {
  return sh`printf '%s %s\n' ${`${name}*`} "$({ ${command}
} 2>/dev/null | base64 -w0)"`;
}

/** Answers `yes` where the test succeeds. */
export function testAnswer(name: string, test: Command): Command {
  return sh`if ${test}; then printf '%s yes\n' ${name}; fi`;
}

/** One script of several commands, each on its own line. */
export function lines(...commands: readonly Command[]): Command {
  return raw(commands.map(({ text }) => text).join('\n'));
}
