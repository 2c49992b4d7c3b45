import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { runCli } from '../../cli/cli.ts';
import { testContext } from './support.ts';

const PLAYBOOK = `- name: Site
  hosts: web
  tags: [base]
  tasks:
    - name: say
      debug: { msg: hi }
      tags: [b, a]
    - block:
        - command: 'true'
      tags: c
- hosts: [db, web]
  tasks:
    - debug: { msg: x }
`;

/** What ansible-playbook of ansible-core 2.19.4 prints, but for the order of hosts, which it takes from a set. */
const ALL = `
playbook: site.yml

  play #1 (web): Site\tTAGS: [base]
    pattern: ['web']
    hosts (2):
      w1
      w2
    tasks:
      say\tTAGS: [a, b, base]
      command\tTAGS: [base, c]
      TASK TAGS: [a, b, base, c]

  play #2 (db,web): db,web\tTAGS: []
    pattern: ['db', 'web']
    hosts (3):
      d1
      w1
      w2
    tasks:
      debug\tTAGS: []
      TASK TAGS: []
`;

describe('pgup run that only lists', () => {
  let cwd: string;
  before(() => {
    cwd = mkdtempSync(join(tmpdir(), 'pgup-listing-'));
    writeFileSync(join(cwd, 'site.ini'), '[web]\nw[1:2]\n[db]\nd1\n');
    writeFileSync(join(cwd, 'site.yml'), PLAYBOOK);
    writeFileSync(
      join(cwd, 'fleet.ini'),
      "[deployments:children]\nparis\nrome\n[paris]\np1\n[rome]\nr1\n[nautobot]\np1\nr1\n[postgresql]\np1\nr1\n[all:vars]\npgup_target='17'\n",
    );
  });
  after(() => {
    rmSync(cwd, { recursive: true });
  });

  /** There is nobody at these hosts: whatever connected would end with 4. */
  async function run(...argv: readonly string[]) {
    const context = testContext({ cwd });
    const exit = await runCli(['run', ...argv], context);
    return { exit, out: context.out(), err: context.err() };
  }

  it('hosts, tasks and tags, as Ansible prints them', async () => {
    const found = await run('-i', 'site.ini', 'site.yml', '--list-hosts', '--list-tasks', '--list-tags');
    expect(found).to.deep.equal({ exit: 0, out: ALL, err: '' });
  });

  it('what the other options leave', async () => {
    const { out } = await run('-i', 'site.ini', 'site.yml', '--list-hosts', '--list-tasks', '-l', 'w2', '--tags', 'a');
    expect(out).to.equal(
      ['', 'playbook: site.yml', '', '  play #1 (web): Site\tTAGS: [base]', "    pattern: ['web']", '    hosts (1):']
        .concat(['      w2', '    tasks:', '      say\tTAGS: [a, b, base]', ''])
        .concat(['  play #2 (db,web): db,web\tTAGS: []', "    pattern: ['db', 'web']", '    hosts (1):', '      w2'])
        .concat(['    tasks:', ''])
        .join('\n'),
    );
  });

  it('the hosts of an upgrade, of all deployments or of those within the limit', async () => {
    const all = await run('-i', 'fleet.ini', '--list-hosts');
    expect(all.out).to.contain(
      "(all): 2 Stop PostgreSQL\tTAGS: []\n    pattern: ['all']\n    hosts (2):\n      p1\n      r1\n",
    );
    const one = await run('-i', 'fleet.ini', '--list-hosts', '--limit', 'rome');
    expect(one.out).to.contain('hosts (1):\n      r1\n').and.to.not.contain('p1');
  });

  it('that nothing is wrong, with or without an inventory', async () => {
    const fine = { exit: 0, out: '\nplaybook: site.yml\n', err: '' };
    expect(await run('site.yml', '--syntax-check')).to.deep.equal(fine);
    expect(await run('-i', 'site.ini', 'site.yml', '--syntax-check')).to.deep.equal(fine);
    writeFileSync(join(cwd, 'bad.yml'), '- hosts: web\n  tasks:\n    - comand: x\n');
    for (const more of [[], ['-i', 'site.ini']]) {
      const { exit, out, err } = await run('bad.yml', '--syntax-check', ...more);
      expect([exit, out]).to.deep.equal([5, '']);
      expect(err).to.match(/^bad\.yml:3:7: error\[unknown-module\]/);
    }
  });
});
