import type { Argv, CommandModule } from 'yargs';
import type { CliContext } from '../context.ts';
import { RUN_SETTINGS } from '../options.ts';

interface RunName {
  readonly run?: string;
}

/** What is not written down with a run and so may have to be said again, and which run is meant. */
const NEEDLESS: readonly string[] = ['tags', 'skip-tags', 'start-at-task', 'diff'];
const OPTIONS = Object.fromEntries(Object.entries(RUN_SETTINGS).filter(([name]) => !NEEDLESS.includes(name)));

/** `pgup resume [RUN]` and `pgup rollback [RUN]`: the same way in, one goes on, the other goes back. */
export function resumeCommands(
  context: CliContext,
  finish: (exitCode: number) => void,
): readonly CommandModule<object, RunName>[] {
  const verb = (name: string, describe: string, rollback: boolean): CommandModule<object, RunName> => ({
    command: `${name} [run]`,
    describe,
    builder: (parser: Argv) =>
      parser
        .positional('run', { type: 'string', describe: 'the run (the newest where none is named)' })
        .options({
          ...OPTIONS,
          playbook: { type: 'string', describe: 'with -i: the playbook of the run, where it is not the server flow' },
          // Said anew each time: no variable and no pgup.ini may decide that another controller loses its run.
          'take-over': { type: 'boolean', describe: 'from the controller that has the run, though it may still live' },
        })
        .example(`$0 ${name}`, 'the newest run of this controller')
        .example(
          `$0 ${name} -i prod.ini`,
          'the run that holds these hosts, whichever controller began it',
        ) as unknown as Argv<RunName>,
    handler: async (flags) => {
      const { goOn } = await import('../go-on.ts');
      finish(await goOn({ name: flags.run, flags, context, rollback }));
    },
  });
  return [
    verb('resume', 'go on with a run that ended in the middle', false),
    verb('rollback', 'put back what a run has done, as long as that is possible', true),
  ];
}
