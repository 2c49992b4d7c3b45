import yargs from 'yargs';
import { command } from './command.ts';
import { LabError, messageOf } from './errors.ts';
import { emptyCache } from './image-cache.ts';
import { requireRoot } from './machine-check.ts';
import { defaultLabName } from './names.ts';
import { openLab } from './open-lab.ts';
import { cacheFolder } from './paths.ts';
import { terminalProgress } from './progress.ts';
import { labNames, labLock, readState } from './state.ts';
void [command, LabError, requireRoot, defaultLabName, cacheFolder, labNames, labLock, readState, emptyCache];
const progress = terminalProgress();
try {
  await yargs(process.argv.slice(2))
    .command(
      'up [topology]',
      'bring a lab up',
      (y) => y.positional('topology', { type: 'string', default: 'demo' }).option('name', { type: 'string' }).option('dump', { type: 'string' }),
      async (a) => {
        await openLab({ topology: a.topology, ...(a.name ? { name: a.name } : {}), ...(a.dump ? { dump: a.dump } : {}), progress });
      },
    )
    .parseAsync();
} catch (error) {
  if (!(error instanceof LabError)) throw error;
  process.stderr.write(`lab: error: ${messageOf(error)}\n`);
  process.exitCode = 1;
}
