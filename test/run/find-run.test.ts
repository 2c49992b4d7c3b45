import { expect } from 'chai';
import { PgupError } from '../../lib/errors.ts';
import { findRuns, headerOf, plansOf, runOf } from '../../lib/run/find-run.ts';
import { fakeFleet, type FakeState } from './fake-host.ts';
import { planned } from './planned.ts';

const header = { kind: 'run', playbook: 'play.yml' };

function held(run: string, deployment = 'ams'): FakeState {
  const plan = { version: 1, run, deployment, home: 'db1', hosts: ['app1', 'db1'], hash: 'h', header, plan: {} };
  return {
    claim: { state: 'held', claim: { kind: 'claim', run, owner: 'somebody', deployment, token: 4 } },
    plan: JSON.stringify(plan),
    record: '',
    marker: undefined,
    jobs: new Map(),
  };
}

describe('who holds a deployment', () => {
  const ask = (states: readonly (readonly [string, FakeState])[], gone: readonly string[] = []) => {
    const fleet = fakeFleet(() => 0, new Map(states));
    const openShell = (host: string) =>
      gone.includes(host) ? Promise.reject(new PgupError('unreachable', `${host} is away`)) : fleet.open(host);
    return findRuns({ deployments: [planned], openShell });
  };

  it('is nobody where no host was ever claimed', async () => {
    const [found] = await ask([]);
    expect(found && runOf(found)).to.equal(undefined);
    expect(found?.hosts.map(({ lock }) => lock.kind)).to.deep.equal(['none', 'none']);
  });

  it('is the run that its hosts name, with what it was asked to do', async () => {
    const [found] = await ask([['db1', held('r7')]]);
    if (!found) throw new Error('nothing was found');
    expect(runOf(found)).to.equal('r7');
    expect(headerOf(found, 'r7')).to.deep.include(header);
    expect(plansOf(found, 'r6'), 'of another run').to.deep.equal([]);
  });

  it('is nobody where the same machine is held for another deployment', async () => {
    const [found] = await ask([['db1', held('r7', 'fra')]]);
    expect(found && runOf(found)).to.equal(undefined);
  });

  it('is told by the hosts that answer; the others are named with the reason', async () => {
    const [found] = await ask([['app1', held('r7')]], ['db1']);
    expect(found && runOf(found)).to.equal('r7');
    expect(found?.unreachable).to.deep.equal([{ host: 'db1', why: 'db1 is away' }]);
  });

  it('is known also where the plan on the host cannot be read', async () => {
    const [found] = await ask([['db1', { ...held('r7'), plan: '{"version": 2}' }]]);
    if (!found) throw new Error('nothing was found');
    expect([runOf(found), headerOf(found, 'r7')]).to.deep.equal(['r7', undefined]);
  });
});
