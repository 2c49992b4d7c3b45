import { expect } from 'chai';
import { walkTasks } from '../../lib/playbook/playbook.ts';
import { selectTasks, tagsOf, type Selection } from '../../lib/playbook/select-tasks.ts';
import { linesOf, playbookOf } from './support.ts';

const PLAYBOOK = `
- name: first
  hosts: all
  tasks:
    - { name: plain, debug: {} }
    - { name: one, debug: {}, tags: [a] }
    - { name: two, debug: {}, tags: 'a, b' }
    - { name: ever, debug: {}, tags: always }
    - { name: ever b, debug: {}, tags: [always, b] }
    - { name: nevermind, debug: {}, tags: never }
    - { name: seldom, debug: {}, tags: [never, debugging] }
    - name: a block
      tags: c
      block:
        - { name: inside, debug: {} }
        - { name: inside a, debug: {}, tags: a }
      rescue:
        - { name: saved, debug: {} }
      always:
        - { name: at last, debug: {}, tags: b }
        - debug:
  handlers:
    - { name: handled, debug: {}, tags: b }
- name: second
  hosts: all
  tags: d
  tasks:
    - { name: later, debug: {} }
    - { name: later a, debug: {}, tags: a }
`;

function chosen(given: Partial<Selection>): { tasks: string[]; facts: unknown[]; problems: readonly string[] } {
  const { playbook, problems } = selectTasks(playbookOf(PLAYBOOK), { tags: [], skipTags: [], ...given });
  return {
    tasks: playbook.plays
      .flatMap((play) => walkTasks(play.tasks))
      .map((task) => (typeof task.name?.source === 'string' ? task.name.source : task.module)),
    facts: playbook.plays.map((play) => play.keywords.gatherFacts?.source),
    problems: linesOf(problems),
  };
}

const IN_BLOCK = ['inside', 'inside a', 'saved', 'at last', 'debug'];

describe('selectTasks', () => {
  // what `ansible-playbook --list-tasks` of ansible-core 2.19 shows; the differential test asks it again
  const cases: readonly (readonly [string, Partial<Selection>, readonly string[]])[] = [
    ['nothing given', {}, ['plain', 'one', 'two', 'ever', 'ever b', ...IN_BLOCK, 'later', 'later a']],
    ['all', { tags: ['all'] }, ['plain', 'one', 'two', 'ever', 'ever b', ...IN_BLOCK, 'later', 'later a']],
    ['a tag', { tags: ['a'] }, ['one', 'two', 'ever', 'ever b', 'inside a', 'later a']],
    ['two tags', { tags: ['b', 'd'] }, ['two', 'ever', 'ever b', 'at last', 'later', 'later a']],
    ['a tag of a block', { tags: ['c'] }, ['ever', 'ever b', ...IN_BLOCK]],
    ['tagged', { tags: ['tagged'] }, ['one', 'two', 'ever', 'ever b', ...IN_BLOCK, 'later', 'later a']],
    ['untagged', { tags: ['untagged'] }, ['plain', 'ever', 'ever b']],
    ['never', { tags: ['never'] }, ['ever', 'ever b', 'nevermind', 'seldom']],
    ['a tag beside never', { tags: ['debugging'] }, ['ever', 'ever b', 'seldom']],
    ['a skipped tag', { skipTags: ['a'] }, ['plain', 'ever', 'ever b', 'inside', 'saved', 'at last', 'debug', 'later']],
    [
      'a skipped tag beside always',
      { skipTags: ['b'] },
      ['plain', 'one', 'ever', 'inside', 'inside a', 'saved', 'debug', 'later', 'later a'],
    ],
    ['always skipped', { skipTags: ['always'] }, ['plain', 'one', 'two', ...IN_BLOCK, 'later', 'later a']],
    ['tagged skipped', { skipTags: ['tagged'] }, ['plain']],
    ['untagged skipped', { skipTags: ['untagged'] }, ['one', 'two', 'ever', 'ever b', ...IN_BLOCK, 'later', 'later a']],
    ['all skipped', { skipTags: ['all'] }, ['ever', 'ever b']],
    ['one chosen, one skipped', { tags: ['a'], skipTags: ['b', 'always'] }, ['one', 'inside a', 'later a']],
  ];
  for (const [what, given, expected] of cases) {
    it(what, () => {
      expect(chosen(given)).to.deep.include({ tasks: expected, problems: [] });
    });
  }

  it('gathers facts whatever is chosen, but for plays with tags of their own', () => {
    expect(chosen({ tags: ['a'] }).facts).to.deep.equal([undefined, false]);
    expect(chosen({ tags: ['d'] }).facts).to.deep.equal([undefined, undefined]);
    expect(chosen({ skipTags: ['always'] }).facts).to.deep.equal([false, undefined]);
  });

  it('refuses tags that nothing has, and choices that leave nothing', () => {
    expect(chosen({ tags: ['a', 'debuging'], skipTags: ['alwais'] }).problems).to.deep.equal([
      'limit-empty --tags debuging: no task has this tag, did you mean "debugging"?',
      'limit-empty --skip-tags alwais: no task has this tag, did you mean "always"?',
    ]);
    expect(chosen({ tags: ['untagged'], skipTags: ['untagged', 'always'] }).problems).to.deep.equal([
      'limit-empty --tags untagged --skip-tags untagged,always leaves no task of the playbook',
    ]);
  });

  it('starts at a task: by name, by pattern, by module, inside blocks and their always', () => {
    expect(chosen({ startAtTask: 'inside a' }).tasks).to.deep.equal([
      'inside a',
      'saved',
      'at last',
      'debug',
      'later',
      'later a',
    ]);
    expect(chosen({ startAtTask: 'late*' })).to.deep.include({
      tasks: ['later', 'later a'],
      facts: [false, undefined],
    });
    expect(chosen({ startAtTask: 'debug' }).tasks).to.deep.equal(['debug', 'later', 'later a']);
    expect(chosen({ startAtTask: 'inside', tags: ['a', 'c'] }).tasks).to.deep.equal([...IN_BLOCK, 'later a']);
  });

  it('refuses to start where there is nothing to start at', () => {
    expect(chosen({ startAtTask: 'insied' }).problems).to.deep.equal([
      'usage --start-at-task "insied": no task is called that, did you mean "inside"?',
    ]);
    expect(chosen({ startAtTask: 'inside', tags: ['a'] }).problems).to.deep.equal([
      'usage --start-at-task "inside": the tags that were chosen leave that task out',
    ]);
    expect(chosen({ startAtTask: 'saved' }).problems).to.deep.equal([
      'usage --start-at-task "saved": a task of a "rescue" is no start',
    ]);
    expect(chosen({ startAtTask: 'handled' }).problems).to.have.length(1);
  });

  it('refuses to do part of an upgrade', () => {
    const upgrade = playbookOf('- hosts: all\n  tasks:\n    - { command: x, tags: a, undo: { command: y } }\n');
    const { problems } = selectTasks(upgrade, { tags: ['a'], skipTags: [], startAtTask: 'x' });
    expect(linesOf(problems)).to.deep.equal([
      'usage --tags a --start-at-task "x" is for generic playbooks: an upgrade is done whole or put back; "pgup resume" goes on where a run stopped',
    ]);
    expect(selectTasks(upgrade, { tags: ['all'], skipTags: [] }).problems).to.deep.equal([]);
  });

  it('lists the tags of a playbook', () => {
    expect(tagsOf(playbookOf(PLAYBOOK))).to.deep.equal(['a', 'b', 'always', 'never', 'debugging', 'c', 'd']);
  });
});
