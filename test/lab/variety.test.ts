import { expect } from 'chai';
import type { Lab } from '../../lab/open-lab.ts';
import { eventsOf, told, upgrade, type PgupRun } from './pgup.ts';
import { resetLabOrSkip } from './support.ts';

/** Where each deployment's Nautobot keeps its rows: machine and port. */
const DATABASES = {
  both: ['one1', 5432],
  bare: ['db1', 5432],
  alpha: ['db2', 5432],
  beta: ['db2', 5433],
} as const;

describe('deployments of every shape in one run', function () {
  this.timeout(8 * 60_000);
  let lab: Lab;
  let run: PgupRun;

  before(async function () {
    lab = await resetLabOrSkip(this, 'variety');
    run = await upgrade({ lab });
  });

  it('are all upgraded', () => {
    const outcomes = eventsOf(run, 'recap')[0]?.deployments.map(({ deployment, outcome }) => [deployment, outcome]);
    expect(Object.fromEntries(outcomes ?? []), told(run)).to.deep.equal({
      both: 'done',
      bare: 'done',
      alpha: 'done',
      beta: 'done',
    });
    expect(run.exitCode).to.equal(0);
  });

  for (const [deployment, [host, port]] of Object.entries(DATABASES)) {
    it(`${deployment}: the new server serves at the old port of ${host}, with its rows`, async () => {
      expect(await ask(lab, host, port, 'SHOW server_version')).to.match(/^17\./);
      expect(Number(await ask(lab, host, port, 'SELECT count(*) FROM extras_numberedrow'))).to.be.greaterThan(0);
    });
  }

  it('leave a cluster alone that is nobody of theirs', async () => {
    const { stdout } = await lab.run('db2', ['pg_lsclusters', '--no-header']);
    expect(stdout).to.match(/^15\s+billing\s+5434\s+online/m);
    expect(stdout)
      .to.match(/^15\s+main\s+\d+\s+down/m)
      .and.to.match(/^15\s+beta\s+\d+\s+down/m);
  });

  it('need nothing installed on a bare host', async () => {
    const { stdout } = await lab.run('db1', ['sh', '-c', 'command -v python3 curl sudo || echo none']);
    expect(stdout.trim()).to.equal('none');
  });
});

async function ask(lab: Lab, host: string, port: number, text: string): Promise<string> {
  const argv = ['runuser', '-u', 'postgres', '--', 'psql', '-XqAt', '-p', String(port), '-c', text, 'nautobot'];
  return (await lab.run(host, argv)).stdout.trim();
}
