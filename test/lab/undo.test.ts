import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { lookAt, differences } from '../../lab/demo-proof.ts';
import type { Lab } from '../../lab/open-lab.ts';
import { eventsOf, majorVersion, NAUTOBOT_UNITS, pgup, sql, told, unitState, upgrade } from './pgup.ts';
import { resetLabOrSkip } from './support.ts';
import { EXTENSION } from './extension.ts';

const PLACE = { web: 'app1', database: 'db1' };

describe('a library that the new version lacks', function () {
  this.timeout(10 * 60_000);
  let lab: Lab;

  before(async function () {
    lab = await resetLabOrSkip(this, 'writers');
    await lab.run('db1', [
      'sh',
      '-c',
      `apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y postgresql-15-${EXTENSION.package}`,
    ]);
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

  it('stops a run too, before anything is changed', async () => {
    const run = await upgrade({ lab });
    expect(run.exitCode, told(run)).to.equal(2);
    expect(eventsOf(run, 'recap')[0]!.deployments[0]!.outcome).to.equal('blocked');
    expect(eventsOf(run, 'task:host').filter(({ status }) => status === 'changed')).to.deep.equal([]);
  });

  it('that is taken away after Prepare puts the whole deployment back, with the logs kept', async () => {
    await lab.run('db1', [
      'sh',
      '-c',
      `DEBIAN_FRONTEND=noninteractive apt-get install -y postgresql-17-${EXTENSION.package}`,
    ]);
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

  it('put back, a second run succeeds', async () => {
    await lab.run('db1', ['sh', '-c', `mv /root/taken/* /usr/lib/postgresql/17/lib/`]);
    const run = await upgrade({ lab });
    expect(run.exitCode, told(run)).to.equal(0);
    expect(await majorVersion(lab, 'db1')).to.equal('17');
    expect(await sql(lab, 'db1', `SELECT extname FROM pg_extension WHERE extname = '${EXTENSION.name}'`)).to.equal(
      EXTENSION.name,
    );
  });
});

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
