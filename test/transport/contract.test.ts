import type { Release } from '../support/line.ts';
import { useSshd } from '../support/line.ts';
import { keepsTheLineContract } from './line-contract.ts';
import { keepsTheNetworkContract } from './network-contract.ts';
import { NETWORKED, local, localTarget, type Networked } from './ways.ts';

const RELEASES: Readonly<Record<Release, string>> = { here: "this machine's sshd", trixie: "Debian 13's sshd" };

for (const release of Object.keys(RELEASES) as Release[]) {
  describe(`transport contract: ${RELEASES[release]}`, () => {
    const sshd = useSshd([], { release });
    for (const name of Object.keys(NETWORKED) as Networked[]) {
      describe(name, () => {
        keepsTheLineContract(() => NETWORKED[name]().open(sshd().target()));
        keepsTheNetworkContract({ sshd, transport: NETWORKED[name] });
      });
    }
  });
}

describe('transport contract: this machine itself', () => {
  describe('local', () => {
    keepsTheLineContract(() => local().open(localTarget));
  });
});
