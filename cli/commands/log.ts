import type { Argv, CommandModule } from 'yargs';
import { PgupError } from '../../lib/errors.ts';
import { didYouMean } from '../../lib/nearest.ts';
import type { Json } from '../../lib/playbook/plan-shape.ts';
import type { StampedEntry } from '../../lib/run/journal.ts';
import { readPlan } from '../../lib/run/run-folder.ts';
import type { CliContext } from '../context.ts';
import { SETTINGS } from '../options.ts';
import { escapeControls } from '../render/escape.ts';
import { journalLine } from '../render/journal.ts';
import { runOnRecord } from '../run-on-record.ts';
import { resolveSettings } from '../settings.ts';

interface LogFlags {
  readonly run?: string | undefined;
  readonly host?: string | undefined;
}

/** `pgup log [RUN] [--host H]`: what was done, in order, as the journal has it; no host is asked. */
export function logCommand(context: CliContext): CommandModule<object, LogFlags> {
  return {
    command: 'log [run]',
    describe: 'what a run has done, step by step',
    builder: (parser: Argv) =>
      parser.positional('run', { type: 'string', describe: 'the run (the newest where none is named)' }).options({
        'runs-dir': SETTINGS['runs-dir'],
        output: SETTINGS.output,
        host: { type: 'string', requiresArg: true, describe: 'only what was done on this host, and what concerns all' },
      }),
    handler: (flags) => {
      const { runsDir, output } = resolveSettings(flags, context);
      const { id, entries } = runOnRecord(runsDir, flags.run);
      const tasks = new Map(taskNames(readPlan(runsDir, id)));
      for (const entry of entriesOf(entries, flags.host)) {
        const line = output === 'json' ? JSON.stringify(entry) : journalLine(entry, tasks);
        if (line !== undefined) context.stdout.write(`${escapeControls(line)}\n`);
      }
    },
  };
}

/** All entries, or those of one host, of the deployments that it belongs to, and of the run itself. */
function entriesOf(entries: readonly StampedEntry[], host: string | undefined): readonly StampedEntry[] {
  if (host === undefined) return entries;
  const hosts = new Set(entries.flatMap((entry) => ('host' in entry && entry.host !== undefined ? [entry.host] : [])));
  if (!hosts.has(host)) {
    throw new PgupError('usage', `this run did nothing on a host ${host}${didYouMean(host, [...hosts])}`, {
      next: 'pgup log RUN, without --host',
    });
  }
  const deployments = new Set(
    entries.flatMap((entry) =>
      'deployment' in entry && 'host' in entry && entry.host === host ? [entry.deployment] : [],
    ),
  );
  return entries.filter((entry) => {
    if ('host' in entry && entry.host !== undefined) return entry.host === host;
    return !('deployment' in entry) || deployments.has(entry.deployment);
  });
}

/** Every task of a frozen plan, undo and handlers too: what has an id and a name there. */
function taskNames(plan: Json): readonly (readonly [string, string])[] {
  if (typeof plan !== 'object' || plan === null) return [];
  if (Array.isArray(plan)) return plan.flatMap(taskNames);
  const { id, name } = plan as Readonly<Record<string, Json>>;
  const own = typeof id === 'string' && typeof name === 'string' ? [[id, name] as const] : [];
  return [...own, ...Object.values(plan as Readonly<Record<string, Json>>).flatMap(taskNames)];
}
