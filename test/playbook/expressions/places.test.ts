import { expect } from 'chai';
import { PgupError, ProblemsError } from '../../../lib/errors.ts';
import { condition, render } from '../../../lib/playbook/expressions.ts';
import { walkTasks } from '../../../lib/playbook/playbook.ts';
import { layerOfTemplates, makeScope } from '../../../lib/playbook/scope.ts';
import { playbookOf } from '../support.ts';

/** What rendering the only task of a play says, with its place. */
function said(text: string): string {
  const [play] = playbookOf(text).plays;
  const [task] = walkTasks(play?.tasks ?? []);
  if (!play || !task) throw new Error('no task');
  const scope = makeScope({ layers: [layerOfTemplates(play.keywords.vars)] });
  try {
    condition(task.when, scope);
    return JSON.stringify(render(task.arguments, scope));
  } catch (thrown) {
    if (!(thrown instanceof ProblemsError)) throw thrown;
    return thrown.message;
  }
}

describe('where problems of expressions stand', () => {
  for (const [title, text, message] of [
    [
      'in a condition',
      '- hosts: all\n  tasks:\n    - command: a\n      when: 1 + nope',
      'p.yml:4:17: error[undefined-name]: "nope" is not defined',
    ],
    [
      'in one of several conditions',
      '- hosts: all\n  tasks:\n    - command: a\n      when:\n        - true\n        - 1 < "a"',
      'p.yml:6:11: error[expression]: an integer and a string have no order',
    ],
    [
      'in a quoted text',
      '- hosts: all\n  tasks:\n    - debug: { msg: "a {{ 5 | length }}" }',
      'p.yml:3:27: error[expression]: filter "length": counts lists, mappings and strings, not an integer',
    ],
    [
      'in the third line of a block of text',
      '- hosts: all\n  tasks:\n    - shell: |\n        one\n        two\n        three {{ a.b }}\n',
      'p.yml:6:18: error[undefined-name]: "a" is not defined',
    ],
    [
      'in a folded text',
      '- hosts: all\n  tasks:\n    - shell: >\n        one\n        two {{ 1 +\n        nope }}\n',
      'p.yml:6:9: error[undefined-name]: "nope" is not defined',
    ],
    [
      'in a plain text over two lines',
      '- hosts: all\n  tasks:\n    - shell: one\n        two {{ nope }}\n',
      'p.yml:4:16: error[undefined-name]: "nope" is not defined',
    ],
    [
      'in a text with escapes',
      '- hosts: all\n  tasks:\n    - debug: { msg: "\\u00e9\\t\\" {{ nope }}" }',
      'p.yml:3:36: error[undefined-name]: "nope" is not defined',
    ],
    [
      'in the variable that the text names',
      '- hosts: all\n  vars:\n    v: "x {{ nope }}"\n  tasks:\n    - debug: { msg: "{{ v }}" }',
      'p.yml:3:14: error[undefined-name]: "nope" is not defined',
    ],
    [
      'deep in the variable that the text names',
      '- hosts: all\n  vars:\n    v: { a: [1, "{{ nope }}"] }\n  tasks:\n    - debug: { msg: "{{ v.a[1] }}" }',
      'p.yml:3:21: error[undefined-name]: "nope" is not defined',
    ],
    [
      'in free-form arguments behind options',
      '- hosts: all\n  tasks:\n    - command: chdir=/x echo {{ nope }}',
      'p.yml:3:33: error[undefined-name]: "nope" is not defined',
    ],
    [
      'in a list of arguments',
      '- hosts: all\n  tasks:\n    - command:\n        argv:\n          - a\n          - "{{ nope }}"',
      'p.yml:6:17: error[undefined-name]: "nope" is not defined',
    ],
    [
      'of a circle of variables',
      '- hosts: all\n  vars:\n    a: "{{ b }}"\n    b: "{{ a }}"\n  tasks:\n    - debug: { msg: "{{ a }}" }',
      'p.yml:3:8: error[expression]: the variable "a" is made of itself: a -> b -> a',
    ],
  ] as const) {
    it(title, () => {
      expect(said(text)).to.equal(message);
    });
  }

  it('is an error of input, with exit code 5', () => {
    try {
      condition(
        [{ kind: 'expression', text: 'nope', at: { file: 'x', line: 1, column: 1 } }],
        makeScope({ layers: [] }),
      );
      expect.fail('nothing thrown');
    } catch (thrown) {
      expect((thrown as PgupError).code).to.equal('undefined-name');
    }
  });

  for (const [title, text, result] of [
    ['reads only what is asked for of a variable', '{{ v.good }}', '{"msg":"fine"}'],
    ['finds a mapping made of its own parts', '{{ v.other }}', '{"msg":"fine!"}'],
    ['takes what a variable holds as it is', '{{ v.list }}', '{"msg":[1,{"a":"fine"}]}'],
    ['leaves !unsafe alone', '{{ v.raw }}', '{"msg":"{{ nope }}"}'],
    ['leaves out what is omitted', '{{ nope | default(omit) }}', '{}'],
  ] as const) {
    it(title, () => {
      const vars = `v:\n      good: fine\n      bad: "{{ nope }}"\n      other: "{{ v.good }}!"\n      list: [1, { a: "{{ v.good }}" }]\n      raw: !unsafe "{{ nope }}"`;
      expect(said(`- hosts: all\n  vars:\n    ${vars}\n  tasks:\n    - debug: { msg: "${text}" }\n`)).to.equal(result);
    });
  }
});
