import { expect } from 'chai';
import { bridgeName, defaultLabName, firstNetworkNumber, machineName, vethName } from '../../lab/names.ts';
import { dropsOnBridge, overlaps } from '../../lab/network.ts';

describe("a lab's names", () => {
  it('fit where the kernel takes 15 characters', () => {
    for (const lab of ['a', 'main-abcde', 'x'.repeat(40)]) {
      expect(bridgeName(lab).length).to.be.at.most(15);
      expect(vethName(machineName(lab, 200)).length).to.be.at.most(15);
    }
  });

  it('differ between two clones in folders of the same name', () => {
    expect(defaultLabName('/home/a/pgup')).to.not.equal(defaultLabName('/home/b/pgup'));
    expect(defaultLabName('/home/a/pgup')).to.match(/^pgup-[a-z0-9]{5}$/);
  });

  it('lead to a network in the range for tests', () => {
    expect(firstNetworkNumber('anything')).to.be.within(0, 511);
  });
});

describe('a network that is taken', () => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ['198.18.7.0/24', '198.18.7', true],
    ['198.18.7.11', '198.18.7', true],
    ['198.18.8.0/24', '198.18.7', false],
    ['198.18.0.0/15', '198.19.200', true],
    ['198.18.0.0/16', '198.19.200', false],
    ['198.18.0.0/21', '198.18.7', true],
    ['198.18.0.0/21', '198.18.8', false],
    ['198.18.7.128/25', '198.18.7', true],
  ];
  for (const [taken, prefix, expected] of cases) {
    it(`${taken} ${expected ? 'meets' : 'leaves free'} ${prefix}.0/24`, () => {
      expect(overlaps(taken, prefix)).to.equal(expected);
    });
  }
});

describe('a firewall as Docker sets it', () => {
  const docker = '-P INPUT ACCEPT\n-P FORWARD DROP\n-A FORWARD -j DOCKER-USER\n';

  it('keeps the hosts of a bridge from each other', () => {
    expect(dropsOnBridge(docker, 'pglabc')).to.equal(true);
  });

  it('does not, once it was told to let this bridge pass', () => {
    expect(dropsOnBridge(`${docker}-A FORWARD -i pglabc -o pglabc -j ACCEPT\n`, 'pglabc')).to.equal(false);
    expect(dropsOnBridge('-P FORWARD ACCEPT\n', 'pglabc')).to.equal(false);
  });
});
