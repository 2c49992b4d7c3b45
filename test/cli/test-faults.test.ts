import { expect } from 'chai';
import { withTestFaults } from '../../cli/test-faults.ts';
import type { AnyEvent } from '../../lib/events.ts';
import { testContext } from './support.ts';

const step = (type: 'step:start' | 'step:end', host = 'db1'): AnyEvent =>
  ({ type, task: '5.1', host, step: 2 }) as unknown as AnyEvent;

describe('faults that tests ask for', () => {
  it('are none where none is asked for', () => {
    expect(withTestFaults(testContext())).to.equal(undefined);
  });

  it('stop the program once, at the place and at no other', () => {
    let stopped = 0;
    const env = { PGUP_TEST_STOP_AT: 'step:start 5.1 db1 2' };
    const faults = withTestFaults(testContext({ env, suspend: () => (stopped += 1) }));
    faults?.subscriber(step('step:end'));
    faults?.subscriber(step('step:start', 'db2'));
    expect(stopped).to.equal(0);
    faults?.subscriber(step('step:start'));
    faults?.subscriber(step('step:start'));
    expect(stopped).to.equal(1);
  });

  it('set the clock back an hour from a place on', () => {
    const env = { PGUP_TEST_CLOCK_AT: 'step:end 5.1 db1 2' };
    const faults = withTestFaults(testContext({ env, now: () => 10_000_000 }));
    faults?.subscriber(step('step:start'));
    expect(faults?.context.now()).to.equal(10_000_000);
    faults?.subscriber(step('step:end'));
    expect(faults?.context.now()).to.equal(10_000_000 - 3_600_000);
  });
});
