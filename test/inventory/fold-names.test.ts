import { expect } from 'chai';
import fc from 'fast-check';
import { foldNames } from '../../lib/inventory/fold-names.ts';
import { expandHostNames } from '../../lib/inventory/host-range.ts';

describe('folded host names', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['web1', 'web1'],
    ['web1 web2 web3 db1', 'web[1:3],db1'],
    ['web1 web3 web2', 'web[1:3]'],
    ['web1 web2 web9', 'web[1:2],web9'],
    ['web08 web09 web10', 'web[08:10]'],
    ['web8 web9 web10', 'web[8:10]'],
    ['web10 web06 web5 web0', 'web0,web5,web10,web06'],
    ['db1.example.com db2.example.com', 'db[1:2].example.com'],
    ['rack1-web7 rack2-web7 rack3-web7', 'rack[1:3]-web7'],
    ['10.0.0.1 10.0.0.2', '10.0.0.[1:2]'],
    ['a b', 'a,b'],
    ['', ''],
  ];
  for (const [names, folded] of cases)
    it(`${names} → ${folded}`, () => {
      expect(foldNames(names.split(' '))).to.equal(folded);
    });

  it('are the same names again when an inventory reads them', () => {
    const name = fc.tuple(
      fc.constantFrom('web', 'db', 'a-', ''),
      fc.constantFrom('', '0', '00'),
      fc.nat(120),
      fc.constantFrom('', '.x', '-2', '-02'),
    );
    fc.assert(
      fc.property(
        fc.uniqueArray(
          name.map((parts) => parts.join('')),
          { minLength: 1, maxLength: 40 },
        ),
        (names) => {
          const again = foldNames(names)
            .split(',')
            .flatMap((text) => {
              const read = expandHostNames(text);
              return read.kind === 'hosts' ? read.names : [read.reason];
            });
          expect([...again].sort()).to.deep.equal([...names].sort());
        },
      ),
      { numRuns: 500 },
    );
  });
});
