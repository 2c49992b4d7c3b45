import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { command } from '../../lab/command.ts';
import { followScript, stateScript } from '../../lib/shell/job-scripts.ts';

describe('shell: a look at a job that ends in the same moment', () => {
  let jobs: string;
  beforeEach(() => {
    jobs = mkdtempSync(join(tmpdir(), 'pgup-jobs-'));
    mkdirSync(join(jobs, 'j'));
    for (const [file, text] of [
      ['out', 'one\n'],
      ['alive', ''],
      ['rc.new', '0\n'],
    ] as const)
      writeFileSync(join(jobs, 'j', file), text);
  });
  afterEach(() => {
    rmSync(jobs, { recursive: true });
  });

  /** The job is alive until its output is measured; then it says its last word, and ends. */
  const look = async (text: string): Promise<string> => {
    const ends = `cd ${jobs}/j
flock() { return 1; }
wc() { command wc "$@"; [ ! -e rc.new ] || { echo two >>out; mv rc.new rc; }; }`;
    const script = text.replaceAll('/var/lib/pgup/jobs', jobs);
    return (await command(['sh', '-c', `${ends}\n${script}`])).stdout;
  };

  for (const [what, script] of [
    ['state', stateScript('j')],
    ['follow', followScript({ id: 'j', offset: 0, most: 100, rounds: 1 })],
  ] as const) {
    it(`${what}: never calls it finished with less than all that it said`, async () => {
      const [first = ''] = (await look(script.text)).split('\n');
      expect(first).to.be.oneOf(['4 running', '8 finished 0']);
      const [second = ''] = (await look(script.text)).split('\n');
      expect(second).to.equal('8 finished 0');
    });
  }
});
