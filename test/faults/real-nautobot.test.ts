import { expect } from 'chai';
import type { ChildProcess } from 'node:child_process';
import type { Lab } from '../../lab/open-lab.ts';
import type { AnyEvent } from '../../lib/events.ts';
import { eventsOf, majorVersion, pgup, told, upgrade, type PgupRun } from '../lab/pgup.ts';
import { labOrSkip } from '../lab/support.ts';
import { repeatedJobs } from './condition.ts';

type StepStart = Extract<AnyEvent, { type: 'step:start' }>;

describe('what breaks inside the window of a real Nautobot', function () {
  this.timeout(15 * 60_000);
  let lab: Lab;
  let killed: PgupRun;
  let run = '';

  before(async function () {
    lab = await labOrSkip(this, 'installed');
  });

  /** Calls for each long job of the database host, as it begins. */
  const atJobs =
    (fault: (step: StepStart, child: ChildProcess) => void) =>
    (event: AnyEvent, child: ChildProcess): void => {
      if (event.type === 'step:start' && event.job) fault(event, child);
    };
  const statesOf = (one: PgupRun): readonly string[] =>
    eventsOf(one, 'line').flatMap(({ host, state }) => (host === 'db1' ? [state] : []));

  it('the line, for half a minute while pg_upgrade runs, which goes on; and the controller, killed in the migration', async () => {
    let cut = false;
    killed = await upgrade({
      lab,
      onEvent: atJobs(({ says }, child) => {
        if (!cut && /^pg_upgrade \S+ to /.test(says)) {
          cut = true;
          void lab.cut('db1').then(() => setTimeout(() => void lab.restore('db1'), 50_000));
        }
        if (/^nautobot-server migrate/.test(says)) child.kill('SIGKILL');
      }),
    });
    expect(cut, told(killed)).to.equal(true);
    expect(statesOf(killed), told(killed)).to.include.members(['lost', 'reconnected']);
    expect(killed.exitCode, told(killed)).to.equal(null);
    run = eventsOf(killed, 'run:start')[0]!.run;
  });

  it('the line, for good, while it is gone on with: exit code 4, and the letter says what stands and what to type', async () => {
    let cut = '';
    const resumed = await pgup(['resume', run, '--yes'], {
      lab,
      runsDir: killed.runsDir,
      env: { PGUP_RECONNECT_TIMEOUT: '20' },
      onEvent: atJobs(({ says, host }) => {
        if (cut !== '' || host !== 'db1' || /^nautobot-server migrate/.test(says)) return;
        cut = says;
        void lab.cut('db1');
      }),
    });
    expect(cut, told(resumed)).to.not.equal('');
    expect(resumed.exitCode, told(resumed)).to.equal(4);
    const letter = eventsOf(resumed, 'letter')[0]!;
    expect(letter.next.join('\n')).to.match(new RegExp(`pgup resume ${run}`));
    await lab.restore('db1');
  });

  it('and what the letter says brings it to its end: nothing ran twice, Nautobot serves on the new version', async () => {
    const last = await pgup(['resume', run, '--yes'], { lab, runsDir: killed.runsDir });
    expect(last.exitCode, told(last)).to.equal(0);
    expect(await majorVersion(lab, 'db1')).to.equal('17');
    expect(await repeatedJobs(lab)).to.deep.equal([]);
    await lab.waitForHealth();
  });
});
