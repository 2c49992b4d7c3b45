import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { PgupError } from '../../lib/errors.ts';
import { readJournal } from '../../lib/run/journal.ts';
import { openRunFolder, readPlan, runIds, writePlan } from '../../lib/run/run-folder.ts';

const mode = (path: string): number => statSync(path).mode & 0o777;

describe('a run folder', () => {
  let runs: string;
  beforeEach(() => {
    runs = join(mkdtempSync(join(tmpdir(), 'pgup-runs-')), 'pgup', 'runs');
  });
  afterEach(() => {
    rmSync(join(runs, '../..'), { recursive: true });
  });
  const open = (id: string, before?: Parameters<typeof openRunFolder>[0]['before']) =>
    openRunFolder({ runs, id, now: () => 7, durable: true, before });

  it('is for its owner alone, with all that is put into it', () => {
    const folder = open('a');
    writePlan(folder, { kind: 'plan' });
    writeFileSync(folder.fileOf('db1', 'log'), '');
    expect([folder.path, join(folder.path, 'hosts/db1')].map(mode)).to.deep.equal([0o700, 0o700]);
    expect(['journal.jsonl', 'plan.json'].map((file) => mode(join(folder.path, file)))).to.deep.equal([0o600, 0o600]);
    expect(readPlan(runs, 'a')).to.deep.equal({ kind: 'plan' });
    folder.journal.close();
  });

  it('is closed to others although it was made before', () => {
    mkdirSync(join(runs, 'a'), { recursive: true });
    chmodSync(join(runs, 'a'), 0o755);
    open('a').journal.close();
    expect(mode(join(runs, 'a'))).to.equal(0o700);
  });

  it('goes on counting where the run was left', () => {
    const first = open('a');
    first.journal.write({ kind: 'deployment', deployment: 'ams' });
    first.journal.write({ kind: 'deployment', deployment: 'fra' });
    first.journal.close();
    const before = readJournal(join(first.path, 'journal.jsonl'));
    const second = open('a', before);
    second.journal.write({ kind: 'end', exitCode: 0 });
    second.journal.close();
    expect(readJournal(join(first.path, 'journal.jsonl')).map(({ n }) => n)).to.deep.equal([1, 2, 3]);
  });

  it('is listed oldest first, where it is one', () => {
    expect(runIds(runs)).to.deep.equal([]);
    for (const id of ['20261103-b', '20261102-a']) open(id).journal.close();
    mkdirSync(join(runs, 'no run'));
    expect(runIds(runs)).to.deep.equal(['20261102-a', '20261103-b']);
  });

  it('that cannot be made is told, with what to type', () => {
    mkdirSync(join(runs, '..'), { recursive: true });
    writeFileSync(runs, 'a file');
    expect(() => open('a'))
      .to.throw(PgupError)
      .that.satisfies(({ code, next }: PgupError) => code === 'run-folder' && /--runs-dir/.test(next ?? ''));
  });
});
