import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import { runCli } from '../../cli/cli.ts';
import { openListener, type Listener } from '../support/listener.ts';
import { testContext } from './support.ts';

const PLAYBOOK = `
- name: Site
  hosts: web
  vars:
    greeting: "hello {{ who | default('you') }} of {{ inventory_hostname }}"
    later: '{{ ansible_facts.hostname }}!'
  tasks:
    - name: say
      debug: { msg: '{{ greeting }}' }
    - command: echo {{ later }} {{ site }}
      register: out
      tags: asked
    - name: guarded
      block:
        - copy: { dest: '/etc/{{ item }}', content: '{{ out.stdout }}', mode: '{{ mode }}' }
          loop: ['a{{ number }}', b]
          when: out.rc == 0
          notify: again
      when: number > 0
    - name: hidden
      command: login {{ token }}
      no_log: true
    - debug: { msg: '{{ hostvars[groups.web[1]].number }} {{ ansible_password }} {{ gone }}' }
      run_once: true
      when: gone is defined
  handlers:
    - name: again
      command: again {{ hostvars.w2.out.rc }}
`;

const TEXT = `plan HASH: site.yml, generic
A task ends on every host of its play, or batch, before the next one begins.

play Site: w[1:2] (2 hosts)
  1.1 say [debug]
      on w1
        msg: hello you of w1
      on w2
        msg: hello you of w2
  1.2 command
      cmd: (known after facts) echo {{ later }} {{ site }}
  1.3 copy (in guarded)
      when: number > 0
      when: out.rc == 0
      on w1
        dest: (of each item) /etc/{{ item }}
        content: (known after facts) {{ out.stdout }}
        mode: 0644
        loop: ["a1","b"]
      on w2
        dest: (of each item) /etc/{{ item }}
        content: (known after facts) {{ out.stdout }}
        mode: 0644
        loop: ["a2","b"]
  1.4 hidden [command]
      ***
  1.5 debug, on w1
      when: gone is defined
      msg: (cannot be told: "gone" is not defined) {{ hostvars[groups.web[1]].number }} {{ ansible_password }} {{ gone }}
  handlers
    1.handler.1 again [command]
        cmd: (known after facts) again {{ hostvars.w2.out.rc }}
`;

describe('pgup plan', () => {
  let cwd: string;
  let listener: Listener;
  before(async () => {
    listener = await openListener();
    const host = `ansible_host=127.0.0.1 ansible_port=${listener.port} ansible_password=geheim`;
    cwd = mkdtempSync(join(tmpdir(), 'pgup-plan-'));
    writeFileSync(join(cwd, 'site.ini'), `[web]\nw1 number=1 ${host}\nw2 number=2 ${host}\n[web:vars]\nsite=x\n`);
    writeFileSync(
      join(cwd, 'fleet.ini'),
      `[deployments:children]\nparis\n[paris]\np1 ${host}\n[nautobot]\np1\n[postgresql]\np1\n[all:vars]\npgup_target='17'\n`,
    );
    writeFileSync(join(cwd, 'site.yml'), PLAYBOOK);
  });
  after(async () => {
    rmSync(cwd, { recursive: true });
    await listener.close();
    expect(listener.connections(), 'connections').to.equal(0);
  });

  async function plan(...argv: readonly string[]) {
    const context = testContext({ cwd });
    const exit = await runCli(['plan', ...argv], context);
    return { exit, out: context.out(), err: context.err() };
  }

  const SITE = ['-i', 'site.ini', 'site.yml', '-e', 'mode=0644', '-e', 'token=t0ken', '-e', '{"who": "you"}'];

  it('shows every task with its hosts and what is known of its arguments', async () => {
    const { exit, out, err } = await plan(...SITE);
    expect([exit, err]).to.deep.equal([0, '']);
    expect(out.replace(/plan [0-9a-f]{12}/, 'plan HASH')).to.equal(TEXT);
  });

  it('gives the same bytes for the same input', async () => {
    expect(await plan(...SITE, '--output', 'json')).to.deep.equal(await plan(...SITE, '--output', 'json'));
  });

  it('shows an upgrade per deployment, with undo and the point of no return', async () => {
    const { exit, out } = await plan('-i', 'fleet.ini');
    expect(exit).to.equal(0);
    expect(out).to.match(/^deployment paris: p1$/m);
    expect(out).to.match(
      /Stop the web servers \[nautobot_service\]\n.*\n.*\n {6}undo:\n {8}\d\.\d\.undo\.1 Start the web/,
    );
    expect(out).to.match(/^ {2}== point of no return: from here on nothing is put back ==$/m);
  });

  it('has the members as JSON that are documented, and no secret', async () => {
    const documented = readFileSync(resolve(import.meta.dirname, '../../../docs/plan.md'), 'utf8').split(
      '## `--output json`',
    )[1];
    const words = new Set(
      [...(documented ?? '').matchAll(/`([^`]+)`/g)].flatMap(([, text]) => text?.split(/\s+/) ?? []),
    );
    for (const argv of [SITE, ['-i', 'fleet.ini']]) {
      const { out } = await plan(...argv, '--output', 'json');
      expect(out).to.not.match(/geheim|login t0ken/);
      const members = new Set<string>();
      membersOf(JSON.parse(out), members);
      expect([...members].filter((name) => !words.has(name))).to.deep.equal([]);
    }
  });

  it('tells by path what is not known', async () => {
    const { out } = await plan(...SITE, '--output', 'json', '--limit', 'w2');
    const shown = JSON.parse(out) as { deployments: { plays: { tasks: { resolved?: unknown }[] }[] }[] };
    const [, , copy, hidden] = shown.deployments[0]!.plays[0]!.tasks;
    const unknown = { 'arguments.dest': '(of each item)', 'arguments.content': '(known after facts)' };
    const args = { dest: '(of each item)', content: '(known after facts)', mode: '0644' };
    expect(copy?.resolved).to.deep.equal([{ hosts: ['w2'], arguments: args, loop: ['a2', 'b'], unknown }]);
    expect(hidden).to.include({ arguments: '***' });
  });

  const refused: readonly (readonly [readonly string[], number, RegExp])[] = [
    [['-i', 'site.ini', 'site.yml'], 5, /^site\.yml:\d+:\d+: error\[undefined-name\]: nothing defines "mode"/m],
    [['site.yml'], 5, /no inventory is named/],
    [[...SITE, '--limit', 'w3'], 6, /--limit: "w3" matches no host/],
    [[...SITE, '--tags', 'akse'], 6, /--tags akse: no task has this tag/],
    [[...SITE, '--forks', '3'], 5, /unknown option: forks/],
  ];
  for (const [argv, exit, says] of refused) {
    it(`refuses ${argv.join(' ')} with ${exit}`, async () => {
      const found = await plan(...argv);
      expect([found.exit, found.out]).to.deep.equal([exit, '']);
      expect(found.err).to.match(says);
    });
  }
});

/** The names of members that the plan's own shape has: not those of the user's. */
function membersOf(value: unknown, found: Set<string>): void {
  if (Array.isArray(value)) for (const each of value) membersOf(each, found);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
  for (const [name, each] of Object.entries(value)) {
    found.add(name);
    if (!['variables', 'arguments', 'vars', 'loop', 'unknown', 'environment'].includes(name)) membersOf(each, found);
  }
}
