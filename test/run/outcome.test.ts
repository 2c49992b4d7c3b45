import { expect } from 'chai';
import { worstExit, PgupError, ERROR_CODES, type ErrorCode } from '../../lib/errors.ts';
import type { OutcomeKind } from '../../lib/events.ts';
import { exitCodeOf, statusOf } from '../../lib/run/outcome.ts';

/** docs/exit-codes.md, outcome by outcome. */
const codes: Readonly<Record<OutcomeKind, number>> = {
  done: 0,
  nothing: 0,
  'not-started': 0,
  pending: 3,
  blocked: 2,
  failed: 2,
  held: 2,
  'undo-failed': 2,
  'handed-over': 2,
  'rolled-back': 7,
  unreachable: 4,
  unknown: 4,
  interrupted: 130,
};

describe('exit codes', () => {
  for (const [outcome, code] of Object.entries(codes)) {
    it(`${outcome}: ${code}`, () => {
      expect(exitCodeOf(outcome as OutcomeKind)).to.equal(code);
    });
  }

  it('of a fleet are that of the worst, and a deployment that was not started changes nothing', () => {
    const of = (...outcomes: readonly OutcomeKind[]): number => worstExit(outcomes.map(exitCodeOf));
    expect(of('done', 'rolled-back', 'not-started')).to.equal(7);
    expect(of('done', 'not-started')).to.equal(0);
    expect(of('rolled-back', 'held')).to.equal(2);
    expect(of()).to.equal(0);
  });
});

describe('what an error makes of a host', () => {
  it('is unreachable where nothing was sent, unknown where it may have been, failed for the rest', () => {
    const of = (code: ErrorCode): string => statusOf(new PgupError(code, 'x'));
    const lines = (Object.keys(ERROR_CODES) as readonly ErrorCode[]).filter((code) => ERROR_CODES[code].exit === 4);
    expect(Object.fromEntries(lines.map((code) => [code, of(code)]))).to.deep.equal({
      unreachable: 'unreachable',
      'host-key-unknown': 'unreachable',
      'host-key-changed': 'unreachable',
      authentication: 'unreachable',
      become: 'unreachable',
      'connection-lost': 'unknown',
      deadline: 'unknown',
      transport: 'unknown',
    });
    expect([of('command-failed'), of('handed-over'), of('internal')]).to.deep.equal(['failed', 'failed', 'failed']);
  });
});
