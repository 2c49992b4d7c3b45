import { expect } from 'chai';
import { isRoot, labOrSkip } from '../lab/support.ts';
import type { Kind } from './breakage.ts';
import { runCase, type CaseResult } from './fault-case.ts';
import type { Flow, Point } from './points.ts';
import { record } from './record.ts';

interface Chosen {
  readonly kind: Kind;
  readonly flow?: Flow;
  /** What the step says. */
  readonly at: RegExp;
  readonly moment: Point['moment'];
  readonly ends: readonly string[];
}

/** Nine of the table, the worst moments, the long ones first; `npm run faults` breaks everything everywhere. */
const CHOSEN: readonly Chosen[] = [
  { kind: 'cut', at: /^copy \S+ to .* and compare/, moment: 'start', ends: ['upgraded'] },
  { kind: 'cut', at: /^unlock /, moment: 'start', ends: ['upgraded'] },
  { kind: 'database-power', at: /^fingerprint the data/, moment: 'start', ends: ['put back', 'upgraded'] },
  { kind: 'database-power', at: /^pg_upgrade \S+ to /, moment: 'inside', ends: ['put back'] },
  { kind: 'application-power', at: /^stop nautobot.service/, moment: 'end', ends: ['put back', 'upgraded'] },
  { kind: 'kill', at: /^pg_upgrade \S+ to /, moment: 'inside', ends: ['upgraded'] },
  { kind: 'kill', at: /marker is written/, moment: 'end', ends: ['upgraded'] },
  { kind: 'kill', at: /^nautobot-server migrate/, moment: 'end', ends: ['upgraded'] },
  { kind: 'kill', flow: 'put-back', at: /^start postgresql@15-main/, moment: 'start', ends: ['put back'] },
];

const LABS = ['1', '2', '3'] as const;

describe('whatever breaks, the deployment ends upgraded or put back', function () {
  const results = new Map<Chosen, CaseResult | Error>();

  before(async function () {
    const labs = await Promise.all(LABS.map((number) => labOrSkip(this, 'standin', number)));
    this.timeout(15 * 60_000);
    const [one, other] = labs;
    if (!isRoot || !one) return;
    const { points, reference } = await record(one, other);
    const left = [...CHOSEN];
    const work = async (lab: typeof one): Promise<void> => {
      for (let next = left.shift(); next; next = left.shift()) {
        const { kind, flow = 'upgrade', at, moment } = next;
        const point = points.find((each) => each.flow === flow && each.moment === moment && at.test(each.says));
        const result = point
          ? await runCase({ lab, flow, faults: [{ kind, point }], reference }).catch(
              (thrown: unknown) => thrown as Error,
            )
          : new Error('no such point was recorded');
        results.set(next, result);
      }
    };
    await Promise.all(labs.map(work));
  });

  for (const chosen of CHOSEN) {
    const { kind, flow = 'upgrade', at, moment, ends } = chosen;
    it(`${kind} at ${String(at)} ${moment}${flow === 'upgrade' ? '' : ', while it is put back'}`, () => {
      const result = results.get(chosen);
      if (result === undefined || result instanceof Error) throw result ?? new Error('it was not tried');
      expect(result.problems, result.said).to.deep.equal([]);
      expect(result.ended, result.said).to.be.oneOf(ends);
    });
  }
});
