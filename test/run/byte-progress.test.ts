import { expect } from 'chai';
import { Events } from '../../lib/events.ts';
import { byteProgress } from '../../lib/run/byte-progress.ts';

describe('how far a transfer is', () => {
  const real = performance.now.bind(performance);
  let clock = 0;
  beforeEach(() => {
    performance.now = () => clock;
  });
  afterEach(() => {
    performance.now = real;
  });

  it('is told by bytes, of all where that is known, and not more often than every five seconds', () => {
    const events = new Events(() => 0);
    const said: string[] = [];
    events.subscribe((event) => {
      if (event.type === 'step:progress') said.push(`${event.host}: ${event.says}`);
    });
    const progress = byteProgress({ events, deployment: 'ams', host: 'db1', what: 'sending /tmp/x' });
    for (const [second, bytes] of [
      [1, 10],
      [6, 1_500_000],
      [7, 2_000_000],
      [12, 3_000_000],
    ] as const) {
      clock = second * 1000;
      progress({ bytes, total: second < 12 ? 6_000_000 : undefined });
    }
    expect(said).to.deep.equal(['db1: sending /tmp/x: 1.5 MB of 6.0 MB', 'db1: sending /tmp/x: 3.0 MB']);
  });
});
