import { execFileSync } from 'node:child_process';
import { expect } from 'chai';
import fc from 'fast-check';
import { PgupError } from '../../lib/errors.ts';
import { Secret } from '../../lib/secret.ts';
import { decodeBytes, encodeText } from '../../lib/shell/bytes.ts';
import { quote, raw, sh } from '../../lib/shell/sh.ts';

describe('shell: sh', () => {
  const spelt: readonly [string, { readonly text: string }, string][] = [
    ['plain words as they are', sh`ls ${'/var/lib/x-1_2.conf'}`, 'ls /var/lib/x-1_2.conf'],
    ['quotes around blanks', sh`ls ${'a b'}`, "ls 'a b'"],
    ['the empty word', sh`echo ${''}`, "echo ''"],
    ['a quote', sh`echo ${"it's"}`, `echo 'it'\\''s'`],
    ['a dollar', sh`echo ${'$HOME'}`, "echo '$HOME'"],
    ['a tilde', sh`echo ${'~root'}`, "echo '~root'"],
    ['an assignment', sh`${'A=b'}`, "'A=b'"],
    ['a reserved word', sh`${'if'}`, "'if'"],
    ['numbers', sh`head -n ${3} -c ${12345678901234567890n}`, 'head -n 3 -c 12345678901234567890'],
    ['a list', sh`rm -- ${['a b', 'c', 1]}`, "rm -- 'a b' c 1"],
    ['an empty list', sh`true ${[]}`, 'true '],
    ['a command inside', sh`${sh`a ${'b c'}`} && d`, "a 'b c' && d"],
    ['text that is no word', sh`a ${raw('> b')}`, 'a > b'],
    ['a list of commands', sh`${[sh`a`, sh`b`]}`, 'a b'],
    ['backslashes of the template as JavaScript reads them', sh`printf '%s\\n' ${'x'}`, "printf '%s\\n' x"],
  ];
  for (const [title, { text }, wanted] of spelt) {
    it(`spells ${title}`, () => {
      expect(text).to.equal(wanted);
    });
  }

  it('refuses a secret by its type and when it runs', () => {
    const secret = new Secret('hunter2');
    // @ts-expect-error A Secret is no word of a command.
    expect(() => sh`echo ${secret}`).to.throw(PgupError, /a secret cannot be part of a command/);
    // @ts-expect-error Nor in a list.
    expect(() => sh`echo ${['a', secret]}`).to.throw(PgupError, /secret/);
  });

  it('refuses what would stand in a command as the word "undefined"', () => {
    for (const value of [undefined, null, true, {}, { kind: 'query' }, Number.NaN]) {
      expect(() => sh`echo ${value as never}`).to.throw(PgupError);
    }
  });

  it('refuses a NUL byte, which no argument can hold', () => {
    expect(() => quote('a\0b')).to.throw(PgupError, /NUL/);
  });

  it('makes commands that cannot be changed', () => {
    expect(Object.isFrozen(sh`a`)).to.equal(true);
  });

  it('keeps every text through a shell', () => {
    const words = fc.sample(fc.string({ unit: 'binary', maxLength: 30 }), 300).map((word) => word.replaceAll('\0', ''));
    const said = execFileSync('sh', ['-s'], { input: encodeText(sh`printf '%s\\0' ${words}`.text) });
    expect(said.toString().split('\0').slice(0, -1)).to.deep.equal(words);
  });
});

describe('shell: bytes', () => {
  it('keeps every sequence of bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        expect([...encodeText(decodeBytes(bytes))]).to.deep.equal([...bytes]);
      }),
      { numRuns: 3000 },
    );
  });

  it('keeps bytes that are nearly UTF-8', () => {
    for (const bytes of [
      [0xc0, 0xaf],
      [0xed, 0xa0, 0x80],
      [0xf4, 0x90, 0x80, 0x80],
      [0xef, 0xbf, 0xbd],
      [0xe2, 0x82],
      [0xff],
    ]) {
      expect([...encodeText(decodeBytes(Uint8Array.from(bytes)))]).to.deep.equal(bytes);
    }
  });

  it('reads UTF-8 as what it is', () => {
    expect(decodeBytes(Buffer.from('häß €𝄞\uFFFD'))).to.equal('häß €𝄞\uFFFD');
  });
});
