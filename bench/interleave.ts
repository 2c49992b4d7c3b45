import { verdictOf, type Promised } from './benchmark.ts';
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

/** As many times the wanted rounds are measured where the first leave a verdict open. */
const PATIENCE = 3;

interface Rounds {
  readonly rounds: number;
  readonly say: (text: string) => void;
  /** Measures every side once; round 0 warms the file cache and is not counted. */
  readonly round: (round: number) => Promise<void>;
  /** From all rounds so far. */
  readonly promises: () => readonly Promised[];
}

/** Round after round; further ones as long as a promise is neither kept nor broken, up to a limit. */
export async function measureRounds({ rounds, say, round, promises }: Rounds): Promise<readonly Promised[]> {
  const noisy = (): boolean => promises().some((each) => verdictOf(each) === 'noisy');
  for (let done = 0; done <= rounds || (done <= rounds * PATIENCE && noisy()); done++) {
    say(
      done === 0 ? 'warming up' : `round ${done} of ${rounds}${done > rounds ? ', the others lie too far apart' : ''}`,
    );
    await round(done);
  }
  return promises();
}

interface Interleave {
  readonly rounds: number;
  readonly sides: readonly Side[];
  readonly say: (text: string) => void;
  readonly promises: (taken: ReadonlyMap<string, Taken>) => readonly Promised[];
}

interface Interleaved {
  readonly taken: ReadonlyMap<string, Taken>;
  readonly promises: readonly Promised[];
}

/** Every side once a round, so that whatever else the machine does meets all of them alike. */
export async function interleave({ rounds, sides, say, promises }: Interleave): Promise<Interleaved> {
  const samples = new Map(sides.map(({ name }) => [name, [] as Sample[]]));
  const all = (): ReadonlyMap<string, Taken> => new Map([...samples].map(([name, some]) => [name, taken(name, some)]));
  const kept = await measureRounds({
    rounds,
    say,
    round: async (round) => {
      for (const { name, run, rounds: few } of sides) {
        if (few !== undefined && (round === 0 || round > few)) continue;
        const sample = await run();
        if (round > 0) samples.get(name)?.push(sample);
      }
    },
    promises: () => promises(all()),
  });
  return { taken: all(), promises: kept };
}

/** A figure of some sides, round by round; of a side that was measured in few rounds only, its last in all others. */
export function eachRound<const Names extends readonly string[]>(
  all: ReadonlyMap<string, Taken>,
  names: Names,
  figure: (samples: { readonly [Index in keyof Names]: Sample }) => number,
): readonly number[] {
  const sides = names.map((name) => sideOf(all, name).samples);
  const rounds = Math.max(...sides.map(({ length }) => length));
  return Array.from({ length: rounds }, (_, round) =>
    figure(sides.map((samples) => samples[round] ?? samples.at(-1)) as never),
  );
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
