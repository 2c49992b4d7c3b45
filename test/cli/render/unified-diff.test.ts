import { expect } from 'chai';
import fc from 'fast-check';
import { unifiedDiff } from '../../../cli/render/unified-diff.ts';

/** What a diff makes of a text: lines are taken from where its hunks say that they are. */
function patched(before: string, diff: readonly string[]): string {
  const old = before.split('\n').slice(0, -1);
  const out: string[] = [];
  let at = 0;
  for (const line of diff.slice(2)) {
    const hunk = /^@@ -(\d+),(\d+) \+(\d+),(\d+) @@$/.exec(line);
    if (hunk) {
      out.push(...old.slice(at, Number(hunk[1]) - 1));
      at = Number(hunk[1]) - 1;
      expect(out.length, 'where the hunk begins').to.equal(Number(hunk[3]) - 1);
    } else if (line.startsWith('+')) out.push(line.slice(1));
    else {
      expect(old[at]).to.equal(line.slice(1));
      if (line.startsWith(' ')) out.push(line.slice(1));
      at++;
    }
  }
  return [...out, ...old.slice(at), ''].join('\n');
}

describe('a unified diff', () => {
  it('shows what goes and what comes, with what stands around it', () => {
    const before = 'a\nb\nc\nd\ne\nf\ng\nh\n';
    expect(unifiedDiff({ path: '/x', before, after: before.replace('e\n', 'E\nF\n') })).to.deep.equal([
      '--- /x (before)',
      '+++ /x (after)',
      '@@ -2,7 +2,8 @@',
      ...[' b', ' c', ' d', '-e', '+E', '+F', ' f', ' g', ' h'],
    ]);
  });

  it('says nothing of what is the same, and all of what is new', () => {
    expect(unifiedDiff({ path: '/x', before: 'a\n', after: 'a\n' })).to.deep.equal([]);
    expect(unifiedDiff({ path: '/x', before: '', after: 'a\nb\n' }).slice(2)).to.deep.equal([
      '@@ -1,0 +1,2 @@',
      '+a',
      '+b',
    ]);
  });

  it('makes the one text of the other', () => {
    const text = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(text, text, (one, other) => {
        const [before, after] = [`${one.join('\n')}\n`, `${other.join('\n')}\n`];
        if (before === after) return;
        expect(patched(before, unifiedDiff({ path: '/x', before, after }))).to.equal(after);
      }),
      { numRuns: 500 },
    );
  });
});
