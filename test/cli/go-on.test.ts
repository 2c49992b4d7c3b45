import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { runCli } from '../../cli/cli.ts';
import { prepare } from '../../cli/prepare.ts';
import { resolveSettings } from '../../cli/settings.ts';
import { frozenRun } from '../../lib/run/frozen-plan.ts';
import { openRunFolder, writePlan } from '../../lib/run/run-folder.ts';
import { openListener, type Listener } from '../support/listener.ts';
import { testContext } from './support.ts';

const RUN = '20261127-010203-abcd';

describe('going on with a run', () => {
  let cwd: string;
  let listener: Listener;

  before(async () => {
    listener = await openListener();
  });
  beforeEach(() => {
    cwd = mkdtempSync(join(tmpdir(), 'pgup-go-on-'));
    writeInventory('17');
  });
  afterEach(() => {
    rmSync(cwd, { recursive: true });
    expect(listener.connections(), 'connections').to.equal(0);
  });
  after(() => listener.close());

  function writeInventory(target: string): void {
    writeFileSync(
      join(cwd, 'prod.ini'),
      `[deployments:children]\nparis\n[paris]\np1 ansible_host=127.0.0.1 ansible_port=${listener.port}\n` +
        `[nautobot]\np1\n[postgresql]\np1\n[all:vars]\npgup_target='${target}'\n`,
    );
  }

  /** The folder of a run that began with the inventory as it is now. */
  function begin(): void {
    const context = testContext({ cwd });
    const settings = resolveSettings({ inventory: ['prod.ini'] }, context);
    const { plan, inventory } = prepare({ playbook: undefined, settings, context, vaultPassword: undefined });
    const folder = openRunFolder({ runs: join(cwd, 'runs'), id: RUN, now: () => 0, durable: false });
    writePlan(folder, frozenRun(plan, inventory));
    const { hash, playbookFile: playbook } = plan;
    folder.journal.write({
      ...{ kind: 'run', run: RUN, pgup: '0', plan: hash, playbook, sources: ['prod.ini'], cwd },
      ...{ limit: undefined, serial: undefined, maxFailures: undefined },
    });
    folder.journal.close();
  }

  async function pgup(...argv: readonly string[]) {
    const context = testContext({ cwd: '/', env: { PGUP_RUNS_DIR: join(cwd, 'runs') } });
    const exit = await runCli(argv, context);
    return { exit, out: context.out(), err: context.err() };
  }

  for (const verb of ['resume', 'rollback']) {
    it(`${verb} is refused where the inventory has changed since, with the difference`, async () => {
      begin();
      writeInventory('16');
      const { exit, err } = await pgup(verb, RUN, '--yes');
      expect(exit).to.equal(5);
      expect(err).to.match(/^pgup: error\[plan-changed\]: inventory, playbook or -e are not what they were/);
      expect(err).to.match(/pgup_target.*17.*16/);
      expect(err).to.contain(`${RUN}/plan.json has it`);
    });

    it(`${verb} is refused without a terminal to ask on`, async () => {
      begin();
      const { exit, err } = await pgup(verb, RUN);
      expect([exit, err.split('\n')[0]]).to.deep.equal([
        5,
        'pgup: error[confirmation]: this changes hosts and asks before it does, and there is no terminal to ask on',
      ]);
    });

    it(`${verb} says where it looked for a run that is not there`, async () => {
      const { exit, err } = await pgup(verb, '20260101-000000-0000', '--yes');
      expect(exit).to.equal(5);
      expect(err).to.contain(`no run 20260101-000000-0000 is known in ${join(cwd, 'runs')}`);
      expect(err).to.contain('with -i to ask the hosts');
    });
  }
});
