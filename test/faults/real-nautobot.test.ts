import { expect } from 'chai';
import type { Lab } from '../../lab/open-lab.ts';
import { eventsOf, majorVersion, NAUTOBOT_UNITS, pgup, told, unitState, upgrade } from '../lab/pgup.ts';
import { labOrSkip } from '../lab/support.ts';
import { repeatedJobs } from './condition.ts';

describe('what breaks inside the window of a real Nautobot', function () {
  this.timeout(15 * 60_000);
  let lab: Lab;

  before(async function () {
    lab = await labOrSkip(this, 'writers');
  });

  it('the controller is killed during the migration: the run is gone on with, and the migration ran once', async () => {
    await lab.reset();
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

  it('the database host is rebooted: nothing comes up by itself, it is said, and the deployment is put back', async () => {
    await lab.reset();
    let rebooted = false;
    const seen: string[] = [];
    const look = async (): Promise<void> => {
      await lab.powerCut('db1');
      await lab.powerOn('db1');
      seen.push(`old cluster ${await unitState(lab, 'db1', 'postgresql@15-main.service')}`);
      for (const unit of NAUTOBOT_UNITS) seen.push(`${unit} ${await unitState(lab, 'app1', unit)}`);
    };
    const run = await upgrade({
      lab,
      onEvent: (event, child) => {
        if (rebooted || event.type !== 'step:start' || !event.job || !/^pg_upgrade \S+ to /.test(event.says)) return;
        rebooted = true;
        // Held still, so that what is seen is what systemd did by itself.
        child.kill('SIGSTOP');
        void look()
          .catch((thrown: unknown) => seen.push(String(thrown)))
          .finally(() => child.kill('SIGCONT'));
      },
    });
    expect(seen, told(run)).to.have.length(4);
    for (const line of seen) expect(line, told(run)).to.match(/ inactive$/);
    expect(run.exitCode, told(run)).to.equal(7);
    expect(eventsOf(run, 'letter')[0]!.happened).to.match(/rebooted/);
    await lab.waitForHealth();
    expect(await majorVersion(lab, 'db1')).to.equal('15');
  });
});
