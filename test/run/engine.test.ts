import { expect } from 'chai';
import { PgupError } from '../../lib/errors.ts';
import type { EventName } from '../../lib/events.ts';
import { runEngine, type EngineRun } from './engine-support.ts';
import { fakeFleet, type FakeFleet, type FakeState } from './fake-host.ts';

const outcomeOf = ({ recap }: EngineRun) => recap.deployments[0]?.outcome;
/** What was sent to hosts, without what is asked and written of the marker. */
const workOf = ({ log }: FakeFleet) =>
  log.map((line) => line.split(': ')[1]).filter((command) => !command?.includes('the marker'));
const said = (run: EngineRun, type: EventName) => run.events.filter((event) => event.type === type);

/** Three steps that can be taken back, the marker, and one step behind it. */
const UPGRADE = `
- name: Claim
  hosts: all
  tasks:
    - claim:
- name: Work
  hosts: all
  tasks:
    - act: { what: one }
      undo: { act: { what: undo one } }
    - act: { what: two }
      undo: { act: { what: undo two } }
- name: Database
  hosts: postgresql
  tasks:
    - look: { what: three }
      undo: { act: { what: undo three } }
    - pass: { what: doors }
      point_of_no_return: true
    - act: { what: four }
- name: End
  hosts: all
  tasks:
    - release:
`;

describe('the engine', () => {
  it('begins a task nowhere before the one before it has ended everywhere', async () => {
    const fleet = fakeFleet((_host, command) => (command.startsWith('look') ? 1 : 0));
    const run = await runEngine({ playbook: UPGRADE, fleet });
    expect(run.exitCode).to.equal(0);
    const order = fleet.log.map((line) => line.split(': ')[1]);
    expect(order.slice(0, 6)).to.deep.equal(['one', 'one', 'one', 'two', 'two', 'two']);
    const rest = order.slice(6).filter((command) => !command?.includes('marker'));
    expect(rest).to.deep.equal(['look three', 'three', 'doors', 'four']);
    expect(outcomeOf(run)).to.equal('done');
  });

  it('writes each intent down before the step and each outcome after it', async () => {
    const run = await runEngine({ playbook: UPGRADE, fleet: fakeFleet() });
    const steps = run.journal.filter(({ kind }) => kind === 'step-intent' || kind === 'step-outcome');
    for (const host of ['app1', 'app2', 'db1']) {
      const kinds = steps.filter((entry) => 'host' in entry && entry.host === host).map(({ kind }) => kind);
      expect(kinds.filter((_, index) => index % 2 === 0)).to.not.include('step-outcome');
      expect(kinds.filter((_, index) => index % 2 === 1)).to.not.include('step-intent');
    }
  });

  it('puts back what was done, newest first, and only where it was done', async () => {
    const fleet = fakeFleet((host, command) => (command === 'two' && host === 'app2' ? 1 : 0));
    const run = await runEngine({ playbook: UPGRADE, fleet });
    expect(run.exitCode).to.equal(7);
    expect(outcomeOf(run)).to.equal('rolled-back');
    const undone = fleet.log.filter((line) => line.includes('undo'));
    expect(undone.map((line) => line.split(': ')[1])).to.deep.equal([
      ...Array<string>(3).fill('undo two'),
      ...Array<string>(3).fill('undo one'),
    ]);
    expect(fleet.log.some((line) => line.includes('three'))).to.be.false;
    expect(said(run, 'letter')[0]).to.include({ code: 'rolled-back' });
  });

  it('holds after the point of no return, undoes nothing, and names the command that goes on', async () => {
    const fleet = fakeFleet((_host, command) => (command === 'four' ? 1 : 0));
    const run = await runEngine({ playbook: UPGRADE, fleet });
    expect(run.exitCode).to.equal(2);
    expect(outcomeOf(run)).to.equal('held');
    expect(fleet.log.filter((line) => line.includes('undo'))).to.deep.equal([]);
    expect(JSON.stringify(said(run, 'letter')[0])).to.contain('pgup resume r1');
  });

  const lostMarker: readonly (readonly [string, number | PgupError, string])[] = [
    ['is not there: puts back', 0, 'rolled-back'],
    ['cannot be read: holds', 1, 'held'],
    ['cannot be asked for: holds', new PgupError('unreachable', 'gone'), 'held'],
  ];
  for (const [what, answer, outcome] of lostMarker) {
    it(`whose marker's writing failed, and which on the host ${what}`, async () => {
      const fleet = fakeFleet((_host, command) => {
        if (command === 'write the marker') return 1;
        return command === 'read the marker' ? answer : 0;
      });
      expect(outcomeOf(await runEngine({ playbook: UPGRADE, fleet }))).to.equal(outcome);
    });
  }

  it('reads and decides afresh when the answer to a change was lost, and never sends it again unseen', async () => {
    // The change did happen: asked afterwards, the host says so.
    const fleet = fakeFleet((_host, command, times) => {
      if (command === 'look three') return times === 1 ? 1 : 0;
      return command === 'three' ? 'unknown' : 0;
    });
    const run = await runEngine({ playbook: UPGRADE, fleet });
    expect(outcomeOf(run)).to.equal('done');
    expect(fleet.log.filter((line) => line === 'db1: three')).to.have.length(1);
    expect(fleet.log.filter((line) => line === 'db1: look three')).to.have.length(2);
  });

  for (const code of ['connection-lost', 'unreachable', 'deadline'] as const) {
    it(`undoes nothing where the line stays lost (${code}): what runs on the host goes on`, async () => {
      const lost = new PgupError(code, 'the line is lost');
      const fleet = fakeFleet((_host, command) => (command === 'look three' ? lost : 0));
      const run = await runEngine({ playbook: UPGRADE, fleet });
      expect(run.exitCode).to.equal(4);
      expect(outcomeOf(run)).to.equal('unknown');
      expect(fleet.log.filter((line) => line.includes('undo'))).to.deep.equal([]);
      expect(JSON.stringify(said(run, 'letter')[0])).to.contain('pgup resume r1');
    });
  }

  it('puts back every host that answers, says that another was not reached, and keeps the hosts for going on', async () => {
    const fleet = fakeFleet((host, command) => {
      if (command === 'three') return 1;
      if (command === 'look three') return 1;
      return command.startsWith('undo') && host === 'app1' ? new PgupError('unreachable', 'gone') : 0;
    });
    const run = await runEngine({ playbook: UPGRADE, fleet });
    expect(outcomeOf(run)).to.equal('unknown');
    expect(run.exitCode).to.equal(4);
    expect(fleet.log).to.include.members(['app2: undo one', 'db1: undo one', 'db1: undo three']);
    expect(fleet.log).to.not.include('app1: undo one');
    expect(JSON.stringify(said(run, 'letter')[0])).to.match(/not reached: app1.*pgup resume r1/);
    expect(run.journal.some(({ kind }) => kind === 'released')).to.be.false;
  });

  it('stops where an undo fails on a host that answers, keeps the lock, and says so', async () => {
    const fleet = fakeFleet((_host, command) =>
      command === 'three' || command.startsWith('look') ? 1 : command === 'undo two' ? 1 : 0,
    );
    const run = await runEngine({ playbook: UPGRADE, fleet });
    expect(run.exitCode).to.equal(2);
    expect(outcomeOf(run)).to.equal('undo-failed');
    expect(fleet.log.some((line) => line.includes('undo one'))).to.be.false;
    expect(run.journal.some(({ kind }) => kind === 'released')).to.be.false;
  });

  it('sends nothing under --check, shows every step and everything in the way', async () => {
    const fleet = fakeFleet((_host, command) => (command.startsWith('look') ? 1 : 0));
    const run = await runEngine({ playbook: UPGRADE, fleet, check: true });
    expect(run.exitCode).to.equal(3);
    expect(fleet.log).to.deep.equal(['db1: look three']);
    expect(run.journal).to.deep.equal([]);
  });

  it('stops before anything changes where something is in the way', async () => {
    const playbook = UPGRADE.replace('    - claim:', '    - obstruct: { what: standby }\n    - claim:');
    const fleet = fakeFleet();
    const run = await runEngine({ playbook, fleet });
    expect(run.exitCode).to.equal(2);
    expect(outcomeOf(run)).to.equal('blocked');
    expect(fleet.log).to.deep.equal([]);
    expect(said(run, 'finding')).to.have.length(3);
  });

  it('does no more where a module says that it is enough', async () => {
    const playbook = UPGRADE.replace('    - claim:', '    - enough: { what: all is so already }\n    - claim:');
    const fleet = fakeFleet();
    const run = await runEngine({ playbook, fleet });
    expect(run.exitCode).to.equal(0);
    expect(outcomeOf(run)).to.equal('nothing');
    expect(fleet.log).to.deep.equal([]);
  });

  for (const [seconds, outcome] of [
    ['-1', 'rolled-back'],
    ['600', 'done'],
  ] as const) {
    it(`is ${outcome} where the window may last ${seconds} s`, async () => {
      const playbook = UPGRADE.replace(
        '    - act: { what: one }',
        `    - limit: { what: "${seconds}" }\n    - act: { what: one }`,
      );
      const run = await runEngine({ playbook, fleet: fakeFleet() });
      expect(outcomeOf(run)).to.equal(outcome);
    });
  }

  it('goes back when it is interrupted before the window', async () => {
    const fleet = fakeFleet();
    const stop = new AbortController();
    const run = await runEngine({
      playbook: UPGRADE,
      fleet: { ...fleet, open: (host) => (stop.abort(), fleet.open(host)) },
      stop: stop.signal,
    });
    expect(run.exitCode).to.equal(130);
    expect(fleet.log).to.deep.equal([]);
  });

  it('lets go at once when it is interrupted twice: no further task, nothing put back, still locked, says how to go on', async () => {
    const park = new AbortController();
    const fleet = fakeFleet((_host, command) => {
      if (command === 'one') park.abort();
      return 0;
    });
    const run = await runEngine({ playbook: UPGRADE, fleet, park: park.signal });
    expect(outcomeOf(run)).to.equal('unknown');
    expect(
      fleet.log.some((line) => /two|three|undo/.test(line)),
      fleet.log.join(),
    ).to.be.false;
    expect(run.journal.some(({ kind }) => kind === 'released')).to.be.false;
    const letter = said(run, 'letter')[0];
    expect(letter).to.include({ code: 'interrupted' });
    expect(JSON.stringify(letter)).to.contain('to go on: pgup resume r1');
  });
});

/** A run whose line to the database host was lost for good in the middle. */
const cutShort = async () => {
  const lost = new PgupError('connection-lost', 'the line is lost');
  const fleet = fakeFleet((_host, command) => (command === 'look three' ? lost : 0));
  return { ...(await runEngine({ playbook: UPGRADE, fleet })), states: fleet.states };
};

/** A holder's silence in seconds, of three hosts: as it is found, as it is when that is looked at, and from then on. */
function silences(found: number, then: number): () => number {
  let read = 0;
  return () => {
    read += 1;
    return read > 6 ? then : found;
  };
}

describe('a run that goes on', () => {
  it('leaves alone what was done, and does the rest', async () => {
    const first = await cutShort();
    const fleet = fakeFleet((_host, command) => (command.startsWith('look') ? 1 : 0), first.states);
    const run = await runEngine({ playbook: UPGRADE, fleet, before: first.journal });
    expect(outcomeOf(run)).to.equal('done');
    expect(workOf(fleet)).to.deep.equal(['look three', 'three', 'doors', 'four']);
  });

  it('goes on where nothing but the hosts is left to say what was done', async () => {
    const first = await cutShort();
    const fleet = fakeFleet((_host, command) => (command.startsWith('look') ? 1 : 0), first.states);
    const run = await runEngine({ playbook: UPGRADE, fleet, before: [], owner: 'another controller' });
    expect(outcomeOf(run)).to.equal('done');
    expect(workOf(fleet)).to.deep.equal(['look three', 'three', 'doors', 'four']);
    expect(run.journal.some((entry) => entry.kind === 'step-intent' && entry.says === 'one')).to.be.true;
  });

  it('goes back on request, with what the first controller had done', async () => {
    const first = await cutShort();
    const fleet = fakeFleet(undefined, first.states);
    const run = await runEngine({ playbook: UPGRADE, fleet, before: first.journal, rollback: true });
    expect(outcomeOf(run)).to.equal('rolled-back');
    expect(workOf(fleet)).to.deep.equal([...Array<string>(3).fill('undo two'), ...Array<string>(3).fill('undo one')]);
  });

  it('goes back where nothing but the hosts is left to say what was done', async () => {
    const first = await cutShort();
    const fleet = fakeFleet(undefined, first.states);
    const run = await runEngine({ playbook: UPGRADE, fleet, before: [], rollback: true, owner: 'another controller' });
    expect(outcomeOf(run)).to.equal('rolled-back');
    expect(workOf(fleet)).to.deep.equal([...Array<string>(3).fill('undo two'), ...Array<string>(3).fill('undo one')]);
  });

  it('is refused the way back after the point of no return', async () => {
    const failing = fakeFleet((_h, command) => (command === 'four' ? 1 : 0));
    const first = await runEngine({ playbook: UPGRADE, fleet: failing });
    const fleet = fakeFleet(undefined, failing.states);
    const run = await runEngine({ playbook: UPGRADE, fleet, before: first.journal, rollback: true });
    expect(outcomeOf(run)).to.equal('held');
    expect(workOf(fleet)).to.deep.equal([]);
  });

  it('does nothing for a deployment that ended well', async () => {
    const first = await runEngine({ playbook: UPGRADE, fleet: fakeFleet() });
    const fleet = fakeFleet();
    const run = await runEngine({ playbook: UPGRADE, fleet, before: first.journal });
    expect(run.recap.deployments[0]).to.include({ outcome: 'done', summary: 'ended before: every task ended well' });
    expect(fleet.log).to.deep.equal([]);
  });

  it('is refused where a host was let go of by another controller since', async () => {
    const first = await cutShort();
    const other = fakeFleet((_host, command) => (command.startsWith('look') ? 1 : 0), first.states);
    await runEngine({ playbook: UPGRADE, fleet: other, before: first.journal, owner: 'another controller' });
    const fleet = fakeFleet(undefined, first.states);
    const run = await runEngine({ playbook: UPGRADE, fleet, before: first.journal });
    expect(outcomeOf(run)).to.equal('handed-over');
    expect(run.exitCode).to.equal(2);
    expect(fleet.log).to.deep.equal([]);
    expect(JSON.stringify(said(run, 'letter')[0])).to.contain('let go of by another controller');
  });

  it('has not ended where it could not be taken over: that is tried again', async () => {
    const first = await cutShort();
    const away = fakeFleet(undefined, first.states);
    const gone = (host: string) => Promise.reject(new PgupError('unreachable', `${host} is away`, { host }));
    const refused = await runEngine({
      playbook: UPGRADE,
      fleet: { ...away, open: (host) => (host === 'app1' ? gone(host) : away.open(host)) },
      before: [],
    });
    expect(outcomeOf(refused)).to.equal('unreachable');
    expect(refused.exitCode).to.equal(4);
    expect(away.log).to.deep.equal([]);
    const fleet = fakeFleet((_host, command) => (command.startsWith('look') ? 1 : 0), first.states);
    const run = await runEngine({ playbook: UPGRADE, fleet, before: refused.journal });
    expect(outcomeOf(run)).to.equal('done');
    expect(workOf(fleet)).to.deep.equal(['look three', 'three', 'doors', 'four']);
  });

  for (const [how, silence, takeOver, outcome] of [
    ['lives, which is named', silences(50, 40), false, 'failed'],
    ['lives, where it is to be taken from it', silences(50, 40), true, 'done'],
    ['is silent for longer than one that lives', silences(50, 61), false, 'done'],
  ] as const) {
    it(`of another controller that ${how}: ${outcome}`, async () => {
      const first = await cutShort();
      const fleet = fakeFleet((_host, command) => (command.startsWith('look') ? 1 : 0), first.states);
      fleet.silence = silence;
      const run = await runEngine({ playbook: UPGRADE, fleet, before: [], owner: 'somebody else', takeOver });
      expect(outcomeOf(run), JSON.stringify(said(run, 'letter'))).to.equal(outcome);
      if (outcome === 'done') return;
      expect(workOf(fleet)).to.deep.equal([]);
      const letter = JSON.stringify(said(run, 'letter')[0]);
      expect(letter).to.match(/held by test for run r1.*which is alive.*--take-over/);
    });
  }

  it('is refused with another playbook, and told the difference', async () => {
    const first = await cutShort();
    const fleet = fakeFleet(undefined, first.states);
    const playbook = UPGRADE.replace('act: { what: two }', 'act: { what: two and a half }');
    const run = await runEngine({ playbook, fleet, before: first.journal });
    expect(fleet.log).to.deep.equal([]);
    expect(JSON.stringify(said(run, 'letter')[0])).to.match(/not what they were.*two.*two and a half/);
  });
});

describe('a controller that lost its run to another', () => {
  it('takes nothing back, lets go of nothing, and says who has it', async () => {
    let other: Promise<EngineRun> | undefined;
    const states = new Map<string, FakeState>();
    const first = fakeFleet((host, command) => {
      if (command === 'two' && host === 'db1') {
        const fleet = fakeFleet((_host, asked) => (asked.startsWith('look') ? 1 : 0), states);
        other = runEngine({ playbook: UPGRADE, fleet, before: [], owner: 'another controller' });
      }
      return 0;
    }, states);
    const waited = {
      ...first,
      open: async (host: string) => {
        await other;
        return first.open(host);
      },
    };
    const run = await runEngine({ playbook: UPGRADE, fleet: waited });
    expect(outcomeOf(await other!)).to.equal('done');
    expect(outcomeOf(run)).to.equal('handed-over');
    expect(run.exitCode).to.equal(2);
    expect(first.log.filter((line) => line.includes('undo'))).to.deep.equal([]);
    expect(run.journal.some(({ kind }) => kind === 'released' || kind === 'undo')).to.be.false;
    expect(JSON.stringify(said(run, 'letter')[0])).to.contain('another controller');
  });
});

const FLEET = `
[nautobot]
app[1:3]
[postgresql]
db[1:3]
${[1, 2, 3].map((n) => `[site${n}]\napp${n}\ndb${n}`).join('\n')}
[deployments:children]
site1
site2
site3
`;

describe('a fleet', () => {
  it('starts no deployment after one failed, beyond the budget, and says which', async () => {
    const fleet = fakeFleet((host, command) => (host === 'db1' && command === 'one' ? 1 : 0));
    const run = await runEngine({ playbook: UPGRADE, fleet, inventory: FLEET, batches: [1] });
    expect(run.exitCode).to.equal(7);
    expect(run.recap.deployments.map(({ outcome }) => outcome)).to.deep.equal([
      'rolled-back',
      'not-started',
      'not-started',
    ]);
    expect(fleet.log.some((line) => line.startsWith('db2'))).to.be.false;
  });

  it('goes on within the budget', async () => {
    const fleet = fakeFleet((host, command) => (host === 'db1' && command === 'one' ? 1 : 0));
    const run = await runEngine({ playbook: UPGRADE, fleet, inventory: FLEET, batches: [1], maxFailures: 1 });
    expect(run.recap.deployments.map(({ outcome }) => outcome)).to.deep.equal(['rolled-back', 'done', 'done']);
    expect(run.exitCode).to.equal(7);
  });

  it('takes deployments one after another where they have a machine in common, and the others beside them', async () => {
    const fleet = fakeFleet(() => 0);
    // db1 and db3 are two names of one machine
    const machineOf = (host: string): string => (host === 'db3' ? 'db1' : host);
    const run = await runEngine({ playbook: UPGRADE, fleet, inventory: FLEET, machineOf });
    expect(run.recap.deployments.map(({ outcome }) => outcome)).to.deep.equal(['done', 'done', 'done']);
    const order = run.events.flatMap((event) =>
      event.type === 'deployment:start' || event.type === 'deployment:end' ? [`${event.deployment} ${event.type}`] : [],
    );
    const [first, second, third] = run.recap.deployments.map(({ deployment }) => deployment).sort();
    expect(order.indexOf(`${third!} deployment:start`)).to.be.greaterThan(order.indexOf(`${first!} deployment:end`));
    expect(order.indexOf(`${second!} deployment:start`)).to.be.lessThan(order.indexOf(`${first!} deployment:end`));
    const notes = run.events.flatMap((event) => (event.type === 'note' ? [event.text] : []));
    expect(notes).to.deep.equal([`${third!} begins after ${first!}: they have a machine in common`]);
  });
});
