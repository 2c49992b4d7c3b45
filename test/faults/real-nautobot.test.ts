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

  it('the line, for good: exit code 4, the letter says what stands and what to type, and that brings it to its end', async () => {
    await lab.reset();
    let cut = false;
    const env = { PGUP_RECONNECT_TIMEOUT: '20' };
    const run = await upgrade({
      lab,
      env,
      onEvent: (event) => {
        if (cut || event.type !== 'step:start' || !event.job || !/^pg_upgrade \S+ to /.test(event.says)) return;
        cut = true;
        void lab.cut('db1');
      },
    });
    expect(run.exitCode, told(run)).to.equal(4);
    const letter = eventsOf(run, 'letter')[0]!;
    expect(letter.next.join('\n')).to.match(/pgup resume \d{8}-\d{6}-[0-9a-f]{4}/);
    await lab.restore('db1');
    const id = eventsOf(run, 'run:start')[0]!.run;
    const resumed = await pgup(['resume', id, '--yes'], { lab, runsDir: run.runsDir });
    expect(resumed.exitCode, told(resumed)).to.equal(0);
    expect(await majorVersion(lab, 'db1')).to.equal('17');
    await lab.waitForHealth();
  });
});
