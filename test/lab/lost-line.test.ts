import { expect } from 'chai';
import type { Lab } from '../../lab/open-lab.ts';
import { eventsOf, majorVersion, told, upgrade } from './pgup.ts';
import { labOrSkip } from './support.ts';

describe('a line that is lost inside the window', function () {
  this.timeout(10 * 60_000);
  let lab: Lab;

  before(async function () {
    lab = await labOrSkip(this, 'writers');
  });

  it('for half a minute while pg_upgrade runs: the upgrade goes on and the run ends well', async () => {
    let cut = 0;
    const run = await upgrade({
      lab,
      onEvent: (event) => {
        if (cut > 0 || event.type !== 'step:start' || !event.job || !/^pg_upgrade \S+ to /.test(event.says)) return;
        cut = Date.now();
        void lab.cut('db1').then(() => setTimeout(() => void lab.restore('db1'), 50_000));
      },
    });
    expect(cut, 'the line was cut').to.be.greaterThan(0);
    expect(run.exitCode, told(run)).to.equal(0);
    expect(
      eventsOf(run, 'line').map(({ state }) => state),
      told(run),
    ).to.include('lost');
    expect(await majorVersion(lab, 'db1')).to.equal('17');
  });
});
