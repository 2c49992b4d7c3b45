import { expect } from 'chai';
import type { Upgrade } from '../../../lib/modules/upgrade.ts';
import { parseSurvey } from '../../../lib/modules/survey/host-survey.ts';
import { cluster, findingsOf, judge, scene, server, settings, survey, surveyOutput, type Scene } from './fixtures.ts';

function upgrade(of: Scene): Upgrade {
  const decision = judge(of);
  if (decision.kind !== 'nothing') throw new Error(JSON.stringify(decision));
  return decision.learned?.shared?.['upgrade'] as Upgrade;
}

const checks = (app1: string, db1: string): readonly string[] =>
  findingsOf(judge(scene(app1, db1)))
    .filter(({ weight }) => weight === 'blocks')
    .map(({ check }) => check);

describe('survey_deployment', () => {
  it('says in words what the upgrade is, and fixes it', () => {
    const decision = judge(scene());
    expect(decision.kind === 'nothing' && decision.reason).to.equal(
      '15/main on db1 → 17/main, copy, backup in /var/lib/postgresql/pgup-backup/15-main-20261123-020304-abcd, 231 MB, 3 units on app1',
    );
    const found = upgrade(scene());
    expect(found).to.deep.include({ databaseHost: 'db1', migrator: 'app1', database: 'nautobot', mode: 'copy' });
    expect(found.packages).to.deep.equal(['postgresql-17']);
    expect(found.old).to.deep.include({
      minor: '15.18',
      installUser: 'postgres',
      encoding: 'UTF8',
      collate: 'en_US.UTF-8',
      localeProvider: 'libc',
      checksums: false,
      walSegmentSize: 16_777_216,
      start: 'auto',
    });
    expect(found.new).to.deep.include({ dataDirectory: '/var/lib/postgresql/17/main', port: 5432 });
    expect(found.applications[0]?.units.map(({ name, role }) => `${name} ${role}`)).to.deep.equal([
      'nautobot-scheduler.service scheduler',
      'nautobot-worker.service worker',
      'nautobot.service web',
    ]);
    expect(found.applications[0]?.health).to.deep.include({ address: '127.0.0.1', port: 8080, path: '/health/' });
  });

  it('says of hosts that another run holds nothing but that: what else is found is its doing', () => {
    const of = scene();
    of.db1.host.state['claim'] = 'pgup1 held 4 20261122-010101-ffff ops%40controller%2012 demo\n';
    cluster(of).status = 'down';
    of.app1.units.forEach((unit) => (unit.active = 'inactive'));
    expect(findingsOf(judge(of)).map(({ check, host }) => `${check} ${host}`)).to.deep.equal(['held db1']);
  });

  it('survives the journal', () => {
    const found = upgrade(scene());
    const again = JSON.parse(JSON.stringify(found)) as Upgrade;
    expect(JSON.stringify(again)).to.equal(JSON.stringify(found));
  });

  it('takes a closed port that nobody listens on, another one in each run', () => {
    const of = scene();
    const first = upgrade(of).new.closedPort;
    of.db1.host.listening.push(first);
    expect(upgrade(of).new.closedPort).to.equal(first + 1);
    of.run = '20261123-020305-abcd';
    expect(upgrade(of).new.closedPort).to.not.equal(first);
  });

  it('clones where the file system can, and only there', () => {
    const of = scene();
    cluster(of).places.forEach((place) => (place.clones = true));
    expect(upgrade(of).mode).to.equal('clone');
    cluster(of).places.forEach((place, index) => (place.device = String(index)));
    expect(upgrade(of).mode).to.equal('copy');
    cluster(of).places.forEach((place) => Object.assign(place, { device: '1', clones: undefined }));
    expect(upgrade(of).mode).to.equal('copy');
    of.variables['pgup_mode'] = 'clone';
    expect(upgrade(of).mode).to.equal('clone');
  });

  it('keeps the new data beside the old', () => {
    const of = scene();
    const fresh = cluster(of).places.find(({ label }) => label === 'new');
    if (fresh) fresh.path = '/data/17/main';
    expect(upgrade(of).new.dataDirectory).to.equal('/data/17/main');
  });

  it('takes the locale provider from template1', () => {
    const of = scene();
    const template = server(of).databases.find(({ name }) => name === 'template1');
    Object.assign(template ?? {}, { provider: 'i', locale: 'sv-SE' });
    expect(upgrade(of).old).to.deep.include({ localeProvider: 'icu', icuLocale: 'sv-SE' });
  });

  it('needs nothing where the target serves Nautobot already, and says so', () => {
    const of = scene();
    cluster(of).version = '17';
    server(of).version = '17.11 (Debian 17.11-0+deb13u1)';
    const decision = judge(of);
    expect(decision).to.deep.equal({
      kind: 'finished',
      reason: 'PostgreSQL 17 serves Nautobot already: 17/main on db1 (17.11)',
    });
  });

  it('is not finished while a run that was left half way holds the host', () => {
    const of = scene();
    cluster(of).version = '17';
    of.db1.host.state['claim'] = 'pgup1 held 4 20261122-010101-ffff ops demo';
    expect(judge(of).kind).to.equal('findings');
  });

  it('is not finished where one application host works on another cluster', () => {
    const of = scene();
    cluster(of).version = '17';
    const other = scene();
    Object.assign(settings(other).server ?? {}, { identifier: '5' });
    of.others['app2'] = other.app1;
    expect(judge(of).kind).to.equal('findings');
  });

  it('finds the cluster by address and port where Nautobot cannot say what it is connected to', () => {
    const of = scene();
    settings(of).server = undefined;
    const found = findingsOf(judge(of)).map(({ check }) => check);
    expect(found).to.include('nautobot-database').and.not.include('database-elsewhere');
  });

  it('tells clusters apart that were made by copying files, by the port that the server tells', () => {
    const of = scene();
    of.db1.clusters.unshift({ ...structuredClone(cluster(of)), name: 'copy', port: 5433 });
    expect(upgrade(of).old.name).to.equal('main');
    Object.assign(settings(of).server ?? {}, { port: 5433 });
    settings(of).database.port = '5433';
    expect(upgrade(of).old.name).to.equal('copy');
  });

  it('stops where no cluster is known and nobody says why', () => {
    const of = scene();
    of.app1.units = [];
    of.app1.server = undefined;
    of.others['app2'] = { ...survey('app1'), server: undefined };
    const decision = judge(of);
    expect(findingsOf(decision).some(({ weight }) => weight === 'blocks')).to.equal(true);
    expect(decision.kind).to.equal('findings');
  });

  it('takes a primary before its standby on the same host', () => {
    const of = scene();
    const standby = { ...structuredClone(cluster(of)), name: 'standby', status: 'online,recovery' };
    of.db1.clusters.unshift({ ...standby, port: 5433 });
    Object.assign(settings(of).server ?? {}, { port: 5499 });
    const [found] = findingsOf(judge(of)).filter(({ check }) => check === 'proxy');
    expect(found, 'through port 5432 of db1').to.equal(undefined);
    expect(upgrade(of).old.name).to.equal('main');
  });

  it('takes a local socket for the host that Nautobot is on', () => {
    const of = scene();
    settings(of).server = undefined;
    settings(of).database.host = '';
    expect(findingsOf(judge(of)).map(({ check }) => check)).to.include('database-elsewhere');
  });

  it('says all that is in the way at once', () => {
    expect(checks('app1-troubled', 'db1-troubled').toSorted()).to.deep.equal([
      'archiving',
      'closed-database',
      'hba-error',
      'health-address',
      'local-session',
      'missing-library',
      'missing-library',
      'not-null',
      'other-database',
      'patroni',
      'pgbouncer',
      'prepared-transaction',
      'replication-slot',
      'second-scheduler',
      'setting-error',
      'stored-type',
      'stored-type',
      'stray-process',
      'subscription',
      'tablespace',
    ]);
  });

  it('names the library and the package before the target is installed, and after', () => {
    for (const db1 of ['db1-troubled', 'db1-target-there', 'db1-admin']) {
      const found = findingsOf(judge(scene('app1', db1))).filter(({ check }) => check === 'missing-library');
      expect(found.map(({ text }) => /\((.*?)\)/.exec(text)?.[1])).to.deep.equal([
        'extension adminpack in nautobot',
        'extension ip4r in nautobot',
      ]);
      expect(found[1]?.next).to.include('postgresql-17-ip4r');
    }
  });

  it('sees a cluster of the target, a stranger from elsewhere, a follower, a closed door, as real hosts show them', () => {
    expect(checks('app1', 'db1-target-there')).to.include('new-cluster').and.include('foreign-session');
    expect(checks('app1', 'db1-followed')).to.deep.equal(['standby']);
    expect(checks('app1', 'db1-closed')).to.deep.equal(['no-way-in']);
  });

  for (const [version, count] of [
    ['1.6', 305],
    ['2.4', 79],
  ] as const)
    it(`names the ${count} migrations that are pending on a schema of Nautobot ${version}`, () => {
      const of = scene(`app1-schema-${version}`);
      const [found] = findingsOf(judge(of));
      expect(found?.text).to.match(new RegExp(`^${count} migrations are pending: .*dcim\\.00\\d\\d–0097`));
      expect(found?.weight).to.equal('blocks');
      of.variables['pgup_migrate'] = 'pending';
      expect(judge(of).kind).to.equal('nothing');
      expect(upgrade(of).applications[0]?.pendingMigrations).to.have.length(count);
    });

  it('leaves no password in what it learned', () => {
    const text = surveyOutput('app1-troubled').toString();
    expect(text).to.include('NAUTOBOT_CONFIG').and.not.include('NAUTOBOT_DB_PASSWORD');
  });

  it('has no survey where the output breaks off', () => {
    const output = surveyOutput('db1');
    expect(parseSurvey(output.subarray(0, output.length - 12))).to.equal(undefined);
  });
});
