import yargs from 'yargs';
import { asPgupError, ERROR_CODES, formatProblem, PgupError, ProblemsError } from '../lib/errors.ts';
import { didYouMean } from '../lib/nearest.ts';
import { commands } from './commands/all.ts';
import type { CliContext } from './context.ts';
import { refuseOddValues } from './odd-values.ts';
import { escapeControls } from './render/escape.ts';
import { VERSION } from './version.ts';

/** argv in, exit code out; everything else goes through the context. */
export async function runCli(argv: readonly string[], context: CliContext): Promise<number> {
  let exitCode = 0;
  const finish = (code: number) => {
    exitCode = code;
  };
  const all = commands(context, finish);
  const verbs = all.flatMap(({ command = [] }) => [command].flat().map((each) => each.split(' ')[0] ?? ''));
  const parser = yargs([...argv])
    .scriptName('pgup')
    .usage('$0 VERB [OPTIONS]\n\nUpgrades PostgreSQL under fleets of Nautobot deployments over SSH.')
    .version(VERSION)
    .help()
    .alias('help', 'h')
    .strict()
    .demandCommand(1, 'which verb? `pgup --help` lists them')
    .parserConfiguration({ 'boolean-negation': false, 'greedy-arrays': false, 'parse-numbers': false })
    .exitProcess(false)
    .middleware((parsed) => {
      refuseOddValues(argv, parsed);
    }, true)
    .wrap(context.stdout.columns ?? 100)
    .fail((message: string, thrown: Error | undefined, { help }: { readonly help: () => unknown }) => {
      throw thrown ?? new PgupError('usage', sayUnknown({ message, argv, verbs, help }), { next: 'pgup --help' });
    });
  for (const command of all) parser.command(command);
  try {
    await parser.parseAsync([...argv], {}, (_error, _argv, output) => {
      if (output !== '') context.stdout.write(`${output}\n`);
    });
    return exitCode;
  } catch (thrown) {
    return report(thrown, context);
  }
}

interface Misread {
  /** What the parser says. */
  readonly message: string;
  readonly argv: readonly string[];
  readonly verbs: readonly string[];
  /** The help of the verb that was typed. */
  readonly help: () => unknown;
}

/** The parser says an unknown option by two names (`list-hosts, listHosts`), a verb as an option, and none that is near. */
function sayUnknown({ message, argv, verbs, help }: Misread): string {
  const usage = String(help());
  const known = [...usage.matchAll(/--([a-z][a-z-]*)/g)].map(([, name = '']) => name);
  const options = (names: readonly string[]): readonly string[] =>
    names.length === 0
      ? []
      : [
          `unknown option${names.length > 1 ? 's' : ''}: ${names.map((each) => each + didYouMean(each, known)).join('; ')}`,
        ];
  if (/^Not enough non-option arguments/.test(message)) {
    // Often the value of a mistyped option has been taken for what is missing, or the other way round.
    const typed = argv.flatMap((word) => /^--([a-z][a-z-]*)/.exec(word)?.[1] ?? []);
    const missing = `a word is missing: ${usage.split('\n')[0] ?? ''}`;
    return [...options(typed.filter((name) => !known.includes(name))), missing].join('; ');
  }
  const names = /^Unknown (?:arguments?|commands?): (.*)$/.exec(message)?.[1]?.split(', ');
  if (names === undefined) return message;
  const spelt = new Set(names.filter((name) => name.includes('-')).map(camelCase));
  const left = names.filter((name) => !spelt.has(name));
  const words = left.filter((name) => argv.includes(name));
  const [verb] = words;
  if (verb !== undefined && !argv.some((word) => verbs.includes(word))) {
    return `unknown verb: ${verb}${didYouMean(verb, verbs) || `; there are ${verbs.join(', ')}`}`;
  }
  const tooMany = words.length === 0 ? [] : [`one word too many: ${words.join(' ')}`];
  return [...options(left.filter((name) => !words.includes(name))), ...tooMany].join('; ');
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
