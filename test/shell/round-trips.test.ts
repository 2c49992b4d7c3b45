import { expect } from 'chai';
import { gatherFacts } from '../../lib/modules/facts/facts.ts';
import { mutation } from '../../lib/shell/fence.ts';
import { openHostShell } from '../../lib/shell/open-host-shell.ts';
import { sh } from '../../lib/shell/sh.ts';
import { ssh2Transport } from '../../lib/transport/ssh2-transport.ts';
import { useSshd } from '../support/line.ts';
import { password } from '../support/sshd.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';

/** Milliseconds that every packet takes in each direction: far more than all else, also on a machine that is busy. */
const DELAY = 150;
const ROUND_TRIP = 2 * DELAY;

describe('shell: round trips', function () {
  this.timeout(60_000);
  const sshd = useSshd();

  /** The best of some tries, in round trips: what a busy machine adds is never part of all of them. */
  const roundTrips = async (work: () => Promise<unknown>): Promise<number> => {
    const times: number[] = [];
    for (let attempt = 0; attempt < 4; attempt++) {
      const began = performance.now();
      await work();
      times.push(performance.now() - began);
    }
    return Math.min(...times) / ROUND_TRIP;
  };

  it('are one a question, one a change, one for all facts, and none to know the host again', async () => {
    const proxy = await TcpProxy.open({ to: sshd().port, delay: DELAY });
    const shell = await openHostShell({
      target: sshd().targetAt(proxy.port, { user: 'pat' }),
      transport: ssh2Transport(),
      become: { kind: 'become', user: 'root', method: 'sudo', password },
    });
    try {
      const query = { kind: 'query', command: sh`echo out; echo err >&2`, stdin: 'x' } as const;
      expect(await roundTrips(() => shell.ask(query))).to.be.within(0.95, 1.5);
      const change = (): Promise<unknown> => shell.change(mutation({ command: sh`true`, claim: 'unclaimed' }));
      expect(await roundTrips(change)).to.be.within(0.95, 1.5);
      const facts = (): Promise<unknown> => gatherFacts(shell, { now: Date.now });
      expect(await roundTrips(facts)).to.be.within(0.95, 3);
      const asOther = (): Promise<unknown> => shell.ask({ ...query, as: 'postgres' });
      await asOther();
      expect(await roundTrips(asOther)).to.be.within(0.95, 1.5);
    } finally {
      await shell.close();
      await proxy.close();
    }
  });
});
