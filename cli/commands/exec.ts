import type { Argv, CommandModule } from 'yargs';
import { problem, ProblemsError } from '../../lib/errors.ts';
import { AD_HOC_OPTIONS } from '../ad-hoc-options.ts';
import type { CliContext } from '../context.ts';
import { SETTINGS } from '../options.ts';

interface ExecFlags {
  readonly pattern?: string;
  readonly command?: readonly string[];
  readonly _?: readonly (string | number)[];
  readonly check?: boolean;
}

/** `pgup exec -i INVENTORY PATTERN -- COMMAND...` */
export function execCommand(context: CliContext, finish: (exitCode: number) => void): CommandModule<object, ExecFlags> {
  return {
    command: 'exec <pattern> [command..]',
    describe: 'run a command on many hosts; equal output is shown once',
    builder: (parser: Argv) =>
      parser
        .usage('$0 exec -i INVENTORY PATTERN -- COMMAND...')
        .positional('pattern', { type: 'string', describe: 'which hosts' })
        .positional('command', {
          type: 'string',
          array: true,
          describe: 'behind --: a program and its arguments, or one word that is a line of shell',
        })
        .options({
          ...AD_HOC_OPTIONS,
          'command-timeout': SETTINGS['command-timeout'],
          check: { alias: 'C', type: 'boolean', describe: 'say what would be sent, connect to nothing' },
        })
        .example('$0 exec -i prod.ini db --become -- systemctl is-active postgresql', 'a program')
        .example("$0 exec -i prod.ini all -- 'df -h / | tail -1'", 'a line of shell') as unknown as Argv<ExecFlags>,
    handler: async (flags) => {
      // What stands behind `--` belongs to no positional: yargs leaves it with the name of the verb.
      const words = [...(flags.command ?? []), ...flags._.slice(1).map(String)];
      if (words.length === 0) {
        throw new ProblemsError([
          problem('usage', 'no command is given: pgup exec -i INVENTORY PATTERN -- COMMAND...'),
        ]);
      }
      const [{ runAdHoc }, { commandOf, execOnHosts }, { execRenderer }] = await Promise.all([
        import('../ad-hoc.ts'),
        import('../../lib/run/ad-hoc/exec.ts'),
        import('../render/exec.ts'),
      ]);
      const check = flags.check === true;
      const exitCode = await runAdHoc({
        pattern: flags.pattern ?? '',
        flags: flags,
        context,
        renderer: execRenderer,
        offline: check,
        work: (adHoc, { events, settings }) =>
          execOnHosts(adHoc, { command: commandOf(words), deadline: settings.commandTimeout, check }, events),
      });
      finish(exitCode);
    },
  };
}
