import { expect } from 'chai';
import type { Lab } from '../../lab/open-lab.ts';
import { until } from '../../lab/wait.ts';
import { eventsOf, majorVersion, NAUTOBOT_UNITS, told, unitState, upgrade } from '../lab/pgup.ts';
import { labOrSkip } from '../lab/support.ts';

describe('a reboot inside the window', function () {
  this.timeout(15 * 60_000);
  let lab: Lab;

  before(async function () {
    lab = await labOrSkip(this, 'standin', '1');
  });

  it('of the database host: nothing comes up by itself, it is said, and the deployment is put back', async () => {
    let rebooted = false;
    let upgrading = false;
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
        if (event.type === 'step:start') upgrading = /^pg_upgrade \S+ to /.test(event.says);
        // Its first words: only then is it at work for certain.
        if (rebooted || !upgrading || event.type !== 'step:progress') return;
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

  it('before the run, or a crash, that leaves a service waiting to be started again: it is stopped, and runs afterwards', async () => {
    await lab.run('app1', ['systemctl', 'kill', '--signal', 'KILL', 'nautobot-scheduler.service']);
    await until('it waits', 10, async () =>
      (await unitState(lab, 'app1', 'nautobot-scheduler.service')) === 'activating' ? true : undefined,
    );
    const run = await upgrade({ lab });
    expect(run.exitCode, told(run)).to.equal(0);
    expect(told(run)).to.contain('changed app1: Stop the scheduler: nautobot-scheduler.service stopped');
    expect(await majorVersion(lab, 'db1')).to.equal('17');
    for (const unit of NAUTOBOT_UNITS) expect(await unitState(lab, 'app1', unit), unit).to.equal('active');
  });
});
