import { formatProblem, type Problem } from '../errors.ts';

/**
 * Problems in the order of reading: files as they were first met, then line and column; those without a place first.
 * What is said twice (a file that is read twice) is said once.
 */
export function inPlaceOrder(problems: readonly Problem[]): readonly Problem[] {
  const files = new Map<string, number>();
  for (const { at } of problems) if (at && !files.has(at.file)) files.set(at.file, files.size);
  const rank = ({ at }: Problem): readonly number[] =>
    at ? [files.get(at.file) ?? 0, at.line, at.column] : [-1, 0, 0];
  const distinct = new Map(problems.map((each) => [formatProblem(each), each]));
  return [...distinct.values()].sort((a, b) => {
    const [left, right] = [rank(a), rank(b)];
    const differs = left.findIndex((value, index) => value !== right[index]);
    return differs < 0 ? 0 : (left[differs] ?? 0) - (right[differs] ?? 0);
  });
}
