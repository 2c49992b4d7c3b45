import { expect } from 'chai';
import type { Lab } from '../../lab/open-lab.ts';
import { eventsOf, majorVersion, pgup, told, upgrade } from '../lab/pgup.ts';
import { labOrSkip } from '../lab/support.ts';
import { repeatedJobs } from './condition.ts';

describe('what breaks inside the window of a real Nautobot', function () {
  this.timeout(15 * 60_000);
  let lab: Lab;

  before(async function () {
    lab = await labOrSkip(this, 'writers');
  });

  it('the controller is killed during the migration: the run is gone on with, and the migration ran once', async () => {
    let killed = false;
    const run = await upgrade({
      lab,
      onEvent: (event, child) => {
        if (killed || event.type !== 'step:start' || !/^nautobot-server migrate/.test(event.says)) return;
        killed = true;
        child.kill('SIGKILL');
      },
    });
    expect(run.exitCode, told(run)).to.equal(null);
    const id = eventsOf(run, 'run:start')[0]!.run;
    const resumed = await pgup(['resume', id, '--yes'], { lab, runsDir: run.runsDir });
    expect(resumed.exitCode, told(resumed)).to.equal(0);
    expect(await majorVersion(lab, 'db1')).to.equal('17');
    expect(await repeatedJobs(lab)).to.deep.equal([]);
    await lab.waitForHealth();
  });

  it('the line, twice: for half a minute while pg_upgrade runs, which goes on; and for good, which the letter says how to mend', async () => {
    await lab.reset();
    const cuts: string[] = [];
    const cutAt = async (says: string, seconds?: number): Promise<void> => {
      cuts.push(says);
      await lab.cut('db1');
      if (seconds !== undefined) setTimeout(() => void lab.restore('db1'), seconds * 1000);
    };
    const run = await upgrade({
      lab,
      env: { PGUP_RECONNECT_TIMEOUT: '60' },
      onEvent: (event) => {
        if (event.type !== 'step:start' || !event.job) return;
        if (cuts.length === 0 && /^pg_upgrade \S+ to /.test(event.says)) void cutAt('pg_upgrade', 50);
        if (cuts.length === 1 && event.host === 'db1' && !/^pg_upgrade/.test(event.says)) void cutAt(event.says);
      },
    });
    expect(cuts, told(run)).to.have.length(2);
    const states = eventsOf(run, 'line').flatMap(({ host, state }) => (host === 'db1' ? [state] : []));
    const back = states.indexOf('reconnected');
    expect([states.slice(0, back), states.slice(back)], told(run)).to.satisfy(
      ([before, after]: readonly (readonly string[])[]) => before?.includes('lost') && after?.includes('lost'),
    );
    expect(run.exitCode, told(run)).to.equal(4);
    const letter = eventsOf(run, 'letter')[0]!;
    expect(letter.next.join('\n')).to.match(/pgup resume \d{8}-\d{6}-[0-9a-f]{4}/);
    await lab.restore('db1');
    const id = eventsOf(run, 'run:start')[0]!.run;
    const resumed = await pgup(['resume', id, '--yes'], { lab, runsDir: run.runsDir });
    expect(resumed.exitCode, told(resumed)).to.equal(0);
    expect(await majorVersion(lab, 'db1')).to.equal('17');
    expect(await repeatedJobs(lab)).to.deep.equal([]);
    await lab.waitForHealth();
  });
});
