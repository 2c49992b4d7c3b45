import { expect } from 'chai';
import type { Lab } from '../../lab/open-lab.ts';
import { eventsOf, majorVersion, NAUTOBOT_UNITS, pgup, told, unitState, upgrade } from '../lab/pgup.ts';
import { labOrSkip } from '../lab/support.ts';

describe('a line that is lost inside the window', function () {
  this.timeout(15 * 60_000);
  let lab: Lab;

  before(async function () {
    lab = await labOrSkip(this, 'writers');
  });

  it('for good: exit code 4, the letter says what stands and what to type, and that brings it to its end', async () => {
    await lab.reset();
    let cut = false;
    const env = { PGUP_RECONNECT_TIMEOUT: '20' };
    const run = await upgrade({
      lab,
      env,
      onEvent: (event) => {
        if (cut || event.type !== 'step:start' || !event.job || !event.says.includes('pg_upgrade')) return;
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

  it('because the database host was rebooted: nothing comes up by itself, it is said, and the deployment is put back', async () => {
    await lab.reset();
    let rebooted = false;
    const seen: string[] = [];
    const run = await upgrade({
      lab,
      onEvent: (event) => {
        if (rebooted || event.type !== 'step:start' || !event.job || !event.says.includes('pg_upgrade')) return;
        rebooted = true;
        void lab.powerCut('db1').then(async () => {
          await lab.cut('db1');
          await lab.powerOn('db1').catch(() => undefined);
          // Booted, and not yet reachable for pgup: what is seen now is what systemd did by itself.
          await new Promise((resolve) => setTimeout(resolve, 5000));
          seen.push(`old cluster ${await unitState(lab, 'db1', 'postgresql@15-main.service')}`);
          for (const unit of NAUTOBOT_UNITS) seen.push(`${unit} ${await unitState(lab, 'app1', unit)}`);
          await lab.restore('db1');
        });
      },
    });
    expect(
      seen.filter((line) => / active$/.test(line)),
      told(run),
    ).to.deep.equal([]);
    expect(seen).to.have.length(4);
    expect(run.exitCode, told(run)).to.equal(7);
    expect(eventsOf(run, 'letter')[0]!.happened).to.match(/rebooted/);
    await lab.waitForHealth();
    expect(await majorVersion(lab, 'db1')).to.equal('15');
  });
});
