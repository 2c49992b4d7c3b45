import { z } from 'zod';
import { splitShellWords } from '../../inventory/shell-words.ts';
import type { Value, ValueMap } from '../../inventory/inventory.ts';
import { Secret } from '../../secret.ts';
import { answers, lines, testAnswer } from '../../shell/answers.ts';
import type { Command, Query, Result } from '../../shell/host-shell.ts';
import { hostPath } from '../../shell/host-path.ts';
import { quote, raw, sh } from '../../shell/sh.ts';
import type { Before, Decision, Input, Module, ModuleContext, ModuleReport } from '../module.ts';
import { boolean, secretText, text, texts } from './arguments.ts';
import { A_DAY, codeOf, complaintOf, errorsOf, judgedLater, outOf, spanText, timeText } from './results.ts';

const common = {
  cmd: text('the command').optional(),
  chdir: text('the folder to run it in').optional(),
  creates: text('a path, or a pattern of paths: where one is there, the command is not run').optional(),
  removes: text('a path, or a pattern of paths: where none is there, the command is not run').optional(),
  stdin: secretText('what it gets on its standard input').optional(),
  stdin_add_newline: boolean('end that with a line break').default(true),
  strip_empty_ends: boolean('take empty lines off the end of its output').default(true),
};

const commandSchema = z
  .strictObject({
    ...common,
    argv: texts('the command as a list of words').optional(),
    expand_argument_vars: boolean('replace $NAME and ~ in its words').default(true),
  })
  .superRefine(({ cmd, argv }, context) => {
    const complain = (message: string, path: string[] = []): void => {
      context.addIssue({ code: 'custom', message, path });
    };
    if (cmd !== undefined && argv !== undefined) complain('"command" takes "cmd" or "argv", not both');
    else if (cmd === undefined && argv === undefined) complain('"command" needs the command, as a text or as "argv"');
    else {
      const words = wordsOf({ cmd, argv });
      if (typeof words === 'string') complain(words, [cmd === undefined ? 'argv' : 'cmd']);
    }
  });

const shellSchema = z
  .strictObject({ ...common, executable: text('the shell; /bin/sh where not given').optional() })
  .refine(({ cmd }) => cmd !== undefined, { error: '"shell" needs the command' });

interface Words {
  readonly cmd?: string | undefined;
  readonly argv?: readonly string[] | undefined;
}

type CommandArguments = z.output<typeof commandSchema>;
type ShellArguments = z.output<typeof shellSchema>;
type Common = Pick<
  CommandArguments,
  'chdir' | 'creates' | 'removes' | 'stdin' | 'stdin_add_newline' | 'strip_empty_ends'
>;

/** Runs a program, without a shell in between. */
export const command: Module<CommandArguments> = {
  name: 'command',
  summary: 'Runs a program with its arguments; nothing of a shell: no pipes, no redirections.',
  schema: commandSchema,
  freeForm: 'cmd',
  scope: 'host',
  generic: true,
  paths: ['chdir', 'creates', 'removes'],
  read: ({ arguments: args }) => guards(args),
  foresee: ({ arguments: args }) => {
    const words = wordsOf(args);
    return foreseen(args, typeof words === 'string' ? [] : words);
  },
  decide: ({ arguments: args, check }, facts) => {
    const words = wordsOf(args);
    if (!Array.isArray(words)) return { kind: 'failed', says: words as string };
    const written = raw(
      words.map((word: string) => (args.expand_argument_vars ? hostPath(word).text : quote(word))).join(' '),
    );
    return decided({ args, facts, check }, { shown: words, says: words.join(' '), run: sh`exec ${written}` });
  },
  report: ({ arguments: args }, results, timing) => {
    const words = wordsOf(args);
    const [first] = results;
    const refused = first && typeof words !== 'string' ? refusalOf(first, words[0] ?? '') : undefined;
    if (refused && typeof words !== 'string') {
      const values = { cmd: args.cmd ?? words.join(' '), rc: refused.rc, stdout: '', stderr: '' };
      return { changed: false, failed: refused.says, values };
    }
    return reported(args, typeof words === 'string' ? [] : words, first, timing);
  },
};

/** Runs a text in the host's shell. */
export const shell: Module<ShellArguments> = {
  name: 'shell',
  summary: 'Runs a text in /bin/sh: pipes, redirections and variables as the shell has them.',
  schema: shellSchema,
  freeForm: 'cmd',
  scope: 'host',
  generic: true,
  paths: ['chdir', 'creates', 'removes'],
  read: ({ arguments: args }) => guards(args),
  foresee: ({ arguments: args }) => foreseen(args, args.cmd ?? ''),
  decide: ({ arguments: args, check }, facts) => {
    const cmd = args.cmd ?? '';
    return decided(
      { args, facts, check },
      { shown: cmd, says: cmd, run: sh`exec ${args.executable ?? '/bin/sh'} -c ${cmd}` },
    );
  },
  report: ({ arguments: args }, results, timing) => reported(args, args.cmd ?? '', results[0], timing),
};

function wordsOf({ cmd, argv }: Words): readonly string[] | string {
  if (argv) return argv.length === 0 ? 'the command is empty' : argv;
  const split = splitShellWords(cmd ?? '', { comments: false });
  if (split.kind === 'unbalanced') return `the command has a ${split.missing} that is not closed: ${cmd ?? ''}`;
  return split.words.length === 0 ? 'the command is empty' : split.words.map((word) => word.text);
}

/** Looks at `chdir`, `creates` and `removes` before anything is run. */
function guards({ chdir, creates, removes }: Common): Query | undefined {
  const inFolder = (test: Command): Command =>
    chdir === undefined ? test : sh`( cd ${chdir} 2>/dev/null && ${test} )`;
  const questions = [
    ...(chdir === undefined ? [] : [testAnswer('chdir', sh`( cd ${chdir} 2>/dev/null )`)]),
    ...(creates === undefined ? [] : [testAnswer('creates', inFolder(anyOf(creates)))]),
    ...(removes === undefined ? [] : [testAnswer('removes', inFolder(anyOf(removes)))]),
  ];
  return questions.length === 0 ? undefined : { kind: 'query', command: lines(...questions) };
}

/** True where a path of the pattern is there, a dangling link too. */
function anyOf(pattern: string): Command {
  const glob = pattern
    .split(/([*?]|\[[^\]]+\])/)
    .map((piece, index) => (index % 2 === 1 || piece === '' ? piece : quote(piece)))
    .join('');
  return sh`( for __path in ${raw(glob)}; do if [ -e "$__path" ] || [ -L "$__path" ]; then exit 0; fi; done; exit 1 )`;
}

interface Run {
  readonly shown: Value;
  readonly says: string;
  readonly run: Command;
}

interface Deciding {
  readonly args: Common;
  readonly facts: Result | undefined;
  readonly check: boolean;
}

function decided({ args, facts, check }: Deciding, { shown, says, run }: Run): Decision {
  const found = facts ? answers(facts) : new Map<string, string>();
  const { chdir, creates, removes } = args;
  const skipped = (reason: string, why: string): Decision => {
    const msg = `${check ? 'Would' : 'Did'} not run command since '${why}`;
    const values = { cmd: shown, rc: 0, stdout: `skipped, since ${why.replace("'", '')}`, stderr: '', msg };
    return { kind: 'nothing', reason, values: { ...values, start: null, end: null, delta: null } };
  };
  if (creates !== undefined && found.has('creates')) {
    return skipped(`not run: ${creates} is there`, `${creates}' exists`);
  }
  if (removes !== undefined && !found.has('removes')) {
    return skipped(`not run: ${removes} is not there`, `${removes}' does not exist`);
  }
  if (chdir !== undefined && !found.has('chdir')) {
    const values: ValueMap = { cmd: shown, rc: null, stdout: '', stderr: '', start: null, end: null, delta: null };
    return { kind: 'failed', says: `cannot go to the folder ${chdir}`, values };
  }
  const stdin = inputOf(args);
  return {
    kind: 'steps',
    steps: [
      {
        kind: 'change',
        says: `run: ${says}`,
        command: chdir === undefined ? run : sh`cd ${chdir} && ${run}`,
        deadline: A_DAY,
        judge: judgedLater,
        ...(stdin === undefined ? {} : { stdin }),
      },
    ],
  };
}

/** What Ansible registers of a command that check mode did not run: with `creates` or `removes` it knows of a change. */
function foreseen({ creates, removes }: Common, cmd: Value): ValueMap {
  const knows = creates !== undefined || removes !== undefined;
  const msg = 'Command would have run if not in check mode';
  const values = { cmd, rc: 0, stdout: '', stderr: '', start: null, end: null, delta: null, msg };
  return knows ? values : { ...values, skipped: true };
}

function inputOf({ stdin, stdin_add_newline: newline }: Common): Input | undefined {
  if (stdin === undefined || !newline) return stdin;
  return stdin instanceof Secret ? new Secret(`${stdin.reveal()}\n`) : `${stdin}\n`;
}

/** The shell's way of saying that there is no such program, or that it is none; with the error number of the system. */
function refusalOf(result: Result, word: string): { readonly rc: number; readonly says: string } | undefined {
  if (result.stdout.length > 0 || !complaintOf(result).includes(word)) return undefined;
  const errors = errorsOf(result);
  if (codeOf(result) === 127 && /not found|No such file/.test(errors))
    return { rc: 2, says: `there is no program "${word}"` };
  if (codeOf(result) === 126 && /Permission denied/.test(errors))
    return { rc: 13, says: `"${word}" is no program that may be run` };
  return undefined;
}

/** What the shell itself says of a process that a signal ended is not the process's own. */
function ownErrors(result: Result): string {
  const errors = errorsOf(result);
  return codeOf(result) > 128
    ? errors.replace(/^(?:Killed|Terminated|Hangup|Aborted|Segmentation fault|Quit)[^\n]*\n?$/m, '')
    : errors;
}

function reported(args: Common, cmd: Value, result: Result | undefined, { began, ended }: Before): ModuleReport {
  const strip = (output: string): string => (args.strip_empty_ends ? output.replace(/[\r\n]+$/, '') : output);
  const rc = result ? codeOf(result) : 0;
  const failed = rc === 0 ? undefined : 'non-zero return code';
  const values: ValueMap = {
    cmd,
    rc,
    stdout: strip(result ? outOf(result) : ''),
    stderr: strip(result ? ownErrors(result) : ''),
    start: timeText(began),
    end: timeText(ended),
    delta: spanText(ended - began),
    msg: failed ?? '',
  };
  return { changed: true, values, ...(failed === undefined ? {} : { failed: saysOf(failed, rc, result) }) };
}

/** For people: the code and the end of what the command said. */
function saysOf(failed: string, rc: number, result: Result | undefined): string {
  const said = result ? complaintOf(result) : '';
  return `${failed} ${rc}${said === '' ? '' : `: ${said}`}`;
}

export type { ModuleContext };
