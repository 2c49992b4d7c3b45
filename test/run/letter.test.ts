import { expect } from 'chai';
import { PgupError } from '../../lib/errors.ts';
import { Events, type EventMap } from '../../lib/events.ts';
import { DeploymentState } from '../../lib/run/deployment-state.ts';
import { writeLetter } from '../../lib/run/letter.ts';
import { outcome } from '../../lib/run/outcome.ts';
import type { TaskFailure } from '../../lib/run/play.ts';
import type { Claim } from '../../lib/shell/host-shell.ts';
import { planned } from './planned.ts';

type Letter = EventMap['letter'];
type Options = Parameters<typeof writeLetter>[0];

interface Told {
  readonly summary: string;
  readonly letter: Letter;
}

const failed = (host: string, error: PgupError): TaskFailure['failed'][number] => ({
  host,
  outcome: { ...outcome('failed', error.message), error },
});

const full = new PgupError('command-failed', 'no space left', { host: 'db1', next: 'make room on db1' });
const failure: TaskFailure = { task: '2.1', name: 'Back up', failed: [failed('db1', full)], error: full };

/** The letter of a run whose Nautobot is stopped and whose hosts are locked. */
function tell(
  options: Pick<Options, 'outcome'> & Partial<Options>,
  more: { readonly unclaimed?: true; readonly parked?: true; readonly flavour?: 'generic' } = {},
): Told {
  const events = new Events(() => 0);
  const letters: Letter[] = [];
  events.subscribe((event) => {
    if (event.type === 'letter') letters.push(event);
  });
  const park = new AbortController();
  if (more.parked) park.abort();
  const state = new DeploymentState(planned, undefined);
  state.windowOpened = 1;
  const claim: Claim = { kind: 'claim', run: 'r1', owner: 'me', deployment: 'ams', token: 1 };
  if (!more.unclaimed) state.claim = claim;
  const engine: Options['engine'] = {
    ...{ run: 'r1', flavour: more.flavour ?? ('upgrade' as const), folder: '/runs/r1' },
    ...{ events, park: park.signal, journal: undefined },
  };
  const { summary } = writeLetter({ engine, state, failure, ...options });
  const [letter] = letters;
  if (!letter || letters.length > 1) throw new Error(`${letters.length} letters`);
  return { summary, letter };
}

const text = ({ letter }: Told): string => [letter.happened, ...letter.stands, ...letter.next].join('\n');

describe('the letter', () => {
  it('says what happened on which host, and what that host advises', () => {
    const told = tell({ outcome: 'rolled-back' });
    expect(told.letter).to.include({ deployment: 'ams', host: 'db1', code: 'rolled-back' });
    expect(told.letter.happened).to.equal('"Back up" failed on db1: no space left');
    expect(told.letter.next[0]).to.equal('make room on db1');
  });

  it('says of several hosts what each one said, where they do not say the same', () => {
    const other = new PgupError('command-failed', 'permission denied', { host: 'app1' });
    const both = { ...failure, failed: [failed('app1', other), failed('db1', full)] };
    const { happened } = tell({ outcome: 'failed', failure: both }).letter;
    expect(happened).to.match(/failed on app1, db1: \napp1: permission denied\ndb1: no space left/);
    const same = { ...failure, failed: [failed('app1', full), failed('db1', full)] };
    expect(tell({ outcome: 'failed', failure: same }).letter.happened).to.equal(
      '"Back up" failed on app1, db1: no space left',
    );
  });

  for (const [what, options, more, stands, next] of [
    [
      'nothing was changed',
      { outcome: 'failed' },
      { unclaimed: true },
      /nothing was stopped and nothing was upgraded/,
      /run the same command again/,
    ],
    [
      'it was put back',
      { outcome: 'rolled-back' },
      {},
      /old PostgreSQL runs on its port/,
      /run the same command again/,
    ],
    ['it was interrupted', { outcome: 'interrupted' }, {}, /old PostgreSQL runs on its port/, /same command again/],
    ['it holds', { outcome: 'held' }, {}, /point of no return is passed[^]*Nautobot is stopped/, /pgup resume r1/],
    [
      'why the point of no return counts as passed',
      { outcome: 'held', contradiction: 'the marker cannot be read' },
      {},
      /taken as passed, because the marker cannot be read/,
      /pgup resume r1/,
    ],
    [
      'what kept it from being put back',
      { outcome: 'undo-failed', undo: { ...failure, error: new PgupError('command-failed', 'disk is gone') } },
      {},
      /putting back stopped at: disk is gone[^]*still locked[^]*Nautobot is stopped/,
      /pgup rollback r1/,
    ],
    ['the line was lost', { outcome: 'unknown' }, {}, /jobs .* go on[^]*stay locked/, /line is back: pgup resume r1/],
    ['it was let go of', { outcome: 'unknown' }, { parked: true }, /jobs .* go on/, /to go on: pgup resume r1/],
    [
      'the line was lost before the first change',
      { outcome: 'unknown' },
      { unclaimed: true },
      /nothing was changed/,
      /line is back: pgup run, with the same words/,
    ],
    [
      'a host is not put back, because it was not reached',
      { outcome: 'unknown', unreachable: ['app1'] },
      {},
      /stay locked[^]*not reached: app1/,
      /pgup resume r1/,
    ],
    ['another controller has it', { outcome: 'handed-over' }, {}, /undid nothing and let go of nothing/, /make room/],
    [
      'it could not be taken over',
      { outcome: 'unreachable', takenUp: false },
      {},
      /this controller did nothing/,
      /when the cause is gone: pgup resume r1/,
    ],
  ] as const) {
    it(`says what stands and what to type where ${what}`, () => {
      const { letter } = tell(options, more);
      expect(letter.stands.join('\n')).to.match(stands);
      expect(letter.next.join('\n')).to.match(next);
    });
  }

  it('promises nobody that the old version serves where a host was not put back', () => {
    expect(text(tell({ outcome: 'unknown', unreachable: ['db1'] }))).to.not.match(
      /old (PostgreSQL|version) (runs|serves)/,
    );
    expect(text(tell({ outcome: 'undo-failed', undo: failure }))).to.not.match(
      /old (PostgreSQL|version) (runs|serves)/,
    );
    expect(text(tell({ outcome: 'held' }))).to.not.match(/old (PostgreSQL|version) (runs|serves)/);
  });

  it('speaks of no upgrade where a playbook is none', () => {
    expect(text(tell({ outcome: 'failed' }, { flavour: 'generic', unclaimed: true }))).to.not.contain('upgraded');
  });

  it('tells going back on request from going back after a failure', () => {
    const asked = { ...failure, error: new PgupError('rolled-back', 'put back on request') };
    expect(tell({ outcome: 'rolled-back', failure: asked }).summary).to.match(/^put back on request/);
    expect(tell({ outcome: 'rolled-back' }).summary).to.match(/^failed at "Back up" and put back/);
  });
});
