import type { Benchmark } from './benchmark.ts';
import { measureSuccess } from './child.ts';
import { eachRound, interleave } from './interleave.ts';
import { PGUP } from './pgup.ts';
import { processTable } from './table.ts';

/** How long a person waits for the program itself. */
export const startup: Benchmark = {
  name: 'startup',
  summary: 'the bundled program says its version',
  rounds: 15,
  async measure({ rounds, say }) {
    const node = { name: 'node -e 0', run: () => measureSuccess({ command: [process.execPath, '-e', '0'] }) };
    const pgup = { name: 'pgup --version', run: () => measureSuccess({ command: [...PGUP, '--version'] }) };
    const { taken, promises } = await interleave({
      rounds,
      sides: [node, pgup],
      say,
      promises: (all) => [
        {
          key: 'version / node -e 0',
          says: 'pgup --version to node -e 0',
          values: eachRound(all, [pgup.name, node.name], ([ours, floor]) => ours.wall / floor.wall),
          limit: { kind: 'at most', bound: 3 },
          unit: 'x',
        },
      ],
    });
    return { tables: [processTable(taken.values())], promises };
  },
};
