import { expect } from 'chai';
import type { Step } from '../../lib/modules/module.ts';
import { exited, judge } from '../../lib/run/verdict.ts';
import type { Result } from '../../lib/shell/host-shell.ts';
import { sh } from '../../lib/shell/sh.ts';

const step: Step = { kind: 'change', says: 'stop it', command: sh`true` };
const result = (changes: Partial<Result>): Result => ({ ...exited(0), ...changes });

describe('the verdict on a step', () => {
  it('is well where the command ended with 0', () => {
    expect(judge(step, exited(0))).to.deep.equal({ ok: true });
  });

  it('says how it ended, and the end of what stands on its standard error', () => {
    const stderr = Buffer.from(Array.from({ length: 20 }, (_, line) => `line ${line}`).join('\n'));
    const verdict = judge(
      step,
      result({ ending: { kind: 'exited', code: 3 }, stderr, stdout: Buffer.from('not this') }),
    );
    const last = Array.from({ length: 8 }, (_, line) => `line ${line + 12}`).join('\n');
    expect(verdict).to.deep.equal({ ok: false, says: `stop it ended with exit code 3: ${last}` });
  });

  it('falls back on standard output, and on nothing', () => {
    const signalled = result({ ending: { kind: 'signalled', signal: 'KILL' }, stdout: Buffer.from('out\n') });
    expect(judge(step, signalled)).to.deep.equal({ ok: false, says: 'stop it was ended by signal KILL: out' });
    expect(judge(step, exited(1))).to.deep.equal({ ok: false, says: 'stop it ended with exit code 1' });
  });

  it("is the step's own where it has a judge, but for an ending that nobody knows", () => {
    const lenient: Step = { ...step, judge: () => ({ ok: true }) };
    expect(judge(lenient, exited(3))).to.deep.equal({ ok: true });
    const lost = result({ ending: { kind: 'unknown', reason: 'the line was lost' } });
    expect(judge(lenient, lost)).to.deep.equal({ ok: false, says: 'stop it: the line was lost' });
  });
});
