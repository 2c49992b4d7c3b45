import { expect } from 'chai';
import { PgupError } from '../../lib/errors.ts';
import { settleHost } from '../../lib/run/settle.ts';
import type { HostShell, Result } from '../../lib/shell/host-shell.ts';
import { fakeFleet } from './fake-host.ts';

const held = (activity: 'busy' | 'idle'): Result => ({
  ending: { kind: 'exited', code: 0 },
  stdout: Buffer.from(`held 4 r1 somebody ams 0 ${activity}\n`),
  stderr: Buffer.alloc(0),
});

/** A shell that answers one thing after the other; the last again and again. */
async function answering(
  ...answers: readonly (Result | PgupError)[]
): Promise<{ shell: HostShell; asked: () => number }> {
  const real = await fakeFleet().open('db1');
  let asked = 0;
  const shell: HostShell = Object.create(real, {
    ask: {
      value: (): Promise<Result> => {
        const answer = answers[Math.min(asked++, answers.length - 1)] ?? held('idle');
        return answer instanceof PgupError ? Promise.reject(answer) : Promise.resolve(answer);
      },
    },
  }) as HostShell;
  return { shell, asked: () => asked };
}

const lost = new PgupError('connection-lost', 'the line was lost');
const patience = (changes: { reconnectTimeout?: number; park?: AbortSignal } = {}) => ({
  sleep: () => new Promise<void>((resolve) => setImmediate(resolve)),
  reconnectTimeout: 60_000,
  park: new AbortController().signal,
  ...changes,
});

describe('a host after a lost line', () => {
  it('is looked at until nothing that was sent before changes it any more', async () => {
    const { shell, asked } = await answering(held('busy'), held('busy'), held('idle'));
    await settleHost(shell, patience());
    expect(asked()).to.equal(3);
  });

  it('is tried again while the line stays lost', async () => {
    const { shell, asked } = await answering(lost, lost, held('idle'));
    await settleHost(shell, patience());
    expect(asked()).to.equal(3);
  });

  it('is given up after the time that is allowed, or at once by the second interrupt', async () => {
    for (const given of [{ reconnectTimeout: -1 }, { park: AbortSignal.abort() }]) {
      const { shell, asked } = await answering(lost);
      const thrown = await settleHost(shell, patience(given)).catch((error: unknown) => error);
      expect([thrown, asked()]).to.deep.equal([lost, 1]);
    }
  });

  it('is not tried again where it answers that something else is wrong', async () => {
    const refused = new PgupError('become', 'sudo refused');
    const { shell, asked } = await answering(refused);
    const thrown = await settleHost(shell, patience()).catch((error: unknown) => error);
    expect([thrown, asked()]).to.deep.equal([refused, 1]);
  });
});
