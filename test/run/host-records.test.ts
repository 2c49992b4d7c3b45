import { expect } from 'chai';
import { parseRecord } from '../../lib/run/host-plan.ts';
import { HostRecords } from '../../lib/run/host-records.ts';
import type { DeploymentEntry, StampedEntry } from '../../lib/run/journal.ts';

const deployment = 'ams';
const step = { deployment, task: '1.1', host: 'app1', step: 1 };
let n = 0;
const entry = (given: DeploymentEntry): StampedEntry => ({ ...given, at: 0, n: ++n });
const fresh = (): HostRecords => new HostRecords({ hosts: ['app1', 'app2', 'db1'], home: 'db1' });
const kept = (records: HostRecords): Readonly<Record<string, readonly string[]>> =>
  Object.fromEntries(
    ['app1', 'app2', 'db1'].map((host) => [
      host,
      parseRecord(records.of(host).text.split('\n')).map(({ kind }) => kind),
    ]),
  );

describe("a host's own part of the journal", () => {
  it('has what is about the host, what is about the deployment on its database host, and what all must know', () => {
    const records = fresh();
    records.add(entry({ kind: 'step-intent', ...step, says: 'x', changes: true }));
    records.add(entry({ kind: 'step-intent', ...step, says: 'x', changes: false }));
    records.add(entry({ kind: 'learned', deployment, host: undefined, facts: {} }));
    records.add(entry({ kind: 'window', deployment, state: 'open' }));
    records.add(entry({ kind: 'undo', deployment, why: 'x' }));
    records.add(entry({ kind: 'no-return', deployment, host: 'app2' }));
    records.add(entry({ kind: 'task-intent', deployment, task: '1.1', host: 'app1' }));
    expect(kept(records)).to.deep.equal({
      app1: ['step-intent', 'undo'],
      app2: ['undo', 'no-return'],
      db1: ['learned', 'window', 'undo', 'no-return'],
    });
  });

  it('can be kept by one host more, but a question by none', () => {
    const records = fresh();
    records.add(entry({ kind: 'step-outcome', ...step, outcome: 'ok' }), 'app2');
    records.add(entry({ kind: 'step-intent', ...step, says: 'x', changes: false }), 'app2');
    expect(kept(records)).to.deep.equal({ app1: ['step-outcome'], app2: ['step-outcome'], db1: [] });
  });

  it('waits until the host has it on its disk, and only what was sent has been written', () => {
    const records = fresh();
    records.add(entry({ kind: 'step-outcome', ...step, outcome: 'ok' }));
    const lost = records.of('app1');
    expect(records.of('app1').text, 'sent again after a lost answer').to.equal(lost.text);
    records.add(entry({ kind: 'undo', deployment, why: 'x' }));
    lost.written();
    expect(kept(records)['app1']).to.deep.equal(['undo']);
  });

  it('is reminded of what it lacks, once, and of nothing that is not its own', () => {
    const records = fresh();
    const undo = entry({ kind: 'undo', deployment, why: 'x' });
    const window = entry({ kind: 'window', deployment, state: 'open' });
    for (const each of [undo, undo, window]) records.remind('app1', each);
    expect(kept(records)).to.deep.equal({ app1: ['undo'], app2: [], db1: [] });
  });

  it('is read without a line that was torn', () => {
    expect(parseRecord(['{"kind":"undo","n":1}', '{"kind":"und', '']).map(({ n: number }) => number)).to.deep.equal([
      1,
    ]);
  });
});
