import { join } from 'node:path';
import type { Argv, CommandModule } from 'yargs';
import { readJournal, type StampedEntry } from '../../lib/run/journal.ts';
import { runIds } from '../../lib/run/run-folder.ts';
import type { CliContext } from '../context.ts';
import { SETTINGS } from '../options.ts';
import { runOnRecord } from '../run-on-record.ts';
import { resolveSettings } from '../settings.ts';

interface StatusFlags {
  readonly run?: string | undefined;
}

/** `pgup runs` and `pgup status [RUN]`: what the journals of this controller say; no host is asked. */
export function statusCommands(context: CliContext): readonly CommandModule[] {
  const folder = (flags: unknown) => resolveSettings(flags as Record<string, unknown>, context).runsDir;
  const options = { 'runs-dir': SETTINGS['runs-dir'] } as const;
  const say = (line: string) => context.stdout.write(`${line}\n`);
  const runs: CommandModule = {
    command: 'runs',
    describe: 'every run of this controller, oldest first',
    builder: (parser: Argv) => parser.options(options),
    handler: (flags) => {
      const path = folder(flags);
      for (const id of runIds(path)) say(`${id}  ${summary(readJournal(join(path, id, 'journal.jsonl')))}`);
    },
  };
  const status: CommandModule<object, StatusFlags> = {
    command: 'status [run]',
    describe: 'how far a run came, deployment by deployment',
    builder: (parser: Argv) =>
      parser
        .positional('run', { type: 'string', describe: 'the run (the newest where none is named)' })
        .options(options),
    handler: (flags) => {
      const run = runOnRecord(folder(flags), flags.run);
      say(`${run.id}  ${summary(run.entries)}`);
      for (const line of deploymentLines(run.entries)) say(line);
      say(`journal: ${run.folder}`);
    },
  };
  return [runs, status];
}

function summary(entries: readonly StampedEntry[]): string {
  const begin = entries.find((entry) => entry.kind === 'run');
  const end = entries.findLast((entry) => entry.kind === 'end');
  const began = new Date(entries[0]?.at ?? 0).toISOString();
  return `${began}  ${begin?.sources.join(' ') ?? ''}  ${end ? `exit code ${end.exitCode}` : 'has not ended, or was killed'}`;
}

/** Outcome, last step and what is still open of each deployment. */
function deploymentLines(entries: readonly StampedEntry[]): readonly string[] {
  const names = new Set(entries.flatMap((entry) => (entry.kind === 'deployment' ? [entry.deployment] : [])));
  return [...names].flatMap((name) => {
    const mine = entries.filter((entry) => 'deployment' in entry && entry.deployment === name);
    const outcome = mine.findLast((entry) => entry.kind === 'outcome');
    const step = mine.findLast((entry) => entry.kind === 'step-intent');
    const settled = mine.findLast((entry) => entry.kind === 'step-outcome');
    const open = step !== undefined && (settled === undefined || settled.at < step.at);
    const passed = mine.some((entry) => entry.kind === 'no-return');
    return [
      `  ${name}: ${outcome ? `${outcome.outcome}: ${outcome.summary}` : 'no outcome yet'}`,
      ...(step ? [`    last step, on ${step.host}: ${step.says}${open ? ' (no outcome is known)' : ''}`] : []),
      ...(passed ? ['    the point of no return is passed'] : []),
    ];
  });
}
