/** Choices that a seed decides: the same seed makes the same ones for ever. */
export interface Seeded {
  /** A whole number from 0 to below `count`. */
  readonly below: (count: number) => number;
  readonly pick: (list: readonly string[]) => string;
  readonly chance: (share: number) => boolean;
  /** Up to `most` of what `make` gives. */
  readonly times: <T>(most: number, make: () => T) => T[];
}

export function seeded(seed: number): Seeded {
  const random = randomFrom(seed * 2_654_435_761 + 1);
  const below = (count: number): number => Math.floor(random() * count);
  return {
    below,
    pick: (list) => list[below(list.length)] ?? '',
    chance: (share) => random() < share,
    times: (most, make) => Array.from({ length: below(most + 1) }, make),
  };
}

/** A stream of numbers from 0 to 1 that the seed decides (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
