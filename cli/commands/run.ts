import type { Argv, CommandModule } from 'yargs';
import { formatProblem } from '../../lib/errors.ts';
import type { CliContext } from '../context.ts';
import { RUN_SETTINGS } from '../options.ts';
import { escapeControls } from '../render/escape.ts';
import { resolveSettings } from '../settings.ts';
import { vaultPassword } from '../vault-password.ts';

interface RunFlags {
  readonly playbook?: string;
  readonly check?: boolean;
  readonly 'list-hosts'?: boolean;
  readonly 'list-tasks'?: boolean;
  readonly 'list-tags'?: boolean;
  readonly 'syntax-check'?: boolean;
}

const OPTIONS = {
  ...RUN_SETTINGS,
  check: { alias: 'C', type: 'boolean', describe: 'say what would happen, change nothing' },
  'list-hosts': { type: 'boolean', describe: 'the hosts of each play; connects to nothing' },
  'list-tasks': { type: 'boolean', describe: 'the tasks of each play; connects to nothing' },
  'list-tags': { type: 'boolean', describe: 'the tags of each play; connects to nothing' },
  'syntax-check': { type: 'boolean', describe: 'look for mistakes; connects to nothing' },
} as const;

/** `pgup run [PLAYBOOK] -i INVENTORY [--check]` */
export function runCommand(context: CliContext, finish: (exitCode: number) => void): CommandModule<object, RunFlags> {
  return {
    command: ['run [playbook]'],
    describe: 'upgrade, or run any playbook; --check changes nothing',
    builder: (parser: Argv) =>
      parser
        .positional('playbook', { type: 'string', describe: 'playbook file (the server flow where none is named)' })
        .options(OPTIONS)
        .example('$0 run -i prod.ini --check', 'what would be done, what is in the way') as unknown as Argv<RunFlags>,
    handler: async (flags) => {
      // Loaded only now: `pgup --help` needs neither ssh2 nor the engine.
      const { prepare, checkSyntax } = await import('../prepare.ts');
      const settings = resolveSettings(flags, context);
      const listed = { hosts: !!flags['list-hosts'], tasks: !!flags['list-tasks'], tags: !!flags['list-tags'] };
      const lists = Object.values(listed).includes(true);
      if (flags['syntax-check'] && !lists && settings.inventory.length === 0) {
        const file = checkSyntax(flags.playbook, context.cwd, await vaultPassword(settings, context));
        context.stdout.write(syntaxText(file));
        return;
      }
      const prepared = prepare({
        playbook: flags.playbook,
        settings,
        context,
        vaultPassword: await vaultPassword(settings, context),
      });
      for (const each of prepared.warnings) context.stderr.write(`${formatProblem(each)}\n`);
      if (lists || flags['syntax-check']) {
        const { listingText } = await import('../render/listing.ts');
        const { plan } = prepared;
        context.stdout.write(lists ? listingText(plan, listed) : syntaxText(plan.playbookFile));
        return;
      }
      const [{ perform }, { newRunId }] = await Promise.all([
        import('../perform.ts'),
        import('../../lib/run/run-id.ts'),
      ]);
      const run = newRunId(context.now());
      finish(await perform({ settings, prepared, context, run, check: flags.check === true }));
    },
  };
}

/** As `ansible-playbook --syntax-check` says that nothing is wrong. */
function syntaxText(playbook: string): string {
  return `\nplaybook: ${escapeControls(playbook)}\n`;
}
