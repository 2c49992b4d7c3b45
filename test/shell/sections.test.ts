import { execFileSync } from 'node:child_process';
import { expect } from 'chai';
import fc from 'fast-check';
import { END, parsePairs, parseSections, posix, SECTIONS } from '../../lib/shell/sections.ts';

function run(body: string, shell = 'sh'): Buffer {
  return execFileSync(shell, ['-s'], { input: `${SECTIONS}${body}\n${END}` });
}

describe('sections', () => {
  it('tell name, key, exit code and text', () => {
    const { sections, complete } = parseSections(
      run('emit one k 0 "a b"\nask two - 5 sh -c "echo out; echo err >&2; exit 3"'),
    );
    expect(complete).to.equal(true);
    expect(sections).to.deep.equal([
      { name: 'one', key: 'k', code: 0, text: 'a b' },
      { name: 'two', key: '-', code: 3, text: 'out\nerr' },
    ]);
  });

  it('carry whatever text there is, also what looks like a section or is no UTF-8 of one byte each', () => {
    const text = fc.string({ unit: 'grapheme' }).map((each) => each.replaceAll('\0', '').replace(/\n+$/, ''));
    fc.assert(
      fc.property(text, fc.constantFrom('', '@end - 0 0\n', '@one - 0 99\n', 'ärger\n'), (tail, head) => {
        const value = head + tail;
        const body = `emit one - 0 '${value.replaceAll("'", `'\\''`)}'`;
        expect(parseSections(run(body)).sections[0]?.text).to.equal(value);
      }),
      { numRuns: 25 },
    );
  });

  it('end what hangs', () => {
    const started = Date.now();
    const { sections } = parseSections(run('ask slow - 1 sleep 30'));
    expect(sections[0]?.code).to.equal(124);
    expect(Date.now() - started).to.be.lessThan(8000);
  });

  it('are known to be incomplete where the output breaks off, wherever it does', () => {
    const output = run('emit one - 0 "some text"\nemit two - 0 "more"');
    for (let length = 0; length < output.length - 3; length++) {
      const { complete, sections } = parseSections(output.subarray(0, length));
      expect(complete, `${length}`).to.equal(false);
      expect(sections.every(({ text }) => ['some text', 'more'].includes(text))).to.equal(true);
    }
  });

  it('pass over noise between them, such as a banner of the login shell', () => {
    expect(
      parseSections(Buffer.concat([Buffer.from('Welcome @home\n'), run('emit one - 0 x')])).sections,
    ).to.have.length(1);
  });

  it('are cut where they would flood the line', () => {
    const { sections } = parseSections(run('emit big - 0 "$(head -c 500000 /dev/zero | tr "\\0" x)"\nemit next - 0 y'));
    expect(sections.map(({ text }) => text.length)).to.deep.equal([400_000, 1]);
  });
});

describe('posix', () => {
  it('leaves backslashes alone and writes braces where they are escaped', () => {
    const inserted = 'value';
    expect(posix`printf '%s\n' "\${x%%=*}" ${inserted} \`date\``).to.equal('printf \'%s\\n\' "${x%%=*}" value `date`');
  });
});

describe('pairs', () => {
  it('are cut at the first equals sign', () => {
    expect([...parsePairs('a=b=c\nempty=\n=x\nnoise')]).to.deep.equal([
      ['a', 'b=c'],
      ['empty', ''],
    ]);
  });
});
