/** The middle value; of an even number of values the mean of the two in the middle. NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

/**
 * Where the true median of what was sampled is, with nine chances in ten: the closest two of the values, alike far from
 * both ends, that have it between them so often. Of less than five values it is all of them, and that is less sure.
 */
export function medianRange(values: readonly number[]): readonly [low: number, high: number] {
  const sorted = values.toSorted((a, b) => a - b);
  const { length } = sorted;
  let outside = 0;
  let ways = 1;
  let cut = 0;
  // Each value is below the median like a coin that falls: beyond the cut lie at most `cut` of them.
  for (let below = 0; below < length / 2; below++) {
    outside += 2 * ways * 0.5 ** length;
    if (outside > 0.1) break;
    cut = below;
    ways = (ways * (length - below)) / (below + 1);
  }
  return [sorted[cut] ?? NaN, sorted[length - 1 - cut] ?? NaN];
}
