import { expect } from 'chai';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { ProblemsError } from '../../../lib/errors.ts';
import { Float, type Value } from '../../../lib/inventory/inventory.ts';
import { condition, isConstant, namesUsed, renderOptional } from '../../../lib/playbook/expressions.ts';
import { layerOfValues, makeScope } from '../../../lib/playbook/scope.ts';
import { Secret } from '../../../lib/secret.ts';

const PIECES = [
  ...'a b l d s n f secret nope omit true none not and or in is if else is_defined'.split(' '),
  ...'+ - * / // % ** ~ == != < <= > >= ( ) [ ] { } , : . | =='.split(' '),
  ...'0 1 2.5 "x" \'y\' "\\1" 1e400 99999999999999999999 constructor __proto__ prototype'.split(' '),
  ...'|default("z") |length |first |map("upper") |join("-") |int |list |sort |to_json |to_yaml |combine({}) |hash'.split(
    ' ',
  ),
  ...'|regex_replace("(","x") |regex_search("[a-") |format(1,2) .split() .format(a=1) .get("x") .items() [0] [1:] [::-1]'.split(
    ' ',
  ),
  ...'is(defined) {{ }} {% %} {# #} \n \\ $ @ # é 😀 \u0000 range(3) dict(a=1) lookup("x") *a **d'.split(' '),
];

const scope = makeScope({
  layers: [
    layerOfValues(
      new Map<string, Value>([
        ['a', 1],
        ['b', 'two'],
        ['l', [3, 1, 2]],
        ['d', { x: 1, y: { z: [null] } }],
        ['s', 'Hello World'],
        ['n', null],
        ['f', new Float(1.5)],
        ['secret', new Secret('hunter2')],
      ]),
    ),
  ],
});

/** Whatever the text: a value, or a problem that stands in it. Never the secret in clear, never another error. */
function holds(text: string): void {
  const at = { file: 'x', line: 1, column: 1 };
  const locate = (offset: number) => {
    expect(offset).to.be.within(0, text.length);
    return { ...at, column: offset + 1 };
  };
  const template = { kind: 'template', source: text, constant: isConstant(text), at, places: { at, locate } } as const;
  const asked = { kind: 'expression', text, at, locate } as const;
  for (const run of [
    () => renderOptional(template, scope),
    () => condition([asked], scope),
    () => namesUsed(template),
    () => namesUsed(asked),
  ]) {
    try {
      const text = JSON.stringify([run()], (_name, value: unknown) => (typeof value === 'bigint' ? '' : value));
      expect(text).to.not.contain('hunter2');
    } catch (thrown) {
      if (!(thrown instanceof ProblemsError)) throw thrown;
      expect(thrown.problems).to.have.length(1);
      expect(thrown.problems[0]?.at?.file).to.equal('x');
      expect(thrown.message).to.not.contain('hunter2');
      expect(thrown.message).to.not.match(/undefined\b.*\bnot a function|Cannot read|Invalid|NaN/);
    }
  }
}

describe('expressions, fuzzed', () => {
  it('gives a value or one located problem for pieces of expressions in any order', () => {
    const soup = fc.array(fc.constantFrom(...PIECES), { maxLength: 12 }).map((pieces) => pieces.join(' '));
    fc.assert(
      fc.property(soup, fc.boolean(), (text, wrapped) => {
        holds(wrapped ? `{{ ${text} }}` : text);
      }),
      { numRuns: 3000 },
    );
  });

  it('does so for any text', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), holds), { numRuns: 1000 });
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
        holds(`{{ ${text} }}`);
      }),
      { numRuns: 1000 },
    );
  });

  it('does so for real expressions with something cut out or doubled', () => {
    const cases = readFileSync('test/data/expressions/cases.txt', 'utf8')
      .split('\n')
      .filter((line) => line !== '');
    const cut = fc.tuple(fc.constantFrom(...cases), fc.nat(80), fc.nat(10), fc.boolean());
    fc.assert(
      fc.property(cut, ([text, start, length, doubled]) => {
        const [head, middle, tail] = [
          text.slice(0, start),
          text.slice(start, start + length),
          text.slice(start + length),
        ];
        holds(doubled ? head + middle + middle + tail : head + tail);
      }),
      { numRuns: 3000 },
    );
  });

  for (const [what, text] of [
    ['parentheses', `{{ ${'('.repeat(5000)}1${')'.repeat(5000)} }}`],
    ['few parentheses, still too many', `{{ ${'('.repeat(900)}1${')'.repeat(900)} }}`],
    ['brackets', `{{ ${'['.repeat(900)}${']'.repeat(900)} }}`],
    ['signs', `{{ ${'-'.repeat(1500)}1 }}`],
    ['nots', `${'not '.repeat(1500)}a`],
    ['sums', `{{ ${'1+'.repeat(900)}1 }}`],
    ['long sums', `{{ ${'1+'.repeat(90_000)}1 }}`],
    ['attributes', `{{ d${'.x'.repeat(900)} }}`],
    ['filters', `{{ a${'|string'.repeat(600)} }}`],
    ['choices', `{{ ${'1 if a else '.repeat(400)}2 }}`],
    ['powers', '{{ 9 ** 9 ** 9 ** 9 }}'],
    ['powers of floats', '{{ 9.0 ** 9 ** 9 }}'],
    ['long texts', '{{ "x" * 1000000000000 }}'],
    ['long lists', '{{ [1] * 1000000000000 }}'],
    ['long ranges', '{{ range(1000000000000) }}'],
    ['wide formats', '{{ "%999999999d" | format(1) }}'],
    ['deep JSON', `{{ '${'['.repeat(3000)}' | from_json }}`],
    ['deep YAML', `{{ '${'['.repeat(3000)}' | from_yaml }}`],
    ['deep YAML that is closed', `{{ '${'['.repeat(3000)}${']'.repeat(3000)}' | from_yaml }}`],
    ['deep YAML in one line', `{{ '${'- '.repeat(3000)}x' | from_yaml }}`],
    ['deep YAML of the allowed depth', `{{ '${'['.repeat(399)}${']'.repeat(399)}' | from_yaml | to_json | length }}`],
  ] as const) {
    it(`stands ${what}`, () => {
      const before = performance.now();
      holds(text);
      expect(performance.now() - before).to.be.below(2000);
    });
  }
});
