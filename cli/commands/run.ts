import type { Argv, CommandModule } from 'yargs';
import { formatProblem } from '../../lib/errors.ts';
import type { CliContext } from '../context.ts';
import { RUN_SETTINGS } from '../options.ts';
import { resolveSettings } from '../settings.ts';
import { vaultPassword } from '../vault-password.ts';

interface RunFlags {
  readonly playbook?: string;
  readonly check?: boolean;
}

/** `pgup run [PLAYBOOK] -i INVENTORY [--check]` */
export function runCommand(context: CliContext, finish: (exitCode: number) => void): CommandModule<object, RunFlags> {
  return {
    command: ['run [playbook]'],
    describe: 'upgrade, or run any playbook; --check changes nothing',
    builder: (parser: Argv) =>
      parser
        .positional('playbook', { type: 'string', describe: 'playbook file (the server flow where none is named)' })
        .options({
          ...RUN_SETTINGS,
          check: { alias: 'C', type: 'boolean', describe: 'say what would happen, change nothing' },
        })
        .example('$0 run -i prod.ini --check', 'what would be done, what is in the way') as unknown as Argv<RunFlags>,
    handler: async (flags) => {
      // Loaded only now: `pgup --help` needs neither ssh2 nor the engine.
      const [{ prepare }, { perform }] = await Promise.all([import('../prepare.ts'), import('../perform.ts')]);
      const { newRunId } = await import('../../lib/run/run-id.ts');
      const settings = resolveSettings(flags, context);
      const prepared = prepare({
        playbook: flags.playbook,
        settings,
        context,
        vaultPassword: await vaultPassword(settings, context),
      });
      for (const each of prepared.warnings) context.stderr.write(`${formatProblem(each)}\n`);
      const run = newRunId(context.now());
      finish(await perform({ settings, prepared, context, run, check: flags.check === true }));
    },
  };
}
