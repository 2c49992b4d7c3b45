import type { CommandModule } from 'yargs';
import type { CliContext } from '../context.ts';
import { execCommand } from './exec.ts';
import { factsCommand } from './facts.ts';
import { inventoryCommand } from './inventory.ts';
import { logCommand } from './log.ts';
import { pingCommand } from './ping.ts';
import { planCommand } from './plan.ts';
import { resumeCommands } from './resume.ts';
import { runCommand } from './run.ts';
import { statusCommands } from './status.ts';

/** The verbs, in the order that help shows them. */
export function commands(context: CliContext, finish: (exitCode: number) => void): readonly CommandModule[] {
  return [
    runCommand(context, finish),
    planCommand(context, finish),
    ...resumeCommands(context, finish),
    ...statusCommands(context),
    logCommand(context),
    inventoryCommand(context, finish),
    pingCommand(context, finish),
    execCommand(context, finish),
    factsCommand(context, finish),
  ];
}
