import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { differences, lookAt } from '../../lab/demo-proof.ts';
import type { Lab } from '../../lab/open-lab.ts';
import {
  eventsOf,
  hostSnapshot,
  journalText,
  majorVersion,
  NAUTOBOT_UNITS,
  pgup,
  sql,
  told,
  unitState,
  upgrade,
} from './pgup.ts';
import { EXTENSION } from './extension.ts';
import { AGREED, inTheWay } from './in-the-way.ts';
import { labOrSkip } from './support.ts';
import { watchWriter } from './writer.ts';

const PLACE = { web: 'app1', database: 'db1' };

describe('an upgrade of a real deployment', function () {
  this.timeout(10 * 60_000);
  let lab: Lab;

  before(async function () {
    lab = await labOrSkip(this, 'writers');
  });

  const install = (name: string) =>
    lab.run('db1', ['sh', '-c', `apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y ${name}`]);

  describe('with what this version cannot carry: that', () => {
    inTheWay(() => lab);
  });

  describe('that is only checked, with all of that mended or agreed to', () => {
    after(() => sql(lab, 'db1', 'DROP DATABASE wiki'));

    it('changes nothing on any host, and says what would be done', async () => {
      const hosts = ['app1', 'db1'];
      const before = await Promise.all(hosts.map((host) => hostSnapshot(lab, host)));
      const run = await pgup(['run', '-i', lab.inventoryFile, '--check', ...AGREED], { lab });
      const after = await Promise.all(hosts.map((host) => hostSnapshot(lab, host)));
      expect(run.exitCode, told(run)).to.equal(3);
      for (const [index] of hosts.entries()) expect(changedLines(before[index]!, after[index]!)).to.deep.equal([]);
      const would = eventsOf(run, 'task:host').flatMap(({ host, steps }) => steps.map((step) => `${host} ${step}`));
      for (const what of [/nautobot-scheduler/, /nautobot\.service/, /postgresql-17/, /pg_upgrade/, /migrate/]) {
        expect(
          would.some((step) => what.test(step)),
          `${String(what)} in\n${would.join('\n')}`,
        ).to.be.true;
      }
      expect(await majorVersion(lab, 'db1')).to.equal('15');
    });
  });

  describe('with a library that the new version lacks', () => {
    before(async function () {
      this.timeout(2 * 60_000);
      await install(`postgresql-15-${EXTENSION.package}`);
      await sql(lab, 'db1', `CREATE EXTENSION ${EXTENSION.name}`);
    });

    it('is named by --check with the package to install, exit code 2, and nothing is stopped', async () => {
      const run = await pgup(['run', '-i', lab.inventoryFile, '--check'], { lab });
      expect(run.exitCode, told(run)).to.equal(2);
      const found = eventsOf(run, 'finding').find(({ check }) => check === 'missing-library');
      expect(found?.text, told(run)).to.contain(EXTENSION.name);
      expect(found?.next).to.contain(`postgresql-17-${EXTENSION.package}`);
      for (const unit of NAUTOBOT_UNITS) expect(await unitState(lab, 'app1', unit)).to.equal('active');
    });

    it('that is taken away after Prepare puts the whole deployment back, with the logs kept', async () => {
      await install(`postgresql-17-${EXTENSION.package}`);
      const before = await lookAt(lab, PLACE);
      const run = await pgup(['run', faultyPlaybook(), '-i', lab.inventoryFile, '--yes'], { lab });
      expect(run.exitCode, told(run)).to.equal(7);
      await lab.waitForHealth();
      expect(await majorVersion(lab, 'db1')).to.equal('15');
      expect(differences(before, await lookAt(lab, PLACE))).to.deep.equal([]);
      for (const unit of NAUTOBOT_UNITS) expect(await unitState(lab, 'app1', unit)).to.equal('active');
      const letter = eventsOf(run, 'letter')[0]!;
      expect(letter.code).to.equal('rolled-back');
      expect(letter.happened).to.contain(EXTENSION.library);
      const folder = join(eventsOf(run, 'run:start')[0]!.folder!, 'hosts/db1');
      const logs = readdirSync(folder, { recursive: true }).map(String);
      const texts = logs
        .filter((name) => /\.(txt|log)$/.test(name))
        .map((name) => readFileSync(join(folder, name), 'utf8'));
      expect(
        texts.some((text) => text.includes(EXTENSION.library)),
        logs.join(' '),
      ).to.be.true;
    });
  });

  describe('that nothing stands in the way of', () => {
    it('with the library put back, takes PostgreSQL from 15 to 17 with the same data, and lets no writer in before the marker', async () => {
      await lab.run('db1', ['sh', '-c', `mv /root/taken/* /usr/lib/postgresql/17/lib/`]);
      const before = await lookAt(lab, PLACE);
      expect(before.serverVersion).to.match(/^PostgreSQL 15/);
      expect(before.loginStatus).to.equal(200);
      // One on the application host writes from the beginning; one that pgup does not know begins when the server is
      // stopped, because before that it would rightly be a finding.
      const writers = [watchWriter(lab, { from: 'app1', to: 'db1' })];
      await writers[0];
      const run = await upgrade({
        lab,
        onEvent: (event) => {
          if (event.type === 'play:start' && event.play.startsWith('3')) {
            writers.push(watchWriter(lab, { from: 'other1', to: 'db1', prepared: true }));
          }
        },
      });
      expect(run.exitCode, told(run)).to.equal(0);
      expect(writers).to.have.length(2);
      await lab.waitForHealth();
      const passed = eventsOf(run, 'point-of-no-return')[0]!.at;
      const stopped = eventsOf(run, 'task:host').find(
        ({ name, host }) => name === 'Stop the old server' && host === 'db1',
      )!.at;
      for (const writer of writers) {
        const story = await (await writer).stop();
        expect(story.refused, 'the writer was refused while the deployment was closed').to.be.greaterThan(0);
        expect(story.missing, 'rows that were told to be stored and are not there').to.deep.equal([]);
        const inside = story.toldAt.filter((at) => at > stopped && at < passed);
        expect(inside, 'rows stored while only the migrating process may get in').to.deep.equal([]);
      }
      const after = await lookAt(lab, PLACE);
      expect(after.serverVersion).to.match(/^PostgreSQL 17/);
      expect(after.loginStatus).to.equal(200);
      expect(differences(before, after).filter((table) => !table.endsWith('writer_test'))).to.deep.equal([]);
      const extension = `SELECT extname FROM pg_extension WHERE extname = '${EXTENSION.name}'`;
      expect(await sql(lab, 'db1', extension)).to.equal(EXTENSION.name);
      const recap = eventsOf(run, 'recap')[0]!.deployments[0]!;
      expect(recap.outcome).to.equal('done');
      expect(recap.downtime).to.be.within(1, 180);
      expect(recap.kept.join('\n')).to.match(/15\/main/);
      expect(journalText(run)).to.not.contain(lab.opsPassword);
    });

    it('keeps the old cluster, stopped and not started by a reboot, and every unit as it was', async () => {
      await lab.reboot('db1');
      await lab.reboot('app1');
      await lab.waitForHealth();
      expect(await majorVersion(lab, 'db1')).to.equal('17');
      const { stdout } = await lab.run('db1', ['pg_lsclusters', '-h']);
      expect(stdout).to.match(/^15\s+main\s+5432\s+down/m);
      for (const unit of NAUTOBOT_UNITS) expect(await unitState(lab, 'app1', unit), unit).to.equal('active');
      const left = await lab.run('db1', [
        'sh',
        '-c',
        'ls -A /var/lib/pgup; ls /etc/systemd/system/*/ | grep -i pgup; true',
      ]);
      expect(left.stdout).to.not.match(/hold|marker/);
    });

    it('has nothing to do the second time, and says so', async () => {
      const run = await upgrade({ lab });
      expect(run.exitCode, told(run)).to.equal(0);
      const recap = eventsOf(run, 'recap')[0]!.deployments[0]!;
      expect(recap.outcome).to.equal('nothing');
      expect(recap.summary).to.match(/17/);
      expect(eventsOf(run, 'task:host').filter(({ status }) => status === 'changed')).to.deep.equal([]);
    });
  });
});

function changedLines(before: string, after: string): readonly string[] {
  const [was, is] = [new Set(before.split('\n')), new Set(after.split('\n'))];
  return [
    ...[...was].filter((line) => !is.has(line)).map((line) => `- ${line}`),
    ...[...is].filter((line) => !was.has(line)).map((line) => `+ ${line}`),
  ];
}

/** The server flow with one more task after Prepare: an upgrade playbook is data, and a fault is a task in it. */
function faultyPlaybook(): string {
  const text = readFileSync('playbooks/server.yml', 'utf8');
  const fault = `- name: Fault
  hosts: postgresql
  tasks:
    - name: take the library away
      shell: mkdir -p /root/taken && mv /usr/lib/postgresql/17/lib/${EXTENSION.library}.so /root/taken/

`;
  const at = text.indexOf('- name: 1 Stop Nautobot');
  expect(at).to.be.greaterThan(0);
  const file = join(mkdtempSync(join(tmpdir(), 'pgup-playbook-')), 'faulty.yml');
  writeFileSync(file, text.slice(0, at) + fault + text.slice(at));
  return file;
}
