import type { Argv, CommandModule } from 'yargs';
import { formatProblem } from '../../lib/errors.ts';
import type { CliContext } from '../context.ts';
import { SETTINGS } from '../options.ts';
import { escapeControls } from '../render/escape.ts';
import { resolveSettings } from '../settings.ts';
import { vaultPassword } from '../vault-password.ts';

interface PlanFlags {
  readonly playbook?: string;
}

/** What decides a plan, and how it is printed. */
const OPTIONS = {
  inventory: SETTINGS.inventory,
  limit: SETTINGS.limit,
  'extra-vars': SETTINGS['extra-vars'],
  tags: SETTINGS.tags,
  'skip-tags': SETTINGS['skip-tags'],
  'start-at-task': SETTINGS['start-at-task'],
  'vault-password-file': SETTINGS['vault-password-file'],
  'ask-vault-pass': SETTINGS['ask-vault-pass'],
  output: SETTINGS.output,
} as const;

/** `pgup plan -i INVENTORY [PLAYBOOK]`: the frozen plan, nothing connected. */
export function planCommand(context: CliContext, finish: (exitCode: number) => void): CommandModule<object, PlanFlags> {
  return {
    command: 'plan [playbook]',
    describe: 'show what a run would do on which hosts, as far as it is known; connects to nothing',
    builder: (parser: Argv) =>
      parser
        .positional('playbook', { type: 'string', describe: 'playbook file (the server flow where none is named)' })
        .options(OPTIONS)
        .example('$0 plan -i prod.ini --output json', 'the whole plan as JSON') as unknown as Argv<PlanFlags>,
    handler: async (flags) => {
      const [{ prepare }, { frozenRun }, { resolverOf }, { planText }] = await Promise.all([
        import('../prepare.ts'),
        import('../../lib/run/frozen-plan.ts'),
        import('../../lib/playbook/resolve-plan.ts'),
        import('../render/plan.ts'),
      ]);
      const settings = resolveSettings(flags, context);
      const prepared = prepare({
        playbook: flags.playbook,
        settings,
        context,
        vaultPassword: await vaultPassword(settings, context),
      });
      for (const each of prepared.warnings) context.stderr.write(`${escapeControls(formatProblem(each))}\n`);
      const { plan, inventory } = prepared;
      const shown = frozenRun(plan, inventory, resolverOf({ plan, inventory, cwd: context.cwd }));
      context.stdout.write(settings.output === 'json' ? `${JSON.stringify(shown, null, 2)}\n` : planText(shown));
      finish(0);
    },
  };
}
