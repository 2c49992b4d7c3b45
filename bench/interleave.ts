import type { Sample } from './child.ts';
import { median } from './statistics.ts';

/** What is compared: a name, and how it is run once. */
export interface Side {
  readonly name: string;
  readonly run: () => Promise<Sample>;
  /** For a side that takes very long: it is measured in so many rounds only, and not warmed up. */
  readonly rounds?: number;
}

/** All measurements of one side. */
export interface Taken extends Sample {
  readonly name: string;
  /** The least of all rounds, in seconds: what the side takes where nothing disturbs it. */
  readonly best: number;
  readonly samples: readonly Sample[];
}

interface Interleave {
  readonly rounds: number;
  readonly sides: readonly Side[];
  readonly say: (text: string) => void;
}

/**
 * Every side once a round, so that whatever else the machine does meets all of them alike; the medians are what is
 * compared. One round before the first warms the file cache and is not counted.
 */
export async function interleave({ rounds, sides, say }: Interleave): Promise<ReadonlyMap<string, Taken>> {
  const samples = new Map(sides.map(({ name }) => [name, [] as Sample[]]));
  for (let round = 0; round <= rounds; round++) {
    say(round === 0 ? 'warming up' : `round ${round} of ${rounds}`);
    for (const { name, run, rounds: few } of sides) {
      if (few !== undefined && (round === 0 || round > few)) continue;
      const sample = await run();
      if (round > 0) samples.get(name)?.push(sample);
    }
  }
  return new Map([...samples].map(([name, all]) => [name, taken(name, all)]));
}

function taken(name: string, samples: readonly Sample[]): Taken {
  const of = (field: keyof Sample): number[] => samples.map((sample) => sample[field]);
  return {
    name,
    wall: median(of('wall')),
    cpu: median(of('cpu')),
    memory: median(of('memory')),
    best: Math.min(...of('wall')),
    samples,
  };
}

/** The measurements of a side; NaN keeps no promise, so a name that is none is an error at once. */
export function sideOf(all: ReadonlyMap<string, Taken>, name: string): Taken {
  const found = all.get(name);
  if (!found) throw new Error(`nothing was measured by the name of ${name}`);
  return found;
}
