import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { parsePlaybook } from '../../lib/playbook/parse-playbook.ts';
import { walkTasks } from '../../lib/playbook/playbook.ts';
import { malformedPlaybooks } from './malformed-cases.ts';
import { testModules } from './modules.ts';

describe('parsePlaybook', () => {
  describe('malformed playbooks', () => {
    it('has its cases', () => {
      expect(malformedPlaybooks.length).to.be.at.least(20);
    });
    for (const { title, text, expected } of malformedPlaybooks) {
      it(title, () => {
        const { playbook, problems } = parsePlaybook({ text, file: 'p.yml', modules: testModules });
        const said = problems.map(
          ({ code, at, text: words }) => `${at?.line ?? 0}:${at?.column ?? 0} ${code} ${words}`,
        );
        expect(said).to.deep.equal(expected);
        expect(playbook).to.equal(undefined);
      });
    }
  });

  const parsed = (text: string) => {
    const { playbook, problems } = parsePlaybook({ text, file: 'p.yml', modules: testModules });
    expect(problems).to.deep.equal([]);
    if (!playbook) throw new Error('no playbook');
    return playbook;
  };

  it('reads every word of plays, blocks and tasks', () => {
    const playbook = parsed(readFileSync('test/data/playbooks/every-word.yml', 'utf8'));
    const [play] = playbook.plays;
    expect(playbook.flavour).to.equal('generic');
    expect(play?.hosts.source).to.equal('all:!db');
    expect(play?.keywords.serial.map((each) => each.source)).to.deep.equal([1, '10%']);
    const tasks = walkTasks(play?.tasks ?? []);
    expect(tasks.map((task) => [task.id, task.module])).to.deep.equal([
      ['1.1', 'command'],
      ['1.2', 'shell'],
      ['1.3', 'debug'],
      ['1.4', 'debug'],
      ['1.5', 'file'],
    ]);
    const [first] = tasks;
    expect(first?.register).to.equal('answer');
    expect(first?.loopVar).to.equal('thing');
    expect(first?.changedWhen?.map((each) => each.text)).to.deep.equal(['false']);
    expect(first?.keywords.tags).to.deep.equal(['one', 'two']);
    expect(first?.arguments.source).to.deep.equal({ chdir: '/tmp', cmd: 'echo "a=b" creates' });
    expect(tasks[4]?.arguments.source).to.deep.equal({ path: '/x y', state: 'absent' });
  });

  it('knows an upgrade playbook by undo and by the point of no return', () => {
    const undo = parsed('- hosts: all\n  tasks:\n    - command: a\n      undo:\n        command: b\n');
    expect(undo.flavour).to.equal('upgrade');
    const [task] = walkTasks(undo.plays[0]?.tasks ?? []);
    expect(task?.undo?.map((each) => [each.id, each.module])).to.deep.equal([['1.1.undo.1', 'command']]);
    expect(parsed('- hosts: all\n  tasks:\n    - command: a\n      point_of_no_return: true\n').flavour).to.equal(
      'upgrade',
    );
  });

  it('takes modules with and without ansible.builtin.', () => {
    const { plays } = parsed('- hosts: all\n  tasks:\n    - ansible.builtin.command: a\n');
    expect(walkTasks(plays[0]?.tasks ?? [])[0]?.module).to.equal('command');
  });

  it('reads booleans as YAML 1.1 does', () => {
    const { plays } = parsed('- hosts: all\n  become: yes\n  gather_facts: off\n');
    expect(plays[0]?.keywords.become?.source).to.equal(true);
    expect(plays[0]?.keywords.gatherFacts?.source).to.equal(false);
  });
});
