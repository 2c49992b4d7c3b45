import { join } from 'node:path';
import { PgupError } from '../lib/errors.ts';
import type { Plan } from '../lib/playbook/plan.ts';
import { frozenRun } from '../lib/run/frozen-plan.ts';
import { readJournal, type RunEntry, type StampedEntry } from '../lib/run/journal.ts';
import { planDifferences } from '../lib/run/plan-difference.ts';
import { readPlan, runIds } from '../lib/run/run-folder.ts';
import { requireTerminal } from './confirm.ts';
import type { CliContext } from './context.ts';
import { findHeld } from './find-held.ts';
import type { Settings } from './options.ts';
import { perform } from './perform.ts';
import { prepare, type Prepared } from './prepare.ts';
import { resolveSettings } from './settings.ts';
import { vaultPassword } from './vault-password.ts';

export interface GoOn {
  readonly name: string | undefined;
  readonly flags: Readonly<Record<string, unknown>>;
  readonly context: CliContext;
  readonly rollback: boolean;
}

interface Asked {
  readonly settings: Settings;
  readonly context: CliContext;
  readonly name: string | undefined;
  readonly playbook: string | undefined;
  readonly rollback: boolean;
  readonly takeOver: boolean;
}

/** Goes on with a run, or back: from its run folder where this controller has it, else from what the hosts keep. */
export async function goOn({ name, flags, context, rollback }: GoOn): Promise<number> {
  const settings = resolveSettings(flags, context);
  if (!settings.yes) requireTerminal(context);
  const playbook = typeof flags['playbook'] === 'string' ? flags['playbook'] : undefined;
  const takeOver = flags['take-over'] === true;
  const asked: Asked = { settings, context, name, playbook, rollback, takeOver };
  const known = runIds(settings.runsDir);
  // -i asks the hosts; without it the run folder says which inventory it was.
  const run = flags['inventory'] === undefined ? (name ?? known.at(-1)) : undefined;
  if (run !== undefined && known.includes(run)) return fromFolder(asked, run);
  if (settings.inventory.length > 0) return fromHosts(asked);
  throw new PgupError('usage', `no run ${run ?? ''} is known in ${settings.runsDir}`, {
    next: 'name its folder with --runs-dir, or its inventory with -i to ask the hosts',
  });
}

async function fromFolder({ settings, context, rollback, takeOver }: Asked, run: string): Promise<number> {
  const before = readJournal(join(settings.runsDir, run, 'journal.jsonl'));
  const header = before.find((entry) => entry.kind === 'run');
  if (!header) throw new PgupError('run-folder', `the journal of run ${run} does not say what was run`);
  const { sources, cwd, playbook, limit } = header;
  const common = { playbook, context: { ...context, cwd }, vaultPassword: await vaultPassword(settings, context) };
  const prepared = prepare({ ...common, settings: { ...settings, inventory: sources, limit } });
  const differences = planDifferences(readPlan(settings.runsDir, run), frozenRun(prepared.plan, prepared.inventory));
  if (differences.length > 0) {
    throw new PgupError(
      'plan-changed',
      `inventory, playbook or -e are not what they were when run ${run} began:\n${differences.join('\n')}`,
      { next: `give what it began with: ${join(settings.runsDir, run, 'plan.json')} has it` },
    );
  }
  const limited =
    settings.limit === undefined ? prepared : prepare({ ...common, settings: { ...settings, inventory: sources } });
  const chosen = new Set(limited.plan.deployments.map((each) => each.name));
  return perform({
    settings,
    prepared: only(prepared, chosen),
    context,
    run,
    check: false,
    before,
    header,
    rollback,
    takeOver,
  });
}

async function fromHosts({ settings, context, name, playbook, rollback, takeOver }: Asked): Promise<number> {
  const prepared = prepare({ playbook, settings, context, vaultPassword: await vaultPassword(settings, context) });
  const { run, header: begun, deployments } = await findHeld({ prepared, settings, context, name });
  const own = only(prepared, new Set(deployments));
  const { sources } = prepared.inventory;
  const limit = own.plan.deployments.flatMap(({ hosts }) => hosts).join(',');
  // Paths are this controller's own, so that the run folder made here can be gone on with as well.
  const header: RunEntry = { ...begun, playbook: own.plan.playbookFile, sources, cwd: context.cwd, limit };
  const before: readonly StampedEntry[] = runIds(settings.runsDir).includes(run)
    ? readJournal(join(settings.runsDir, run, 'journal.jsonl'))
    : [];
  return perform({ settings, prepared: own, context, run, check: false, before, header, rollback, takeOver });
}

function only(prepared: Prepared, names: ReadonlySet<string>): Prepared {
  const plan: Plan = { ...prepared.plan, deployments: prepared.plan.deployments.filter(({ name }) => names.has(name)) };
  return { ...prepared, plan };
}
