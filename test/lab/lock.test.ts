import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { withLock } from '../../lab/lock.ts';
import { identify } from '../../lab/processes.ts';
import { silentProgress } from '../../lab/progress.ts';
import type { Progress } from '../../lab/progress.ts';

describe('a lock file', () => {
  let folder = '';
  let file = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'pgup-lock-'));
    file = join(folder, 'a.lock');
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('lets in one after the other, and the one who waits says for what', async () => {
    const said: string[] = [];
    const telling: Progress = { ...silentProgress, say: (text) => said.push(text) };
    const order: string[] = [];
    const first = withLock(file, 'the first', silentProgress, async () => {
      order.push('first in');
      await sleep(300);
      order.push('first out');
    });
    await sleep(50);
    await withLock(file, 'the second', telling, () => Promise.resolve(order.push('second in')));
    await first;
    expect(order).to.deep.equal(['first in', 'first out', 'second in']);
    expect(said).to.deep.equal([`waiting for the first (process ${process.pid})`]);
    expect(existsSync(file)).to.equal(false);
  });

  it('is given back when the work fails', async () => {
    const failed = await withLock(file, 'x', silentProgress, () => Promise.reject(new Error('no'))).catch(
      () => 'failed',
    );
    expect(failed).to.equal('failed');
    expect(existsSync(file)).to.equal(false);
  });

  it('outlives neither its dead holder nor another process that got its number', async () => {
    const child = spawn('sleep', ['60']);
    const id = identify(child.pid ?? 0);
    let mine = '';
    await withLock(file, 'x', silentProgress, () => Promise.resolve((mine = readFileSync(file, 'utf8'))));
    const machine = (JSON.parse(mine) as { machine: string }).machine;
    for (const holder of [
      { pid: child.pid, started: `${id?.started ?? ''}0` },
      { pid: 4194303, started: '1' },
    ]) {
      writeFileSync(file, JSON.stringify({ ...holder, machine, what: 'the dead' }));
      expect(await withLock(file, 'x', silentProgress, () => Promise.resolve('in'))).to.equal('in');
    }
    child.kill();
  });
});
