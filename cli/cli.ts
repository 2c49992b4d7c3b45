import yargs from 'yargs';
import { asPgupError, ERROR_CODES, formatProblem, PgupError, ProblemsError } from '../lib/errors.ts';
import { didYouMean } from '../lib/nearest.ts';
import { commands } from './commands/all.ts';
import type { CliContext } from './context.ts';
import { refuseOddValues } from './odd-values.ts';
import { SETTINGS } from './options.ts';
import { escapeControls } from './render/escape.ts';
import { VERSION } from './version.ts';

/** argv in, exit code out; everything else goes through the context. */
export async function runCli(argv: readonly string[], context: CliContext): Promise<number> {
  let exitCode = 0;
  const finish = (code: number) => {
    exitCode = code;
  };
  const parser = yargs([...argv])
    .scriptName('pgup')
    .usage('$0 VERB [OPTIONS]\n\nUpgrades PostgreSQL under fleets of Nautobot deployments over SSH.')
    .version(VERSION)
    .help()
    .alias('help', 'h')
    .strict()
    .demandCommand(1, 'which verb? `pgup --help` lists them')
    .recommendCommands()
    .parserConfiguration({ 'boolean-negation': false, 'greedy-arrays': false, 'parse-numbers': false })
    .exitProcess(false)
    .middleware((parsed) => {
      refuseOddValues(argv, parsed);
    }, true)
    .wrap(context.stdout.columns ?? 100)
    .fail((message: string, thrown: Error | undefined) => {
      throw thrown ?? new PgupError('usage', sayUnknown(message), { next: 'pgup --help' });
    });
  for (const command of commands(context, finish)) parser.command(command);
  try {
    await parser.parseAsync([...argv], {}, (_error, _argv, output) => {
      if (output !== '') context.stdout.write(`${output}\n`);
    });
    return exitCode;
  } catch (thrown) {
    return report(thrown, context);
  }
}

/** The parser says an unknown option by two names (`list-hosts, listHosts`) and none that is near. */
function sayUnknown(message: string): string {
  const names = /^Unknown arguments?: (.*)$/.exec(message)?.[1]?.split(', ');
  if (names === undefined) return message;
  const known = [...Object.keys(SETTINGS), 'check'];
  const spelt = new Set(names.filter((name) => name.includes('-')).map(camelCase));
  const unknown = names.filter((name) => !spelt.has(name)).map((name) => `${name}${didYouMean(name, known)}`);
  return `unknown option${unknown.length > 1 ? 's' : ''}: ${unknown.join('; ')}`;
}

function camelCase(name: string): string {
  return name.replace(/-(.)/g, (_all, letter: string) => letter.toUpperCase());
}

/** Every error that ends a command: its code, what happened, what to type. A stack trace only where it is a bug. */
function report(thrown: unknown, { stderr, env }: CliContext): number {
  const error = asPgupError(thrown);
  if (error instanceof ProblemsError) {
    for (const each of error.problems) stderr.write(`${escapeControls(formatProblem(each))}\n`);
    return Math.max(...error.problems.map(({ code }) => ERROR_CODES[code].exit));
  }
  const host = error.host === undefined ? '' : `${error.host}: `;
  stderr.write(`pgup: error[${error.code}]: ${escapeControls(`${host}${error.message}`)}\n`);
  if (error.output !== undefined && error.output !== '') stderr.write(`${escapeControls(error.output)}\n`);
  if (error.next !== undefined) stderr.write(`what to type: ${escapeControls(error.next)}\n`);
  if (error.code === 'internal' && env['PGUP_DEBUG'] && error.cause instanceof Error) {
    stderr.write(`${error.cause.stack ?? ''}\n`);
  }
  return ERROR_CODES[error.code].exit;
}
