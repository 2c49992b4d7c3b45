import { expect } from 'chai';
import { resolve } from 'node:path';
import { openLab } from '../../lab/open-lab.ts';
import type { Lab } from '../../lab/open-lab.ts';
import { NAUTOBOT_VERSION } from '../../lab/recipe.ts';
import { httpStatus } from '../../lab/wait.ts';
import { standinContract } from './standin-contract.ts';
import { HOST_TIMEOUT, IMAGE_TIMEOUT, isRoot, labOrSkip, skipWithoutRoot, testLabName } from './support.ts';

const psql = (sql: string, database = 'nautobot'): string[] => [
  'runuser',
  '-u',
  'postgres',
  '--',
  'psql',
  '-XAt',
  '-d',
  database,
  '-c',
  sql,
];

describe('a Nautobot in the lab', function () {
  this.timeout(HOST_TIMEOUT);
  let lab: Lab;

  before(async function () {
    lab = await labOrSkip(this, 'single');
  });

  it('is well, and shows its login page', async () => {
    expect(await httpStatus(lab.healthUrl('one1'))).to.equal(200);
    expect(await httpStatus(lab.healthUrl('one1').replace('/health/', '/login/'))).to.equal(200);
  });

  it('is the real one, in the units that its documentation has', async () => {
    const { stdout } = await lab.run('one1', ['/opt/nautobot/bin/nautobot-server', '--version']);
    expect(stdout).to.contain(`Nautobot version: ${NAUTOBOT_VERSION}\n`);
    for (const unit of ['nautobot', 'nautobot-worker', 'nautobot-scheduler']) {
      const shown = await lab.run('one1', ['systemctl', 'show', unit, '-p', 'ActiveState,PIDFile,User,UnitFileState']);
      expect(shown.stdout.trim().split('\n').sort(), unit).to.deep.equal([
        'ActiveState=active',
        `PIDFile=/var/tmp/${unit}.pid`,
        'UnitFileState=enabled',
        'User=nautobot',
      ]);
    }
  });

  it('has a database of real shape on PostgreSQL 15', async () => {
    expect((await lab.run('one1', psql('SHOW server_version_num'))).stdout).to.match(/^15\d{4}$/m);
    const counts = await lab.run('one1', psql(`SELECT 'sum', sum(n_live_tup) FROM pg_stat_user_tables`));
    expect(Number(counts.stdout.split('|')[1]), 'rows').to.be.above(100_000);
    for (const table of [
      'dcim_location',
      'dcim_device',
      'dcim_interface',
      'dcim_cable',
      'dcim_cablepath',
      'ipam_prefix',
      'ipam_ipaddress',
      'extras_jobresult',
      'auth_user',
    ]) {
      const { stdout } = await lab.run('one1', psql(`SELECT count(*) FROM ${table}`));
      expect(Number(stdout), table).to.be.above(30);
    }
  });

  it('can install Python packages, from wheels that the lab serves', async () => {
    const pip = ['/opt/nautobot/bin/pip', 'install', '--quiet', '--force-reinstall', '--no-deps', 'jinja2'];
    await lab.run('one1', ['runuser', '-u', 'nautobot', '--', ...pip]);
  });

  describe('and the stand-in for it, which answers alike', () => {
    standinContract(() => lab);
  });
});

describe('a dump in the lab', function () {
  this.timeout(HOST_TIMEOUT);

  it('is restored with the roles that it names, and is back after a reset', async function () {
    skipWithoutRoot(this);
    this.timeout(IMAGE_TIMEOUT);
    const dump = resolve('test/data/lab/roles.sql');
    const lab = await openLab({ topology: resolve('test/data/lab/database.yml'), name: testLabName('dump'), dump });
    try {
      const owners = `SELECT tablename, tableowner FROM pg_tables WHERE schemaname = 'public' ORDER BY 1`;
      const names = 'SELECT name FROM dcim_site ORDER BY name COLLATE "C"';
      expect((await lab.run('db1', psql(owners))).stdout).to.equal('dcim_site|nautobot\nreport|Net Ops\n');
      expect((await lab.run('db1', psql(names))).stdout).to.equal('Zürich\nŁódź\n');
      expect(
        (await lab.run('db1', psql(`SELECT has_table_privilege('readonly', 'dcim_site', 'SELECT')`))).stdout,
      ).to.equal('t\n');
      await lab.run('db1', psql('DROP DATABASE nautobot', 'postgres'));
      await lab.reset('db1');
      expect((await lab.run('db1', psql(names))).stdout).to.equal('Zürich\nŁódź\n');
    } finally {
      if (isRoot) await lab.down();
    }
  });
});
