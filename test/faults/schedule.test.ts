import { expect } from 'chai';
import type { Flow, Point } from './points.ts';
import { seededRandom } from './random.ts';
import { schedule, type Recorded } from './schedule.ts';

/** Steps as they are said: play, what, seconds, whether it is a job. */
const STEPS = [
  ['Prepare', 'create cluster 17/main', 3, true],
  ['Prepare', 'hold nautobot.service: nothing starts by itself, also after a reboot', 0, false],
  [
    '3 Back up',
    'copy 15/main to /var/lib/postgresql/pgup-backup/15-main-20261126-120002-7114 and compare every file',
    2,
    true,
  ],
  ['5 Upgrade', 'pg_upgrade 15/main to 17/main (copy)', 9, true],
  ['7 Migrate', 'pass the point of no return: the marker is written to disk', 0, false],
] as const;

function points(flow: Flow): readonly Point[] {
  return STEPS.flatMap(([play, says, seconds, job], index) => {
    const common = { flow, play, says, seconds, job, task: `1.${index}`, host: 'db1', step: 0 };
    const moments = job ? (['start', 'inside', 'end'] as const) : (['start', 'end'] as const);
    return moments.map((moment): Point => ({ ...common, moment }));
  });
}

const RECORDED: Recorded = {
  standin: [...points('upgrade'), ...points('put-back')],
  'standin-install': [],
  'standin-disk': points('upgrade'),
};

describe('the schedule of faults', () => {
  const cases = schedule(RECORDED, seededRandom(1));
  const named = (kind: string): readonly string[] =>
    cases
      .filter(({ faults }) => faults.length === 1 && faults[0]?.kind === kind)
      .map(({ faults }) => `${faults[0]!.point.flow} ${faults[0]!.point.task} ${faults[0]!.point.moment}`);

  it('kills the controller and cuts the line at every point', () => {
    const every = RECORDED.standin.map(({ flow, task, moment }) => `${flow} ${task} ${moment}`);
    expect(named('kill')).to.have.members(every);
    expect(named('cut')).to.have.members(every);
  });

  for (const kind of ['freeze', 'long-cut', 'database-power', 'application-power', 'sshd', 'clock']) {
    it(`has ${kind} once a play and inside each job, in both flows`, () => {
      const wanted = ['1.0 start', '1.0 inside', '1.2 start', '1.2 inside', '1.3 start', '1.3 inside', '1.4 start'];
      expect(named(kind)).to.have.members([
        ...wanted.map((at) => `upgrade ${at}`),
        ...wanted.map((at) => `put-back ${at}`),
      ]);
    });
  }

  it('fills the disk at initdb, backup, pg_upgrade and marker, and says where one of them is gone', () => {
    expect(named('disk-full')).to.deep.equal(['1.0', '1.2', '1.3', '1.4'].map((task) => `upgrade ${task} start`));
    const renamed = RECORDED['standin-disk'].filter(({ task }) => task !== '1.3');
    expect(() => schedule({ ...RECORDED, 'standin-disk': renamed }, seededRandom(1))).to.throw('pg_upgrade');
  });

  it('has 20 combinations, the same for the same seed', () => {
    const combined = (seed: number): readonly string[] =>
      schedule(RECORDED, seededRandom(seed))
        .filter(({ faults }) => faults.length > 1)
        .map(({ name }) => name);
    expect(combined(1)).to.have.length(20).and.deep.equal(combined(1));
    expect(combined(2)).to.not.deep.equal(combined(1));
  });
});
