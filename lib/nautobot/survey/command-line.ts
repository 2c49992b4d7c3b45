import type { UnitRole } from '../application.ts';

/** What a command line that runs `nautobot-server` says. */
interface ServerCommandLine {
  /** The path of `nautobot-server` as written. */
  readonly server: string;
  readonly config: string | undefined;
  /** What the process is; `other` for server commands that end by themselves (a timer's, a person's). */
  readonly role: UnitRole | 'other';
  /** uwsgi's settings, where the web server is given a file. */
  readonly ini: string | undefined;
}

/** Reads a command line, with or without Python before the script. Undefined where it does not run Nautobot. */
export function readCommandLine(words: readonly string[]): ServerCommandLine | undefined {
  const at = words.findIndex((word) => /(^|\/)nautobot-server$/.test(word));
  const server = words[at];
  if (server === undefined) return undefined;
  const rest = words.slice(at + 1);
  const before = rest.findIndex((word) => !word.startsWith('-') && !isValue(rest, word));
  const [command = '', sub = ''] = before < 0 ? [] : rest.slice(before);
  return Object.freeze({
    server,
    config: option(rest.slice(0, Math.max(before, 0)), ['-c', '--config-path', '--config']),
    role: roleOf(command, sub),
    ini: option(rest, ['--ini', '--ini-paste']),
  });
}

function roleOf(command: string, sub: string): ServerCommandLine['role'] {
  if (['start', 'runserver', 'webserver'].includes(command)) return 'web';
  if (command === 'rqworker' || (command === 'celery' && sub === 'worker')) return 'worker';
  if (command === 'celery' && sub === 'beat') return 'scheduler';
  return 'other';
}

function isValue(words: readonly string[], word: string): boolean {
  const previous = words[words.indexOf(word) - 1];
  return previous !== undefined && ['-c', '--config-path', '--config'].includes(previous);
}

function option(words: readonly string[], names: readonly string[]): string | undefined {
  for (const [index, word] of words.entries()) {
    if (names.includes(word)) return words[index + 1];
    const [name, value] = word.split(/=(.*)/s);
    if (name !== undefined && names.includes(name) && value !== undefined) return value;
  }
  return undefined;
}
