import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { runCli } from '../../cli/cli.ts';
import { Journal, type Entry } from '../../lib/run/journal.ts';
import { testContext } from './support.ts';

const BEGIN: Entry = {
  kind: 'run',
  run: 'r1',
  pgup: '0.1.0',
  plan: 'hash',
  playbook: 'server.yml',
  sources: ['prod.ini'],
  cwd: '/',
  limit: undefined,
  serial: undefined,
  maxFailures: undefined,
};

const ENTRIES: readonly Entry[] = [
  BEGIN,
  { kind: 'deployment', deployment: 'alpha' },
  { kind: 'deployment', deployment: 'beta' },
  { kind: 'claim', deployment: 'alpha', token: 3, owner: 'ops@controller' },
  { kind: 'task-intent', deployment: 'alpha', task: '1.1', host: 'app1' },
  { kind: 'task-intent', deployment: 'alpha', task: '1.1', host: 'db1' },
  { kind: 'step-intent', deployment: 'alpha', task: '1.1', host: 'db1', step: 0, says: 'stop 15/main', changes: true },
  { kind: 'step-outcome', deployment: 'alpha', task: '1.1', host: 'db1', step: 0, outcome: 'ok' },
  { kind: 'learned', deployment: 'alpha', host: 'db1', facts: { much: 'of it' } },
  { kind: 'task-outcome', deployment: 'alpha', task: '1.1', host: 'db1', status: 'changed' },
  { kind: 'outcome', deployment: 'alpha', outcome: 'done', summary: 'upgraded\u001b[2J' },
  { kind: 'end', exitCode: 0 },
];

const LINES = [
  'run r1 begins, or is gone on with: server.yml on prod.ini',
  'alpha: begins',
  'beta: begins',
  'alpha: locked for ops@controller, token 3',
  'alpha app1: task 1.1 Stop the old server',
  'alpha db1: task 1.1 Stop the old server',
  'alpha db1:   will stop 15/main',
  'alpha db1:   step 0: ok',
  'alpha db1: task 1.1 Stop the old server: changed',
  'alpha: done: upgraded\\x1b[2J',
  'the run ends with exit code 0',
].map((line) => `1970-01-01T00:00:07.000Z ${line}`);

describe('pgup log', () => {
  let runs: string;
  const journal = (): string => join(runs, 'r1', 'journal.jsonl');
  beforeEach(() => {
    runs = mkdtempSync(join(tmpdir(), 'pgup-log-'));
    mkdirSync(join(runs, 'r1'));
    const plan = { deployments: [{ plays: [{ tasks: [{ id: '1.1', name: 'Stop the old server' }] }] }] };
    writeFileSync(join(runs, 'r1', 'plan.json'), JSON.stringify(plan));
    const written = new Journal(journal(), () => 7000);
    for (const entry of ENTRIES) written.write(entry);
    written.close();
  });
  afterEach(() => {
    rmSync(runs, { recursive: true });
  });

  async function log(...words: readonly string[]): Promise<{ code: number; out: string; err: string }> {
    const context = testContext();
    const code = await runCli(['log', '--runs-dir', runs, ...words], context);
    return { code, out: context.out(), err: context.err() };
  }

  it('says what was done, in order, with nothing in it that a terminal would obey', async () => {
    expect(await log()).to.deep.equal({ code: 0, out: `${LINES.join('\n')}\n`, err: '' });
    expect((await log('r1')).out).to.equal(`${LINES.join('\n')}\n`);
  });

  it('keeps to one host, and to what concerns it', async () => {
    const { out } = await log('r1', '--host', 'app1');
    expect(out.trim().split('\n')).to.deep.equal([0, 1, 3, 4, 9, 10].map((index) => LINES[index]));
  });

  it('leaves out a last line that a killed controller did not finish', async () => {
    appendFileSync(journal(), '{"at":8000,"n":13,"kind":"end","exi');
    expect((await log()).out).to.equal(`${LINES.join('\n')}\n`);
  });

  it('gives the entries whole, one JSON object a line', async () => {
    const { out } = await log('--output', 'json');
    const entries = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(entries).to.have.length(ENTRIES.length);
    expect(entries[8]).to.deep.include({ kind: 'learned', facts: { much: 'of it' } });
  });

  it('refuses a host or a run that it does not know, with the nearest one', async () => {
    const host = await log('--host', 'db2');
    expect([host.code, host.out]).to.deep.equal([5, '']);
    expect(host.err).to.include('error[usage]').and.to.include('did you mean "db1"?');
    const run = await log('r2');
    expect([run.code, run.err]).to.satisfy(([code, err]: [number, string]) => code === 5 && err.includes('"r1"'));
  });

  it('says where a journal is damaged', async () => {
    appendFileSync(journal(), 'garbage\n{"at":8000,"n":14,"kind":"end","exitCode":0}\n');
    const { code, err } = await log();
    expect(code).to.not.equal(0);
    expect(err).to.include(`${journal()}:13: this line of the journal is damaged`);
  });
});
