import { expect } from 'chai';
import type { Decision, Step, Verdict } from '../../../lib/modules/module.ts';
import type { Result } from '../../../lib/shell/host-shell.ts';
import { decide, exited, type Question, type State } from './fixtures.ts';

interface Case extends Omit<Question, 'state'> {
  readonly says: string;
  /** Which step of the decision judges. */
  readonly step: RegExp;
  readonly result: Result;
  readonly ok: boolean;
  readonly verdict: RegExp;
}

const WEB = { module: 'nautobot_service', host: 'app1', arguments: { role: 'web', state: 'restored', health: 'must' } };
const OLD = { module: 'postgresql_service', arguments: { cluster: 'old', state: 'stopped' } };
const CONTROL = 'Database system identifier: 7\nDatabase cluster state: STATE\n';
const MIGRATE = { module: 'migrate', host: 'app1' };
const DRAIN = { module: 'drain_jobs' };
const GONE = { module: 'sessions_gone' };

const CASES: readonly Case[] = [
  {
    says: 'the health page answers 200',
    ...WEB,
    step: /wait until Nautobot/,
    result: exited(0, 'HTTP/1.1 200 OK\n\nfine'),
    ok: true,
    verdict: /answers 200/,
  },
  {
    says: 'the health page answers 500: its text is told',
    ...WEB,
    step: /wait until Nautobot/,
    result: exited(0, 'HTTP/1.1 500 Error\n\n<p>RedisBackend <b>down</b></p>'),
    ok: false,
    verdict: /answers 500 .*RedisBackend down/,
  },
  {
    says: 'nobody answers',
    ...WEB,
    step: /wait until Nautobot/,
    result: exited(7, 'connect ECONNREFUSED'),
    ok: false,
    verdict: /does not answer.*ECONNREFUSED/,
  },
  {
    says: 'a way back takes any answer: it may have been unhealthy before',
    ...WEB,
    arguments: { ...WEB.arguments, health: 'answer' },
    step: /wait until Nautobot/,
    result: exited(0, 'HTTP/1.1 500 Error\n\n'),
    ok: true,
    verdict: /answers 500/,
  },
  {
    says: 'a clean shutdown',
    ...OLD,
    step: /stop postgresql@15-main/,
    result: exited(0, CONTROL.replace('STATE', 'shut down')),
    ok: true,
    verdict: /cleanly/,
  },
  {
    says: 'an unclean one',
    ...OLD,
    step: /stop postgresql@15-main/,
    result: exited(0, CONTROL.replace('STATE', 'in production')),
    ok: false,
    verdict: /not cleanly.*in production/,
  },
  {
    says: 'no shutdown',
    ...OLD,
    step: /stop postgresql@15-main/,
    result: exited(1, 'a server still runs on /x'),
    ok: false,
    verdict: /could not be stopped: a server still runs/,
  },
  {
    says: 'nothing was pending',
    ...MIGRATE,
    step: /migrate/,
    result: exited(0, 'pgup: pending 0\npgup: healthy\n'),
    ok: true,
    verdict: /nothing to migrate/,
  },
  {
    says: 'migrations were applied',
    ...MIGRATE,
    step: /migrate/,
    result: exited(0, 'pgup: pending 2 a.0001_x b.0002_y\npgup: healthy\n'),
    ok: true,
    verdict: /^2 migrations/,
  },
  {
    says: 'migrations that nobody agreed to',
    ...MIGRATE,
    step: /migrate/,
    result: exited(93, 'pgup: pending 2 a.0001_x b.0002_y\n'),
    ok: false,
    verdict: /2 migrations are pending.*a\.0001_x, b\.0002_y/,
  },
  {
    says: 'another server',
    ...MIGRATE,
    step: /migrate/,
    result: exited(94, 'pgup: wrong-server 15.18 (Debian)\n'),
    ok: false,
    verdict: /PostgreSQL 15\.18 \(Debian\) where 17/,
  },
  {
    says: 'an unhealthy Nautobot',
    ...MIGRATE,
    step: /migrate/,
    result: exited(95, 'DatabaseBackend ... working\nRedisBackend ... unavailable: x\n'),
    ok: false,
    verdict: /health check fails.*RedisBackend \.\.\. unavailable/,
  },
  {
    says: 'no job',
    ...DRAIN,
    step: /wait until no Nautobot job/,
    result: exited(0, ''),
    ok: true,
    verdict: /no job runs$/,
  },
  {
    says: 'a running job is named',
    ...DRAIN,
    step: /wait until no Nautobot job/,
    result: exited(0, 'u1\tBackup configs\t1795400000\n'),
    ok: false,
    verdict: /1 Nautobot jobs still run: Backup configs \(since 2026-11-23T/,
  },
  {
    says: 'nobody is connected',
    ...GONE,
    step: /wait until no session/,
    result: exited(0, ''),
    ok: true,
    verdict: /^$/,
  },
  {
    says: 'a stranger is connected',
    ...GONE,
    step: /no stranger/,
    result: exited(0, '7\treader\tnautobot\tpsql\t203.0.113.9\tidle\n'),
    ok: false,
    verdict: /inventory does not know.*reader@nautobot \(psql\) from 203\.0\.113\.9/,
  },
  {
    says: 'a session of Nautobot is waited for, not failed on',
    ...GONE,
    step: /no stranger/,
    result: exited(0, '7\tnautobot\tnautobot\t\t\tidle\n'),
    ok: true,
    verdict: /^$/,
  },
  {
    says: 'a session of Nautobot that stays',
    ...GONE,
    step: /wait until no session/,
    result: exited(0, '7\tnautobot\tnautobot\t\t\tidle\n'),
    ok: false,
    verdict: /sessions of Nautobot are left/,
  },
  {
    says: 'a backup that was verified',
    module: 'cold_backup',
    step: /copy/,
    result: exited(0, 'copying 3 MB\nfiles 12\n'),
    ok: true,
    verdict: /12 files verified/,
  },
  {
    says: 'no room for a backup',
    module: 'cold_backup',
    step: /copy/,
    result: exited(28, 'pgup-space 300 20\n'),
    ok: false,
    verdict: /300 MB needed, 20 MB free/,
  },
  {
    says: 'a backup that differs',
    module: 'cold_backup',
    step: /copy/,
    result: exited(65, 'data.from data.sha256 differ: byte 1\n'),
    ok: false,
    verdict: /not what was copied/,
  },
  {
    says: 'data that is not equal',
    module: 'verify_data',
    step: /fingerprint/,
    result: exited(0, 'next-xid\t1\ndatabase\tnautobot\ntable\tpublic.t\t2:1:1\nend\n'),
    ok: false,
    verdict: /nautobot public\.t: 3 before, 2 after/,
  },
  {
    says: 'a fingerprint that broke off',
    module: 'verify_data',
    step: /fingerprint/,
    result: exited(1, '', 'psql: error: x'),
    ok: false,
    verdict: /could not be fingerprinted: psql: error: x/,
  },
  {
    says: 'an install that touched the old server',
    module: 'install_packages',
    step: /^install/,
    result: exited(76),
    ok: false,
    verdict: /restarted or stopped the old server/,
  },
  {
    says: 'a settings file that the new version refuses',
    module: 'carry_settings',
    step: /let PostgreSQL 17 read/,
    result: exited(
      1,
      '',
      'LOG:  unrecognized configuration parameter "x" in file "/etc/a" line 3\nFATAL:  configuration file contains errors\n',
    ),
    ok: false,
    verdict: /unrecognized configuration parameter "x" in file "\/etc\/a" line 3/,
  },
  {
    says: 'the doors open on another cluster',
    module: 'open_doors',
    step: /wait until PostgreSQL 17/,
    result: exited(0, '7000000000000000001\n'),
    ok: false,
    verdict: /served by cluster 7000000000000000001/,
  },
];

/** The state in which each of these has work to do. */
const STATE: Readonly<Record<string, State>> = {
  install_packages: 'fresh',
  nautobot_service: 'migrated',
  open_doors: 'migrated',
  verify_data: 'closed',
  migrate: 'closed',
};

describe('verdicts in words', () => {
  for (const { says, step, result, ok, verdict, ...question } of CASES) {
    it(`${question.module}: ${says}`, () => {
      const state = STATE[question.module] ?? 'prepared';
      const given = judgeOf(decide({ state, ...question }), step)(result);
      expect(given.ok, JSON.stringify(given)).to.equal(ok);
      expect(given.says ?? '').to.match(verdict);
    });
  }

  it('drain_jobs ignores a row that a dead worker left behind', () => {
    const began = 1_795_400_000;
    const row = exited(0, `u1\tBackup configs\t${began}\n`);
    const judged = (workersSince: number): Verdict => {
      const learnedOfApp1 = { workersSince };
      return judgeOf(decide({ ...DRAIN, state: 'prepared', learnedOfApp1 }), /wait until no Nautobot job/)(row);
    };
    expect(judged(began + 1)).to.deep.include({ ok: true });
    expect(judged(began - 1)).to.deep.include({ ok: false });
  });
});

function stepOf(decision: Decision, says: RegExp): Step {
  const found = decision.kind === 'steps' ? decision.steps.find((step) => says.test(step.says)) : undefined;
  if (!found) throw new Error(`no step ${String(says)} in ${JSON.stringify(decision)}`);
  return found;
}

function judgeOf(decision: Decision, says: RegExp): (result: Result) => Verdict {
  const { judge } = stepOf(decision, says);
  if (!judge) throw new Error(`${String(says)} has no judge`);
  return judge;
}
