import { expect } from 'chai';
import { furnishEtc } from '../support/furnish.ts';
import { useSshd } from '../support/line.ts';
import { NETWORKED, run, type Networked } from './ways.ts';

/** Milliseconds between signs of life: a line counts as dead after four of them. */
const KEEPALIVE = 100;

describe('transport: a login slower than the signs of life', () => {
  const sshd = useSshd(['UsePAM yes']);
  before(() => {
    // As where PAM mounts a home or asks a directory: sshd answers nothing meanwhile.
    const slow =
      'auth required pam_permit.so\naccount required pam_permit.so\nsession required pam_exec.so /bin/sleep 2\n';
    furnishEtc(sshd(), { 'pam.d/sshd': slow });
  });

  for (const way of Object.keys(NETWORKED) as Networked[]) {
    it(`is no lost line, by ${way}`, async function () {
      this.timeout(30_000);
      const began = performance.now();
      const line = await NETWORKED[way]({ keepalive: KEEPALIVE }).open(sshd().target());
      try {
        const { ending, stdout } = await run(line, 'echo in');
        expect([ending, String(stdout)]).to.deep.equal([{ kind: 'exited', code: 0 }, 'in\n']);
        expect(performance.now() - began, 'the login was not slow').to.be.greaterThan(2000);
      } finally {
        await line.close();
      }
    });
  }
});
