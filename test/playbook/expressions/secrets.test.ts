import { expect } from 'chai';
import { ProblemsError } from '../../../lib/errors.ts';
import type { Value } from '../../../lib/inventory/inventory.ts';
import { evaluate } from '../../../lib/playbook/expressions.ts';
import { layerOfValues, makeScope } from '../../../lib/playbook/scope.ts';
import { Secret } from '../../../lib/secret.ts';

const scope = makeScope({
  layers: [
    layerOfValues(
      new Map<string, Value>([
        ['password', new Secret('hunter2')],
        ['pin', new Secret('1234')],
        ['user', { name: 'ops', password: new Secret('hunter2') }],
        ['json', new Secret('{"token": "abc", "n": 5}')],
      ]),
    ),
  ],
});

function value(text: string): Value {
  return evaluate({ kind: 'expression', text, at: { file: 'x', line: 1, column: 1 } }, scope);
}

describe('secrets in expressions', () => {
  for (const [text, inside] of [
    ['password', 'hunter2'],
    ['"pw=" ~ password', 'pw=hunter2'],
    ['"pw=" + password', 'pw=hunter2'],
    ['password * 2', 'hunter2hunter2'],
    ['password | upper', 'HUNTER2'],
    ['password | b64encode', 'aHVudGVyMg=='],
    ['password | quote', 'hunter2'],
    ['password.upper()', 'HUNTER2'],
    ['"{}".format(password)', 'hunter2'],
    ['"%s" % password', 'hunter2'],
    ['pin | int', '1234'],
    ['[user.name, password] | join(":")', 'ops:hunter2'],
    ['user | to_json', '{"name": "ops", "password": "hunter2"}'],
    ['user | string', "{'name': 'ops', 'password': 'hunter2'}"],
    ['password | default("x")', 'hunter2'],
    ['password if true else ""', 'hunter2'],
    ['password | regex_replace("2", "3")', 'hunter3'],
    ['"x" | regex_replace("x", password)', 'hunter2'],
    ['"a" | replace("a", password)', 'hunter2'],
    ['[password] | map("upper") | first', 'HUNTER2'],
    ['user | dict2items | map(attribute="value") | last', 'hunter2'],
    ['(json | from_json).token', 'abc'],
    ['(json | from_json).n', '5'],
  ] as const) {
    it(`stay secret: ${text}`, () => {
      const result = value(text);
      expect(result).to.be.instanceOf(Secret);
      expect((result as Secret).reveal()).to.equal(inside);
    });
  }

  it('stay secret inside lists', () => {
    expect(JSON.stringify(value('password | split("t")'))).to.equal('["***","***"]');
  });

  for (const [text, expected] of [
    ['password == "hunter2"', true],
    ['password is defined', true],
    ['password is string', true],
    ['password | length > 6', true],
    ['"hunt" in password', true],
    ['password is match("h")', true],
    ['user.name', 'ops'],
  ] as const) {
    it(`may be asked about: ${text}`, () => {
      expect(value(text)).to.equal(expected);
    });
  }

  for (const text of [
    'password + 1',
    'password - 1',
    'password.nope',
    'password | nope',
    'password | from_json',
    'password | from_yaml | combine({})',
    'password | b64decode',
    'password[0:2]',
    'password()',
    '1 in password',
    'password < 1',
    '"x" | regex_search(password ~ "(")',
    'password',
  ]) {
    it(`are in no message: ${text}`, () => {
      try {
        JSON.stringify(value(text));
      } catch (thrown) {
        expect(thrown).to.be.instanceOf(ProblemsError);
        expect((thrown as Error).message).to.not.contain('hunter2');
      }
    });
  }
});
