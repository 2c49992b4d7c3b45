import { expect } from 'chai';
import { contentShape } from '../../lib/playbook/plan-shape.ts';
import { linesOf, planned, planOf } from './support.ts';

const UPGRADE = `
- name: Stop
  hosts: nautobot
  tags: stop
  tasks:
    - command: stop {{ site }}
      undo:
        command: start
- name: Upgrade
  hosts: postgresql
  tasks:
    - name: ask
      command: version
      register: answer
    - name: decide
      block:
        - command: upgrade {{ answer.stdout }}
          point_of_no_return: true
      rescue:
        - debug: { msg: '{{ ansible_facts.os }}' }
      when: answer.rc == 0
`;

describe('makePlan', () => {
  it('resolves the hosts of every play of an upgrade by deployment', () => {
    const plan = planOf(UPGRADE);
    expect(plan.flavour).to.equal('upgrade');
    expect(plan.deployments.map((each) => [each.name, each.hosts, each.plays.map((play) => play.hosts)])).to.deep.equal(
      [
        ['berlin', ['b-app', 'b-db'], [['b-app'], ['b-db']]],
        ['paris', ['p-app', 'p-db'], [['p-app'], ['p-db']]],
      ],
    );
  });

  it('lists tasks with their blocks, tags, conditions, undo, and what only the run can tell', () => {
    const [berlin] = planOf(UPGRADE).deployments;
    const tasks = berlin?.plays.flatMap((play) => play.tasks) ?? [];
    expect(
      tasks.map(({ id, within, tags, when, learned, pointOfNoReturn, undo }) => [
        id,
        within,
        tags,
        when.map((each) => each.text),
        learned,
        pointOfNoReturn,
        undo.map((each) => each.id),
      ]),
    ).to.deep.equal([
      ['1.1', [], ['stop'], [], [], false, ['1.1.undo.1']],
      ['2.1', [], [], [], [], false, []],
      ['2.2', ['decide'], [], ['answer.rc == 0'], ['answer'], true, []],
      ['2.3', ['decide (rescue)'], [], ['answer.rc == 0'], ['ansible_facts', 'answer'], false, []],
    ]);
  });

  it('keeps the tasks that the engine walks', () => {
    const play = planOf(UPGRADE).deployments[0]?.plays[0];
    expect(play?.tasks[0]?.task).to.equal(play?.play.tasks[0]);
  });

  it('takes whole deployments by --limit', () => {
    expect(planOf(UPGRADE, 'paris').deployments.map((each) => each.name)).to.deep.equal(['paris']);
  });

  it('refuses half a deployment and names the hosts left out', () => {
    expect(linesOf(planned(UPGRADE, 'b-db:paris').problems)).to.deep.equal([
      'limit-partial --limit b-db:paris takes only part of deployment "berlin": it leaves out b-app',
    ]);
  });

  it('says it where a limit matches nothing', () => {
    expect(linesOf(planned(UPGRADE, 'rome').problems)).to.deep.equal([
      'limit-empty --limit: "rome" matches no host and no group',
    ]);
    expect(linesOf(planned(UPGRADE, 'berlin:!berlin').problems)).to.deep.equal([
      'limit-empty --limit berlin:!berlin takes no host of any deployment',
    ]);
  });

  it('makes one entry of a generic playbook, and cuts its hosts to the limit', () => {
    const text =
      '- hosts: nautobot\n  tasks:\n    - command: a\n- hosts: b-db\n  tasks:\n    - command: b\n      run_once: true\n';
    expect(planOf(text).deployments.map((each) => [each.name, each.hosts])).to.deep.equal([
      ['all', ['b-app', 'b-db', 'p-app']],
    ]);
    expect(planOf(text, 'berlin').deployments[0]?.plays.map((each) => each.hosts)).to.deep.equal([['b-app'], ['b-db']]);
    expect(linesOf(planned(text, 'p-db').problems)).to.deep.equal([
      'limit-empty --limit p-db leaves no host for any play of the playbook',
    ]);
  });

  it('locates an unknown group in hosts', () => {
    expect(linesOf(planned('- hosts: nautobots\n').problems)).to.deep.equal([
      '1:10 pattern "nautobots" matches no host and no group, did you mean "nautobot"?',
    ]);
  });

  it('does not pass over a playbook that is for no host', () => {
    expect(linesOf(planned('- hosts: docker\n  tasks: [command: a]\n').problems)).to.deep.equal([
      '1:10 pattern no play of the playbook is for any host of the inventory',
    ]);
  });

  it('renders expressions in hosts from play variables', () => {
    expect(planOf("- hosts: '{{ where }}'\n  vars: { where: paris }\n").deployments[0]?.hosts).to.deep.equal([
      'p-app',
      'p-db',
    ]);
  });

  describe('hash', () => {
    const hash = (text: string, limit?: string): string => planOf(text, limit).hash;
    it('is the same for the same plan, wherever comments stand', () => {
      expect(hash(UPGRADE))
        .to.equal(hash(`# hello\n${UPGRADE}`))
        .and.to.match(/^[0-9a-f]{64}$/);
    });
    for (const [what, text] of [
      ['an argument', UPGRADE.replace('command: start', 'command: restart')],
      ['a condition', UPGRADE.replace('answer.rc == 0', 'answer.rc == 1')],
      ['a word', UPGRADE.replace('register: answer', 'register: answer\n      become: true')],
      ['the hosts', UPGRADE.replace('hosts: postgresql', 'hosts: all')],
    ] as const) {
      it(`changes with ${what}`, () => {
        expect(text).to.not.equal(UPGRADE);
        expect(hash(text)).to.not.equal(hash(UPGRADE));
      });
    }
    it('changes with the limit', () => {
      expect(hash(UPGRADE, 'paris')).to.not.equal(hash(UPGRADE));
    });
  });

  it('has a shape that is plain JSON', () => {
    const plan = planOf(UPGRADE);
    const shape = contentShape(plan);
    expect(JSON.parse(JSON.stringify(shape))).to.deep.equal(shape);
    expect(shape).to.nested.include({ 'deployments[0].plays[1].tasks[1].point_of_no_return': true });
    expect(shape).to.have.nested.property('deployments[0].plays[1].tasks[1].needs').that.deep.equals(['answer']);
  });
});
