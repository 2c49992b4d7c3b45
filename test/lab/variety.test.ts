import { expect } from 'chai';
import type { Lab } from '../../lab/open-lab.ts';
import { failingPlaybook } from '../faults/fault-case.ts';
import { eventsOf, pgup, told, upgrade, type PgupRun } from './pgup.ts';
import { labOrSkip } from './support.ts';

/** Where each deployment's Nautobot keeps its rows: machine and port. In the order of the inventory. */
const DATABASES = {
  both: ['one1', 5432],
  bare: ['db1', 5432],
  alpha: ['db2', 5432],
  beta: ['db2', 5433],
} as const;

const outcomesOf = (run: PgupRun) =>
  Object.fromEntries(
    eventsOf(run, 'recap')[0]?.deployments.map(({ deployment, outcome }) => [deployment, outcome]) ?? [],
  );

describe('a fleet of deployments of every shape', function () {
  this.timeout(8 * 60_000);
  let lab: Lab;

  before(async function () {
    lab = await labOrSkip(this, 'variety');
  });

  async function ask(deployment: keyof typeof DATABASES, text: string): Promise<string> {
    const [host, port] = DATABASES[deployment];
    const argv = ['runuser', '-u', 'postgres', '--', 'psql', '-XqAt', '-p', String(port), '-c', text, 'nautobot'];
    return (await lab.run(host, argv)).stdout.trim();
  }

  it('goes on in batches, puts one back that fails, alone, and starts no further batch', async () => {
    const playbook = failingPlaybook("pgup.deployment == 'alpha'");
    const run = await pgup(['run', playbook, '-i', lab.inventoryFile, '--yes', '--serial', '1,50%'], { lab });
    expect(run.exitCode, told(run)).to.equal(7);
    expect(outcomesOf(run)).to.deep.equal({ both: 'done', bare: 'done', alpha: 'rolled-back', beta: 'not-started' });
    const started = eventsOf(run, 'deployment:start').map(({ deployment }) => deployment);
    expect(started).to.deep.equal(['both', 'bare', 'alpha']);
    const first = eventsOf(run, 'deployment:end').find(({ deployment }) => deployment === 'both')!;
    for (const { deployment, at } of eventsOf(run, 'deployment:start').slice(1)) {
      expect(at, `${deployment} waits for the first batch`).to.be.at.least(first.at);
    }
    for (const [deployment, version] of [
      ['both', '17'],
      ['bare', '17'],
      ['alpha', '15'],
      ['beta', '15'],
    ] as const) {
      expect(await ask(deployment, 'SHOW server_version'), deployment).to.match(new RegExp(`^${version}\\.`));
      expect(Number(await ask(deployment, 'SELECT count(*) FROM extras_numberedrow'))).to.be.greaterThan(0);
    }
  });

  it('is upgraded by the next run, which does nothing where that is done', async () => {
    const run = await upgrade({ lab });
    expect(run.exitCode, told(run)).to.equal(0);
    expect(outcomesOf(run)).to.deep.equal({ both: 'nothing', bare: 'nothing', alpha: 'done', beta: 'done' });
    for (const deployment of ['alpha', 'beta'] as const) {
      expect(await ask(deployment, 'SHOW server_version'), deployment).to.match(/^17\./);
      expect(Number(await ask(deployment, 'SELECT count(*) FROM extras_numberedrow'))).to.be.greaterThan(0);
    }
  });

  it('leaves a cluster alone that is nobody of its own', async () => {
    const { stdout } = await lab.run('db2', ['pg_lsclusters', '--no-header']);
    expect(stdout).to.match(/^15\s+billing\s+5434\s+online/m);
    expect(stdout)
      .to.match(/^15\s+main\s+\d+\s+down/m)
      .and.to.match(/^15\s+beta\s+\d+\s+down/m);
  });

  it('needs nothing installed on a bare host', async () => {
    const { stdout } = await lab.run('db1', ['sh', '-c', 'command -v python3 curl sudo || echo none']);
    expect(stdout.trim()).to.equal('none');
  });
});
