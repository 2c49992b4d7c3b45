import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { expect } from 'chai';
import { PgupError } from '../../lib/errors.ts';
import { Journal, lastNumber, readJournal } from '../../lib/run/journal.ts';

describe('the journal', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'pgup-journal-'));
    path = join(folder, 'journal.jsonl');
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('is on disk, readable by its owner alone, when the call returns', () => {
    const journal = new Journal(path, () => 7);
    journal.write({ kind: 'deployment', deployment: 'ams' });
    expect(readFileSync(path, 'utf8')).to.equal('{"at":7,"n":1,"kind":"deployment","deployment":"ams"}\n');
    expect(statSync(path).mode & 0o777).to.equal(0o600);
    journal.close();
  });

  it('is whole after the process that wrote it was killed in the next instant', () => {
    const module = new URL('../../lib/run/journal.js', import.meta.url).href;
    const program = `
      const { Journal } = await import(${JSON.stringify(module)});
      const journal = new Journal(${JSON.stringify(path)}, Date.now);
      for (let step = 0; step < 200; step++) journal.write({ kind: 'deployment', deployment: String(step) });
      process.kill(process.pid, 'SIGKILL');`;
    const child = spawnSync(process.execPath, ['--input-type=module', '-e', program]);
    expect(child.signal).to.equal('SIGKILL');
    expect(readJournal(path)).to.have.length(200);
  });

  it('is forced to the disk with every intent, and what stood before goes along', () => {
    const forced: string[] = [];
    const journal = new Journal(path, () => 1, { sync: () => forced.push(readFileSync(path, 'utf8')) });
    const step = { deployment: 'ams', task: 'a', host: 'db1', step: 0 };
    journal.write({ kind: 'step-outcome', ...step, outcome: 'ok' });
    expect(forced).to.deep.equal([]);
    journal.write({ kind: 'step-intent', ...step, says: 'stop it', changes: true });
    expect(forced).to.deep.equal([readFileSync(path, 'utf8')]);
    expect(readJournal(path)).to.have.length(2);
    for (const kind of ['no-return-intent', 'no-return'] as const)
      journal.write({ kind, deployment: 'ams', host: 'db1' });
    journal.write({ kind: 'claim', deployment: 'ams', token: 3, owner: 'me' });
    expect(forced).to.have.length(4);
    journal.close();
  });

  it('of a generic playbook is never forced, and is with the system at the end of the turn', async () => {
    const journal = new Journal(path, () => 1, { durable: false, sync: () => expect.fail('forced to the disk') });
    journal.write({ kind: 'deployment', deployment: 'all' });
    journal.write({ kind: 'step-intent', deployment: 'all', task: 'a', host: 'h', step: 0, says: 'x', changes: true });
    await new Promise(setImmediate);
    expect(readJournal(path)).to.have.length(2);
    journal.write({ kind: 'end', exitCode: 0 });
    journal.close();
    expect(readJournal(path)).to.have.length(3);
  });

  it('leaves out a torn last line', () => {
    new Journal(path, () => 1).write({ kind: 'deployment', deployment: 'ams' });
    appendFileSync(path, '{"at":2,"kind":"window","deploy');
    expect(readJournal(path)).to.deep.equal([{ at: 1, n: 1, kind: 'deployment', deployment: 'ams' }]);
  });

  const torn = '{"at":2,"n":2,"kind":"released","deployment":"ams","left":[]}';
  for (const [what, tail, kinds] of [
    ['torn', torn.slice(0, 30), ['deployment', 'window']],
    ['only lacks its newline', torn, ['deployment', 'released', 'window']],
  ] as const) {
    it(`is gone on with behind a last line that ${what === 'torn' ? 'was torn' : what}`, () => {
      new Journal(path, () => 1).write({ kind: 'deployment', deployment: 'ams' });
      appendFileSync(path, tail);
      const after = lastNumber(readJournal(path));
      new Journal(path, () => 3, { after }).write({ kind: 'window', deployment: 'ams', state: 'open' });
      const entries = readJournal(path);
      expect(entries.map(({ kind }) => kind)).to.deep.equal(kinds);
      expect(entries.map(({ n }) => n)).to.deep.equal(kinds.map((_, index) => index + 1));
    });
  }

  it('takes over what another controller wrote as it is, and leaves room for what that one did not tell', () => {
    const journal = new Journal(path, () => 9);
    journal.adopt([{ at: 4, n: 12, kind: 'deployment', deployment: 'ams' }]);
    expect(journal.write({ kind: 'window', deployment: 'ams', state: 'open' }).n).to.be.greaterThan(1000);
    expect(readJournal(path)[0]).to.deep.equal({ at: 4, n: 12, kind: 'deployment', deployment: 'ams' });
    journal.close();
  });

  it('keeps a last line that lacks its newline alone', () => {
    new Journal(path, () => 1).write({ kind: 'deployment', deployment: 'ams' });
    appendFileSync(path, '{"at":2,"kind":"released","deployment":"ams"}');
    expect(readJournal(path).at(-1)).to.deep.equal({ at: 2, kind: 'released', deployment: 'ams' });
  });

  it('refuses to go on from a damaged line in the middle, and names it', () => {
    appendFileSync(path, '{"at":1,"kind":"deployment","deployment":"ams"}\n####\n{"at":2}\n');
    expect(() => readJournal(path))
      .to.throw(PgupError, /journal\.jsonl:2: .*damaged/)
      .with.property('code', 'run-folder');
  });
});
