import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { LabError } from './errors.ts';

/** What became of a program that the lab ran on the controller. */
export interface CommandResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  /** Written to standard input, which is then closed. */
  readonly input?: string;
  /** The whole environment; without it the controller's own. */
  readonly env?: NodeJS.ProcessEnv;
  /** Return a failure instead of throwing it. */
  readonly mayFail?: boolean;
  /** Both outputs are appended here as well. */
  readonly logFile?: string;
  /** Called with each line of either output as it comes. */
  readonly onLine?: (line: string) => void;
  readonly cwd?: string;
}

/** Runs a program by its argument list: no shell is involved, so nothing needs quoting. */
export function command(argv: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const [program, ...args] = argv;
  if (program === undefined) throw new Error('an empty command');
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env: options.env ?? process.env, cwd: options.cwd ?? '/' });
    const log = options.logFile === undefined ? undefined : createWriteStream(options.logFile, { flags: 'a' });
    log?.on('error', () => undefined);
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        output[name] += text;
        log?.write(text);
        const line = text
          .trimEnd()
          .split(/[\r\n]/)
          .at(-1);
        if (line !== undefined && line !== '') options.onLine?.(line);
      });
    }
    child.stdin.on('error', () => undefined); // the program may end without reading its input
    child.stdin.end(options.input ?? '');
    child.on('error', (error) => {
      log?.end();
      reject(new LabError(`cannot run ${program}: ${error.message}`));
    });
    child.on('close', (code, signal) => {
      log?.end();
      if (code === 0 || options.mayFail === true) resolve({ code, signal, ...output });
      else reject(new LabError(failureText(argv, code, signal, output.stderr || output.stdout, options.logFile)));
    });
  });
}

function failureText(
  argv: readonly string[],
  code: number | null,
  signal: NodeJS.Signals | null,
  output: string,
  logFile: string | undefined,
): string {
  const how = signal === null ? `ended with ${code ?? 'nothing'}` : `was ended by ${signal}`;
  const tail = output.trimEnd().split('\n').slice(-8).join('\n  ');
  const where = logFile === undefined ? '' : `\n  (all of it: ${logFile})`;
  return `\`${argv.join(' ')}\` ${how}:\n  ${tail}${where}`;
}
