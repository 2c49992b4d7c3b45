import { expect } from 'chai';
import { databasesCases } from './cases/databases.ts';
import { hostCases } from './cases/host.ts';
import { nautobotCases } from './cases/nautobot.ts';
import { packagesCases } from './cases/packages.ts';
import { replicationCases } from './cases/replication.ts';
import { serverCases } from './cases/server.ts';
import { sessionsCases } from './cases/sessions.ts';
import { findingsOf, judge, scene } from './fixtures.ts';

const CASES = [
  ...replicationCases,
  ...databasesCases,
  ...packagesCases,
  ...serverCases,
  ...sessionsCases,
  ...nautobotCases,
  ...hostCases,
];

describe('findings', () => {
  it('are none where nothing is in the way', () => {
    expect(findingsOf(judge(scene()))).to.deep.equal([]);
  });

  for (const { check, on = 'db1', notice = false, when, says, next, quiet } of CASES) {
    it(`${check}: ${says.source}`, () => {
      const of = scene();
      when(of);
      const decision = judge(of);
      const found = findingsOf(decision).find(
        (each) => each.check === check && each.host === on && says.test(each.text),
      );
      expect(found, JSON.stringify(decision, undefined, 1)).to.not.equal(undefined);
      expect(found?.weight).to.equal(notice ? 'notice' : 'blocks');
      if (next) expect(found?.next).to.match(next);
      if (!notice) expect(decision.kind).to.equal('findings');
    });

    it(`${check}: not where there is no reason (${says.source})`, () => {
      const of = scene();
      quiet(of);
      const found = findingsOf(judge(of)).filter((each) => each.check === check);
      expect(found.filter((each) => says.test(each.text))).to.deep.equal([]);
    });
  }
});
