import { expect } from 'chai';
import { PgupError } from '../../lib/errors.ts';
import { runEngine, type EngineRun } from './engine-support.ts';
import { fakeFleet, type Answer } from './fake-host.ts';

/*
 * What generic playbooks do to real hosts is compared with Ansible in test/differential. Here is what pgup does
 * otherwise, and what hosts cannot be made to do at a chosen moment.
 */

const INVENTORY = 'h1\nh2\nh3\nh4\n';

const lost = (): PgupError => new PgupError('connection-lost', 'the line was lost');
const gone = (): PgupError => new PgupError('unreachable', 'no route');

function play(words: string, tasks = '', name = 'first'): string {
  return `- name: ${name}\n  hosts: all\n  gather_facts: false\n${words}  tasks:\n    - act: { what: one }\n    - act: { what: two }\n${tasks}`;
}

const run = (
  playbook: string,
  answer: (host: string, command: string) => Answer,
  more = {},
): Promise<EngineRun & { log: readonly string[] }> => {
  const fleet = fakeFleet(answer);
  return runEngine({ playbook, fleet, inventory: INVENTORY, ...more }).then((ended) => ({ ...ended, log: fleet.log }));
};

const failing =
  (what: string, ...hosts: readonly string[]) =>
  (answer: () => Answer) =>
  (host: string, command: string): Answer =>
    command === what && hosts.includes(host) ? answer() : 0;

describe('a generic playbook', () => {
  it('goes on with the hosts that are left, and ends as the worst of them did', async () => {
    const failed = await run(
      play(''),
      failing('one', 'h2')(() => 1),
    );
    expect(failed.exitCode).to.equal(2);
    expect(failed.log).to.include.members(['h1: two', 'h3: two', 'h4: two']).and.not.include('h2: two');
    const unreachable = await run(play(''), failing('one', 'h2', 'h3')(gone));
    expect(unreachable.exitCode).to.equal(4);
    expect(unreachable.recap.deployments[0]?.summary).to.contain('2 of 4 hosts');
  });

  it('never sends again what was on its way when the line was lost, and says what it does not know', async () => {
    const ended = await run(play(''), failing('one', 'h1')(lost));
    expect(ended.log.filter((line) => line === 'h1: one')).to.have.length(1);
    expect(ended.log).to.not.include('h1: two');
    expect(ended.exitCode).to.equal(4);
    expect(ended.recap.deployments[0]?.outcome).to.equal('unknown');
  });

  it('counts hosts that are not reached for max_fail_percentage', async () => {
    const words = '  max_fail_percentage: 25\n';
    const within = await run(play(words), failing('one', 'h1')(gone));
    expect(within.log).to.include('h2: two');
    const beyond = await run(play(words), failing('one', 'h1', 'h2')(gone));
    expect(beyond.log.filter((line) => line.endsWith('two'))).to.deep.equal([]);
  });

  it('begins no further batch where max_fail_percentage was passed, unreachable hosts counted', async () => {
    const ended = await run(play('  serial: 2\n  max_fail_percentage: 10\n'), failing('one', 'h1')(gone));
    expect(ended.log).to.not.include('h3: one');
  });

  it('ends for all where one is not reached and any_errors_fatal is set', async () => {
    const ended = await run(
      `${play('  serial: 2\n  any_errors_fatal: true\n')}${play('', '', 'second')}`,
      failing('one', 'h1')(gone),
    );
    expect(ended.log).to.deep.equal(['h1: one', 'h2: one']);
  });

  it('goes on batch by batch while some of a batch are left, as Ansible does', async () => {
    const ended = await run(
      play('  serial: 2\n'),
      failing('one', 'h1')(() => 1),
    );
    expect(ended.log).to.include.members(['h2: two', 'h3: two', 'h4: two']);
    const all = await run(
      play('  serial: 2\n'),
      failing('one', 'h1', 'h2')(() => 1),
    );
    expect(all.log).to.not.include('h3: one');
  });

  it('takes --serial in the place of what plays say, and --max-failures for hosts', async () => {
    const rolling = { serial: ['1', '50%'], maxFailures: '0' };
    const ended = await run(
      play('  serial: 4\n'),
      failing('one', 'h2')(() => 1),
      { rolling },
    );
    expect(ended.log).to.deep.equal(['h1: one', 'h1: two', 'h2: one', 'h3: one', 'h3: two']);
  });

  it('starts nothing more once it is interrupted', async () => {
    const stop = new AbortController();
    const ended = await run(play(''), (_host, command) => (command === 'one' && stop.abort(), 0), {
      stop: stop.signal,
    });
    expect(ended.log.some((line) => line.endsWith('two'))).to.be.false;
    expect(ended.exitCode).to.equal(130);
  });

  it('runs handlers only on hosts that are still in the play', async () => {
    const tasks = '    - act: { what: three }\n  handlers:\n    - { name: told, act: { what: told } }\n';
    const text = play('', tasks).replace('act: { what: one }', 'act: { what: one }\n      notify: told');
    const ended = await run(
      text,
      failing('three', 'h4')(() => 1),
    );
    expect(ended.log.filter((line) => line.endsWith('told'))).to.have.members(['h1: told', 'h2: told', 'h3: told']);
  });

  it('says, journals and shows nothing of a task with no_log', async () => {
    const text = play(
      '',
      "    - act: { what: 'secret words' }\n      no_log: true\n      register: r\n    - act: { what: 'rc {{ r.rc }}' }\n",
    );
    const ended = await run(
      text,
      failing('secret words', 'h1')(() => 1),
    );
    expect(ended.log).to.include('h2: secret words').and.include('h2: rc 0');
    expect(JSON.stringify([ended.events, ended.journal])).to.not.contain('secret words');
    expect(ended.exitCode).to.equal(2);
  });
});
