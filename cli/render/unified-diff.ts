/** Lines around a change that are shown with it. */
const CONTEXT = 3;
/** Longer files are not compared line by line: it would take longer than anybody reads. */
const MOST_LINES = 3000;

type Line = { readonly kind: ' ' | '-' | '+'; readonly text: string };

/** What changes between two texts, as `diff -u` shows it; the empty list where nothing does. */
export function unifiedDiff({
  path,
  before,
  after,
}: {
  path: string;
  before: string;
  after: string;
}): readonly string[] {
  if (before === after) return [];
  const [old, young] = [linesOf(before), linesOf(after)];
  const head = [`--- ${path} (before)`, `+++ ${path} (after)`];
  if (old.length > MOST_LINES || young.length > MOST_LINES) {
    return [...head, `${old.length} lines become ${young.length}`];
  }
  return [...head, ...hunksOf(changesOf(old, young))];
}

function linesOf(text: string): readonly string[] {
  if (text === '') return [];
  const lines = text.split('\n');
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
}

/** The longest common run of lines stays; what is left of the old goes, what is left of the new comes. */
function changesOf(old: readonly string[], young: readonly string[]): readonly Line[] {
  let begin = 0;
  while (begin < old.length && begin < young.length && old[begin] === young[begin]) begin++;
  let end = 0;
  while (end < old.length - begin && end < young.length - begin && old.at(-1 - end) === young.at(-1 - end)) end++;
  const [a, b] = [old.slice(begin, old.length - end), young.slice(begin, young.length - end)];
  const kept = (lines: readonly string[]): readonly Line[] => lines.map((text) => ({ kind: ' ', text }));
  return [...kept(old.slice(0, begin)), ...inner(a, b), ...kept(old.slice(old.length - end))];
}

function inner(a: readonly string[], b: readonly string[]): readonly Line[] {
  const width = b.length + 1;
  const common = new Uint32Array((a.length + 1) * width);
  const at = (row: number, column: number): number => common[row * width + column] ?? 0;
  for (let row = a.length - 1; row >= 0; row--) {
    for (let column = b.length - 1; column >= 0; column--) {
      common[row * width + column] =
        a[row] === b[column] ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  const lines: Line[] = [];
  let [row, column] = [0, 0];
  while (row < a.length || column < b.length) {
    if (row < a.length && column < b.length && a[row] === b[column]) {
      lines.push({ kind: ' ', text: a[row++] ?? '' });
      column++;
    } else if (row < a.length && (column === b.length || at(row + 1, column) >= at(row, column + 1))) {
      lines.push({ kind: '-', text: a[row++] ?? '' });
    } else lines.push({ kind: '+', text: b[column++] ?? '' });
  }
  return lines;
}

/** Changes that are near to one another share a hunk. */
function hunksOf(lines: readonly Line[]): readonly string[] {
  const shown = lines.map((_, index) =>
    lines.slice(Math.max(0, index - CONTEXT), index + CONTEXT + 1).some((each) => each.kind !== ' '),
  );
  const out: string[] = [];
  let [old, young] = [1, 1];
  for (let index = 0; index < lines.length;) {
    if (shown[index] !== true) {
      index++;
      old++;
      young++;
      continue;
    }
    let end = index;
    while (end < lines.length && shown[end] === true) end++;
    const hunk = lines.slice(index, end);
    const [gone, come] = [
      hunk.filter(({ kind }) => kind !== '+').length,
      hunk.filter(({ kind }) => kind !== '-').length,
    ];
    out.push(`@@ -${old},${gone} +${young},${come} @@`, ...hunk.map(({ kind, text }) => `${kind}${text}`));
    old += gone;
    young += come;
    index = end;
  }
  return out;
}
