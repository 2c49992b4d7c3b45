import { join } from 'node:path';
import { openLab } from '../lab/open-lab.ts';
import type { Benchmark } from './benchmark.ts';
import { measureSuccess, type Sample } from './child.ts';
import { eachRound, interleave } from './interleave.ts';
import { PGUP } from './pgup.ts';
import { processTable } from './table.ts';

const SIDE_BY_SIDE = 4;
/** Of the time that they would take one after another: what two processor cores leave. */
const SHARE = 0.75;

/** Real upgrades on hosts of the lab, which share the processors of this machine: several take longer than one. */
export const deployments: Benchmark = {
  name: 'deployments',
  summary: `${SIDE_BY_SIDE} whole upgrades side by side on lab hosts, beside one; needs root`,
  rounds: 3,
  async measure({ rounds, folder, say, defer }) {
    say('booting six lab hosts');
    const lab = await openLab({ topology: 'standin6', name: 'bench-deployments' });
    defer(() => lab.down());
    let fresh = true;
    const upgraded = async (limit: string): Promise<Sample> => {
      if (!fresh) await lab.reset();
      fresh = false;
      return measureSuccess({
        command: [...PGUP, 'run', '-i', lab.inventoryFile, '--yes', '--limit', limit],
        env: { PGUP_RUNS_DIR: join(folder, 'runs'), PGUP_KNOWN_HOSTS: lab.knownHostsFile },
      });
    };
    const names = Array.from({ length: SIDE_BY_SIDE }, (_, index) => `d${index + 1}`);
    const one = { name: 'one deployment', run: () => upgraded('d1') };
    const several = { name: `${SIDE_BY_SIDE} side by side`, run: () => upgraded(names.join(':')) };
    const { taken, promises } = await interleave({
      rounds,
      sides: [one, several],
      say,
      promises: (all) => [
        {
          key: 'share of one after another',
          says: `${SIDE_BY_SIDE} deployments side by side, beside ${SIDE_BY_SIDE} times one`,
          values: eachRound(
            all,
            [one.name, several.name],
            ([single, more]) => more.wall / (SIDE_BY_SIDE * single.wall),
          ),
          limit: { kind: 'at most', bound: SHARE },
          unit: 'x',
        },
      ],
    });
    return { tables: [processTable(taken.values())], promises };
  },
};
