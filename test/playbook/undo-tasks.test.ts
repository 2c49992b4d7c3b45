import { expect } from 'chai';
import { inheritPlay } from '../../lib/playbook/inherit.ts';
import { walkTasks } from '../../lib/playbook/playbook.ts';
import { undoTasksOf } from '../../lib/playbook/undo-tasks.ts';
import { playbookOf } from './support.ts';

const PLAYBOOK = `- hosts: all
  become_user: postgres
  environment: { A: play }
  vars: { of: play, who: play }
  tasks:
    - block:
        - command: forward
          become_method: su
          ignore_errors: true
          when: who == 1
          vars: { who: task }
          undo:
            - command: first
            - { command: second, become_user: nautobot, no_log: false, environment: { B: undo }, vars: { who: undo } }
      no_log: true
      vars: { inside: block }
- hosts: all
  vars: { later: play }
  tasks: []
`;

describe('undoTasksOf', () => {
  const { plays } = playbookOf(PLAYBOOK);
  const [forward] = walkTasks(inheritPlay(plays[0]!).tasks);
  const [first, second] = undoTasksOf(forward!, plays);

  it('gives them the user, the environment, the variables and the secrecy of what they take back', () => {
    const { keywords } = first!;
    expect(keywords.becomeUser?.source).to.equal('postgres');
    expect(keywords.becomeMethod?.source).to.equal('su');
    expect(keywords.noLog?.source).to.equal(true);
    expect(keywords.environment.map(({ source }) => source)).to.deep.equal([{ A: 'play' }]);
    expect([...keywords.vars].map(([name, { source }]) => [name, source])).to.deep.equal([
      ['of', 'play'],
      ['who', 'task'],
      ['later', 'play'],
      ['inside', 'block'],
    ]);
  });

  it('lets them say otherwise', () => {
    const { keywords } = second!;
    expect(keywords.becomeUser?.source).to.equal('nautobot');
    expect(keywords.noLog?.source).to.equal(false);
    expect(keywords.environment.map(({ source }) => source)).to.deep.equal([{ A: 'play' }, { B: 'undo' }]);
    expect(keywords.vars.get('who')?.source).to.equal('undo');
  });

  it('leaves its conditions and its pardon behind', () => {
    expect(first!.when).to.deep.equal([]);
    expect(first!.keywords.ignoreErrors).to.equal(undefined);
  });
});
