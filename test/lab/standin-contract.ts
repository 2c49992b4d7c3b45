import { expect } from 'chai';
import type { Lab } from '../../lab/open-lab.ts';
import { httpStatus, until } from '../../lab/wait.ts';
import { parseSurvey, type HostSurvey } from '../../lib/modules/survey/host-survey.ts';
import { SURVEY_SCRIPT } from '../../lib/modules/survey/survey-script.ts';
import type { Application } from '../../lib/nautobot/application.ts';
import {
  loadMigration,
  migrate,
  MIGRATE_ENDS,
  migrationIsLoaded,
  migrationRuns,
  type Migration,
} from '../../lib/nautobot/migrate.ts';
import { RUNNING_JOBS } from '../../lib/nautobot/running-jobs.ts';
import { labOrSkip } from './support.ts';

const HOST = 'one1';
const UNITS = ['nautobot.service', 'nautobot-worker.service', 'nautobot-scheduler.service'] as const;

/**
 * Many tests stand on it that the stand-in answers as the real Nautobot does: each question here is put to both. The
 * real one is on the only host of a lab of topology `single`.
 */
export function standinContract(real: () => Lab): void {
  let labs: { readonly real: Lab; readonly standin: Lab };
  const surveys = new Map<Lab, HostSurvey>();

  before(async function () {
    labs = { real: real(), standin: await labOrSkip(this, 'standin-single') };
    for (const lab of Object.values(labs)) surveys.set(lab, await survey(lab));
  });

  async function same<T>(what: string, ask: (lab: Lab) => Promise<T>): Promise<T> {
    const real = await ask(labs.real);
    expect(await ask(labs.standin), what).to.deep.equal(real);
    return real;
  }

  const surveyOf = (lab: Lab): HostSurvey => surveys.get(lab)!;

  it('in its units, its user, its commands and its web server’s settings', async () => {
    await same('unit files', (lab) => said(lab, ['systemctl', 'cat', ...UNITS]));
    const show = ['systemctl', 'show', '-p', 'Id,ActiveState,UnitFileState,User,Group,ExecStart', ...UNITS];
    await same('units', async (lab) => (await said(lab, show)).replaceAll(/ ; (start_time|stop_time|pid)=[^;]*/g, ''));
    await same('user', (lab) => said(lab, ['id', 'nautobot']));
    await same('uwsgi.ini', (lab) => said(lab, ['cat', '/opt/nautobot/uwsgi.ini']));
    const version = ['/opt/nautobot/bin/nautobot-server', '--version'];
    await same('version', async (lab) => /^Nautobot version: .*$/m.exec(await said(lab, version))?.[0]);
  });

  it('when pgup surveys the host', () => {
    const [real, standin] = [surveyOf(labs.real), surveyOf(labs.standin)];
    expect(standin.units.map((unit) => ({ ...unit, mainPid: 0 }))).to.deep.equal(
      real.units.map((unit) => ({ ...unit, mainPid: 0 })),
    );
    expect(standin.health).to.deep.equal(real.health);
    const [told, asked] = [standin.server, real.server];
    if (told?.settings.kind !== 'answer' || asked?.settings.kind !== 'answer') throw new Error('no answer');
    expect({ ...told, settings: shapeOf(told.settings.value) }).to.deep.equal({
      ...asked,
      settings: shapeOf(asked.settings.value),
    });
    for (const key of [
      'version',
      'django',
      'python',
      'database',
      'cache',
      'health',
      'root',
      'config',
      'errors',
    ] as const)
      expect(told.settings.value[key], key).to.deep.equal(asked.settings.value[key]);
    const roles = ({ host }: HostSurvey): readonly string[] =>
      host.processes
        .filter(({ command }) => command.some((word) => word.endsWith('nautobot-server')))
        .map(({ unit, user }) => `${unit} of ${user}`);
    expect([...new Set(roles(standin))].sort()).to.deep.equal([...new Set(roles(real))].sort());
  });

  it('when pgup asks for running jobs', async () => {
    const one = `INSERT INTO extras_jobresult (id, name, status, date_created, date_started)
      SELECT gen_random_uuid(), 'A job', 'STARTED', now(), now()`;
    await sql(labs.standin, one);
    const rows = await sql(labs.standin, RUNNING_JOBS);
    expect(rows).to.match(/^[0-9a-f-]{36}\|A job\|\d{10}$/);
    await sql(labs.standin, `DELETE FROM extras_jobresult WHERE status = 'STARTED'`);
    await same('none runs', (lab) => sql(lab, RUNNING_JOBS));
  });

  it('when it migrates, loaded beforehand or not', async () => {
    const migration: Migration = { port: 5432, socketDirectory: undefined, version: '15', pending: false };
    const words = (text: string): readonly string[] =>
      text
        .split('\n')
        .filter((line) => /^pgup: /.test(line))
        .map((line) => line.replace(/[\d.]+.*$/, '').trim());
    await same('at once', async (lab) => {
      const { code, stdout } = await run(lab, migrate(application(surveyOf(lab)), migration).text);
      return { code, words: words(stdout) };
    });
    await same('loaded', async (lab) => {
      const there = application(surveyOf(lab));
      await run(lab, loadMigration(there, migration).text);
      await until('Nautobot is loaded', 100, async () =>
        (await run(lab, migrationIsLoaded().text)).code === 0 ? true : undefined,
      );
      expect((await run(lab, migrationRuns().text)).code).to.equal(0);
      const { code, stdout } = await run(lab, migrate(there, migration).text);
      return { code, words: words(stdout) };
    });
    const wrong = { ...migration, version: '17' };
    const refused = await same('another server', async (lab) => {
      const { code, stdout } = await run(lab, migrate(application(surveyOf(lab)), wrong).text);
      return { code, words: words(stdout) };
    });
    expect(refused.code).to.equal(MIGRATE_ENDS.wrongServer);
  });

  it('when its database goes away and comes back', async () => {
    const told = await same('health', async (lab) => {
      const page = async (wanted: number) =>
        until(`${wanted} at the health page`, 60, async () => {
          const status = await httpStatus(lab.healthUrl(HOST));
          return status === wanted ? status : undefined;
        });
      await page(200);
      await said(lab, ['systemctl', 'stop', 'postgresql@15-main']);
      const away = await page(500);
      const units = await run(lab, `systemctl is-active nautobot.service nautobot-worker.service`);
      await said(lab, ['systemctl', 'start', 'postgresql@15-main']);
      return { away, units: units.stdout, back: await page(200) };
    });
    expect(told.units).to.equal('active\nactive\n');
  });

  it('when its services are stopped and started, with the hold’s changes to how they stop', async () => {
    const hold = `mkdir -p /run/systemd/system/nautobot.service.d
      printf '[Service]\\nExecStop=\\n' > /run/systemd/system/nautobot.service.d/test.conf; systemctl daemon-reload`;
    await same('stops', async (lab) => {
      await run(lab, hold);
      await said(lab, ['systemctl', 'stop', ...UNITS]);
      const states = await run(lab, `systemctl show -p Id,ActiveState,Result ${UNITS.join(' ')}`);
      const sessions = await sql(lab, `SELECT count(*) FROM pg_stat_activity WHERE usename = 'nautobot'`);
      await run(lab, 'rm -r /run/systemd/system/nautobot.service.d; systemctl daemon-reload');
      await said(lab, ['systemctl', 'start', ...UNITS]);
      await lab.waitForHealth();
      return { states: states.stdout, sessions };
    });
  });

  it('and it notes every row that was stored, and no other', async () => {
    const { standin } = labs;
    await said(standin, ['systemctl', 'stop', ...UNITS]);
    const noted = await run(standin, 'cd /var/lib/nautobot-standin; grep -H "^!" * | sed "s/:! /|/" | LC_ALL=C sort');
    const stored = await sql(standin, `SELECT source || '|' || number FROM extras_numberedrow`);
    const told = noted.stdout.trim().split('\n');
    expect(told.length).to.be.greaterThan(10);
    const there = stored.split('\n');
    expect(new Set(there).size, 'none twice').to.equal(there.length);
    expect(
      told.filter((row) => !there.includes(row)),
      'acknowledged and not there',
    ).to.deep.equal([]);
    expect([...new Set(told.map((row) => row.split('|')[0]))].sort()).to.deep.equal([
      'scheduler',
      'web-1',
      'web-2',
      'worker',
    ]);
    await said(standin, ['systemctl', 'start', ...UNITS]);
  });
}

async function said(lab: Lab, argv: readonly string[]): Promise<string> {
  return (await lab.run(HOST, argv)).stdout;
}

async function run(lab: Lab, script: string): Promise<{ readonly code: number | null; readonly stdout: string }> {
  const { code, stdout } = await lab.run(HOST, ['sh', '-c', script], { mayFail: true });
  return { code, stdout };
}

async function sql(lab: Lab, text: string): Promise<string> {
  const argv = ['runuser', '-u', 'postgres', '--', 'psql', '-XqAt', '-v', 'ON_ERROR_STOP=1', 'nautobot'];
  return (await lab.run(HOST, argv, { input: text })).stdout.trim();
}

async function survey(lab: Lab): Promise<HostSurvey> {
  const parameters = 'TARGET=17\nDATABASE=yes\nAPPLICATION=yes\nBACKUP_DIR=\nADMIN_USER=\nNAUTOBOT_ROOT_GIVEN=\n';
  const { stdout } = await lab.run(HOST, ['sh'], { input: parameters + SURVEY_SCRIPT });
  const found = parseSurvey(Buffer.from(stdout));
  if (!found) throw new Error('the survey did not come to its end');
  return found;
}

/** As far as the commands of a migration need it. */
function application({ server, units }: HostSurvey): Application {
  if (server?.settings.kind !== 'answer') throw new Error('no answer of nautobot-server');
  const { settings, ...rest } = server;
  return {
    kind: 'application',
    host: HOST,
    root: settings.value.root ?? '',
    environment: {},
    environmentFiles: [],
    version: settings.value.version ?? '',
    units: units.map(({ name }) => ({ kind: 'unit', name, role: 'web', enabled: 'enabled', active: true })),
    database: { ...settings.value.database, port: 5432 },
    pendingMigrations: [],
    health: undefined,
    addresses: [],
    ...rest,
  };
}

/** The same value with types for values: what two answers of one form have in common. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return 'array';
  if (value === null || typeof value !== 'object') return typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, shapeOf(each)]));
}
