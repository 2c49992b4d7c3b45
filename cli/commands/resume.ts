import { join } from 'node:path';
import type { Argv, CommandModule } from 'yargs';
import { PgupError } from '../../lib/errors.ts';
import { readJournal } from '../../lib/run/journal.ts';
import { runIds } from '../../lib/run/run-folder.ts';
import type { CliContext } from '../context.ts';
import { SETTINGS } from '../options.ts';
import { resolveSettings } from '../settings.ts';
import { vaultPassword } from '../vault-password.ts';

interface RunName {
  readonly run?: string;
}

const { 'extra-vars': extraVars, yes, output, forks, ...others } = SETTINGS;
const { 'known-hosts': knownHosts, 'host-key-checking': hostKeyChecking, 'private-key': privateKey } = others;
const {
  'runs-dir': runsDir,
  'log-file': logFile,
  'vault-password-file': vaultPasswordFile,
  'ask-vault-pass': askVaultPass,
} = others;

/** What is not written down with a run and so may have to be said again; the inventory and playbook are the run's own. */
const OPTIONS = {
  'extra-vars': extraVars,
  yes,
  output,
  forks,
  'known-hosts': knownHosts,
  'host-key-checking': hostKeyChecking,
  'private-key': privateKey,
  'runs-dir': runsDir,
  'log-file': logFile,
  'vault-password-file': vaultPasswordFile,
  'ask-vault-pass': askVaultPass,
} as const;

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
        .options(OPTIONS) as unknown as Argv<RunName>,
    handler: async (flags) => {
      finish(await goOn({ name: flags.run, flags: flags, context, rollback }));
    },
  });
  return [
    verb('resume', 'go on with a run that ended in the middle', false),
    verb('rollback', 'put back what a run has done, as long as that is possible', true),
  ];
}

interface GoOn {
  readonly name: string | undefined;
  readonly flags: Readonly<Record<string, unknown>>;
  readonly context: CliContext;
  readonly rollback: boolean;
}

async function goOn({ name, flags, context, rollback }: GoOn): Promise<number> {
  const [{ prepare }, { perform }] = await Promise.all([import('../prepare.ts'), import('../perform.ts')]);
  const settings = resolveSettings(flags, context);
  const run = name ?? runIds(settings.runsDir).at(-1);
  if (run === undefined || !runIds(settings.runsDir).includes(run)) {
    throw new PgupError('usage', `no run ${run ?? ''} is known in ${settings.runsDir}`, {
      next: 'name its folder with --runs-dir',
    });
  }
  const before = readJournal(join(settings.runsDir, run, 'journal.jsonl'));
  const header = before.find((entry) => entry.kind === 'run');
  if (!header) throw new PgupError('run-folder', `the journal of run ${run} does not say what was run`);
  const { sources, cwd, playbook, limit, plan } = header;
  const prepared = prepare({
    playbook,
    settings: { ...settings, inventory: sources, limit },
    context: { ...context, cwd },
    vaultPassword: await vaultPassword(settings, context),
  });
  if (prepared.plan.hash !== plan) {
    throw new PgupError('run-folder', `inventory, playbook or -e are not what they were when run ${run} began`, {
      next: `compare with ${join(settings.runsDir, run, 'plan.json')}, and give the -e of then again`,
    });
  }
  return perform({ settings, prepared, context, run, check: false, before, rollback });
}
