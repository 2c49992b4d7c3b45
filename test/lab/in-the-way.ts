import { expect } from 'chai';
import type { Lab } from '../../lab/open-lab.ts';
import { eventsOf, NAUTOBOT_UNITS, pgup, sql, told, unitState } from './pgup.ts';

/** What this version cannot carry, on real hosts, all at once. The library has a test of its own (upgrade.test.ts). */
const TROUBLES = `
  CREATE TABLESPACE archive LOCATION '/srv/archive';
  CREATE DATABASE wiki;
  SELECT pg_create_physical_replication_slot('standby_1');
  CREATE TABLE stored (name regproc);
  CREATE EXTENSION adminpack;`;

const EXPECTED = {
  tablespace: /archive in \/srv\/archive/,
  'other-database': /\(wiki\)/,
  'replication-slot': /standby_1, physical/,
  'stored-type': /regproc.*stored\.name/,
  'missing-library': /\$libdir\/adminpack \(extension adminpack in nautobot\)/,
  'foreign-session': /role nautobot \(grafana\) .* from 198\.1[89]\./,
  'local-session': /role postgres .*local socket/,
  'second-scheduler': /beat-two\.service on app1/,
  'stray-process': /nautobot-server shell/,
} as const;

/** The database that is agreed to by name; all else is mended afterwards. */
export const AGREED = ['-e', 'pgup_other_databases=wiki'];

const MEND = `
  DROP TABLESPACE archive;
  SELECT pg_drop_replication_slot('standby_1');
  DROP TABLE stored;
  DROP EXTENSION adminpack;
  SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name IN ('psql', 'grafana') AND pid <> pg_backend_pid()`;

/** Brings trouble of every kind over a deployment of topology `writers`, sees it found, and mends it again. */
export function inTheWay(lab: () => Lab): void {
  before(async () => {
    await trouble(lab());
  });

  after(async () => {
    for (const statement of MEND.split(';')) await sql(lab(), 'db1', statement);
    await lab().run('app1', ['sh', '-c', 'systemctl stop beat-two login.scope && rm /etc/systemd/system/beat-two.*']);
    await lab().run('app1', ['systemctl', 'daemon-reload']);
  });

  it('is said of all hosts at once, each with what to type, and nothing is stopped', async () => {
    const run = await pgup(['run', '-i', lab().inventoryFile, '--check'], { lab: lab() });
    expect(run.exitCode, told(run)).to.equal(2);
    const blocking = eventsOf(run, 'finding').filter(({ weight }) => weight === 'blocks');
    for (const [check, says] of Object.entries(EXPECTED)) {
      const found = blocking.find((each) => each.check === check && says.test(each.text));
      expect(found, `${check} in\n${told(run)}`).to.not.equal(undefined);
      expect(found?.next, check).to.be.a('string');
    }
    const unexpected = blocking.filter(({ check }) => !Object.hasOwn(EXPECTED, check));
    expect(unexpected, told(run)).to.deep.equal([]);
    for (const unit of NAUTOBOT_UNITS) expect(await unitState(lab(), 'app1', unit), unit).to.equal('active');
  });
}

async function trouble(lab: Lab): Promise<void> {
  await lab.run('db1', ['install', '-d', '-o', 'postgres', '-g', 'postgres', '/srv/archive']);
  await sql(lab, 'db1', TROUBLES);
  await background(lab, 'db1', 'dba', 'runuser -u postgres -- psql -XqAt -d wiki -c "SELECT pg_sleep(600)"');
  await background(
    lab,
    'other1',
    'grafana',
    `PGPASSWORD='${await password(lab)}' PGAPPNAME=grafana psql -XqAt -h db1 -U nautobot -c "SELECT pg_sleep(600)" nautobot`,
  );
  const server = '/opt/nautobot/bin/nautobot-server';
  const unit = `sed 's/nautobot-scheduler.pid/two.pid/' /etc/systemd/system/nautobot-scheduler.service`;
  await lab.run('app1', ['sh', '-c', `${unit} > /etc/systemd/system/beat-two.service && systemctl start beat-two`]);
  // In a scope and not in a service: as somebody's login would.
  await background(
    lab,
    'app1',
    'somebody',
    `systemd-run --scope -q --unit=login runuser -u nautobot -- env NAUTOBOT_ROOT=/opt/nautobot ${server} shell -c 'import time; time.sleep(600)'`,
  );
}

async function background(lab: Lab, host: string, unit: string, line: string): Promise<void> {
  await lab.run(host, ['systemd-run', '-q', '--unit', unit, 'sh', '-c', line]);
}

/** The password that the lab's Nautobot uses, from its own configuration. */
async function password(lab: Lab): Promise<string> {
  const line = `grep -h -o '"PASSWORD": *"[^"]*"' /opt/nautobot/nautobot_config.py | tail -n 1`;
  const { stdout } = await lab.run('app1', ['sh', '-c', line]);
  return /"PASSWORD": *"([^"]*)"/.exec(stdout)?.[1] ?? '';
}
