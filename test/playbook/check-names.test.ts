import { expect } from 'chai';
import { checkNames } from '../../lib/playbook/check-names.ts';
import { FLEET, inventoryOf, linesOf, playbookOf } from './support.ts';

const inventory = inventoryOf(FLEET, { more: 1 });

/** Undefined names of a task with these lines. */
function undefinedIn(...lines: readonly string[]): readonly string[] {
  const text = `- hosts: all\n  vars: { known: 1 }\n  tasks:\n    - command: a\n${lines.map((line) => `      ${line}\n`).join('')}`;
  return linesOf(checkNames({ playbook: playbookOf(text), inventory }).problems);
}

describe('checkNames', () => {
  for (const [title, ...lines] of [
    ['knows play variables', 'when: known == 1'],
    ['knows inventory variables', 'when: site == "here"'],
    ['knows -e', 'when: more == 1'],
    ['knows magic names', 'when: inventory_hostname in groups.all and not ansible_check_mode'],
    ['knows registered names', 'register: r', 'until: r is succeeded'],
    ['knows task variables', 'vars: { mine: 1 }', 'when: mine == 1'],
    ['knows the loop variable', 'loop: [1]', 'changed_when: item == 1'],
    [
      'knows the loop variable by its own name',
      'loop: [1]',
      'loop_control: { loop_var: x, index_var: n }',
      'when: x == n',
    ],
    ['knows functions', 'loop: "{{ range(3) }}"'],
    ['allows what default stands on', 'when: nope | default(1) == 1'],
    ['allows what is asked about', 'when: nope is defined and nope == 1'],
    ['allows what a condition of the task asks about', 'when: nope is defined', 'changed_when: nope == 1'],
  ] as const) {
    it(title, () => {
      expect(undefinedIn(...lines)).to.deep.equal([]);
    });
  }

  it('finds a name that nothing defines, where it stands, with the nearest known', () => {
    expect(undefinedIn('when: knwon == 1')).to.deep.equal([
      '5:13 undefined-name nothing defines "knwon", did you mean "known"?',
    ]);
  });

  it('finds it in arguments, loops, variables, blocks, undo and words', () => {
    const text = `- hosts: all
  become_user: '{{ n1 }}'
  vars: { v: '{{ n2 }}' }
  tasks:
    - command: echo {{ n3 }}
      loop: '{{ n4 }}'
      vars: { w: '{{ n5 }}' }
      undo: { command: '{{ n6 }}' }
    - block:
        - debug: { msg: ok }
          delegate_to: '{{ n7 }}'
      when: n8
  handlers:
    - command: '{{ n9 }}'
`;
    const found = linesOf(checkNames({ playbook: playbookOf(text), inventory }).problems);
    expect(found.map((line) => line.split(' ').slice(0, 2).join(' ')).sort()).to.have.length(9);
    for (const number of [1, 2, 3, 4, 5, 6, 7, 8, 9]) expect(found.join('\n')).to.contain(`"n${number}"`);
  });

  it('finds it in the words of a play', () => {
    const text = `- hosts: all
  serial: ['{{ n1 }}']
  max_fail_percentage: '{{ n2 }}'
  any_errors_fatal: '{{ n3 }}'
  tasks: []
`;
    const found = linesOf(checkNames({ playbook: playbookOf(text), inventory }).problems);
    expect(found.map((line) => /"(.*)"/.exec(line)?.[1]).sort()).to.deep.equal(['n1', 'n2', 'n3']);
  });

  it('does not let a loop variable out of its loop', () => {
    expect(undefinedIn('when: item == 1')).to.have.length(1);
  });

  it('knows what set_fact sets', () => {
    const text = '- hosts: all\n  tasks:\n    - set_fact: { made: 1 }\n    - command: "{{ made }}"\n';
    expect(checkNames({ playbook: playbookOf(text), inventory }).problems).to.deep.equal([]);
  });
});
