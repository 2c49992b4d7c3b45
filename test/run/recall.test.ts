import { expect } from 'chai';
import { DeploymentState } from '../../lib/run/deployment-state.ts';
import type { DeploymentEntry, StampedEntry } from '../../lib/run/journal.ts';
import { recall } from '../../lib/run/recall.ts';
import { planned } from './planned.ts';

const deployment = 'ams';
const step = (task: string, host: string) => ({ deployment, task, host, step: 1 });

function after(...entries: readonly DeploymentEntry[]): DeploymentState {
  const state = new DeploymentState(planned, undefined);
  const stamped = entries.map((each, index): StampedEntry => ({ ...each, at: 1000 * (index + 1), n: index + 1 }));
  recall(state, [...stamped].reverse()); // the order of numbers counts, not that of reading
  return state;
}

describe('a state that comes back from the journal', () => {
  it('knows what was changed where, oldest first, and takes an undo for none', () => {
    const state = after(
      { kind: 'step-intent', ...step('1.1', 'db1'), says: 'x', changes: true },
      { kind: 'step-intent', ...step('1.2', 'db1'), says: 'x', changes: false },
      { kind: 'step-intent', ...step('1.3', 'db1'), says: 'x', changes: true },
      { kind: 'step-intent', ...step('1.1', 'app1'), says: 'x', changes: true },
      { kind: 'step-intent', ...step('1.1.undo.1', 'db1'), says: 'x', changes: true },
    );
    expect(state.touched.map(({ task, hosts }) => [task, [...hosts]])).to.deep.equal([
      ['1.1', ['db1', 'app1']],
      ['1.3', ['db1']],
    ]);
  });

  it('leaves alone what ended well, and nothing else', () => {
    const state = after(
      ...['ok', 'changed', 'skipped', 'failed', 'unknown', 'unreachable'].map((status, index) => ({
        kind: 'task-outcome' as const,
        deployment,
        task: `1.${index + 1}`,
        host: 'db1',
        status,
      })),
    );
    expect([...state.done]).to.deep.equal(['1.1 db1', '1.2 db1', '1.3 db1']);
  });

  it('knows a job that was left running, until its outcome is written down', () => {
    const started: DeploymentEntry = {
      kind: 'step-intent',
      ...step('5.1', 'db1'),
      says: 'pg_upgrade',
      changes: true,
      job: 'j1',
    };
    expect(after(started).openJobs.get('5.1 db1')).to.deep.equal({
      id: 'j1',
      step: 1,
      says: 'pg_upgrade',
      waits: false,
    });
    const over = after(started, { kind: 'step-outcome', ...step('5.1', 'db1'), outcome: 'ok' });
    expect(over.openJobs.size).to.equal(0);
    expect([...over.jobs], 'a host starts each id but once').to.deep.equal(['j1']);
  });

  it('holds the point of no return for possible from its intent on, and for passed once it is confirmed', () => {
    const intent: DeploymentEntry = { kind: 'no-return-intent', deployment, host: 'db1' };
    expect(after().noReturn).to.equal('ahead');
    expect(after(intent).noReturn).to.equal('maybe');
    const passed = after(intent, { kind: 'no-return', deployment, host: 'db1' });
    expect([passed.noReturn, passed.noReturnHost]).to.deep.equal(['passed', 'db1']);
  });

  it('knows its highest claim, whether it is locked, and that a claim after the end means that it goes on', () => {
    const claim = (token: number): DeploymentEntry => ({ kind: 'claim', deployment, token, owner: 'o' });
    const ended: DeploymentEntry = { kind: 'outcome', deployment, outcome: 'held', summary: 'x' };
    const state = after(claim(3), ended, claim(5));
    expect([state.lastToken, state.held, state.ended]).to.deep.equal([5, true, undefined]);
    const free = after(claim(3), { kind: 'released', deployment, left: [] }, ended);
    expect([free.held, free.ended?.outcome]).to.deep.equal([false, 'held']);
    expect(after(claim(3), { kind: 'released', deployment, left: ['app1'] }).held).to.equal(true);
  });

  it('counts the downtime from the first stop to the first answer', () => {
    const open: DeploymentEntry = { kind: 'window', deployment, state: 'open' };
    const state = after(open, { kind: 'undo', deployment, why: 'the disk is full' }, { ...open, state: 'closed' });
    expect([state.windowOpened, state.downtime, state.undoing]).to.deep.equal([1000, 2000, 'the disk is full']);
  });

  it('takes nothing from another deployment', () => {
    const other = after({ kind: 'no-return', deployment: 'fra', host: 'db1' });
    expect(other.noReturn).to.equal('ahead');
  });
});
