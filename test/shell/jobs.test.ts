import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { sh } from '../../lib/shell/sh.ts';
import { jobContract, type JobHost } from '../support/job-contract.ts';
import { useSshd } from '../support/line.ts';
import { SIGNAL_FAMILY } from '../support/sshd-family.ts';
import { password } from '../support/sshd.ts';

describe('shell: jobs without systemd', () => {
  const sshd = useSshd();
  const host = (): JobHost => ({
    varLib: sshd().varLib,
    sshd: { address: '127.0.0.1', to: sshd().port },
    become: { kind: 'become', user: 'root', method: 'sudo', password },
    target: () => sshd().target({ user: 'pat' }),
    targetAt: (port) => sshd().targetAt(port, { user: 'pat', connectTimeout: 3000 }),
    rootTarget: () => sshd().target(),
    signal: (signal, what) => {
      execFileSync('/bin/sh', ['-c', SIGNAL_FAMILY, 'sh', String(sshd().pid), signal, what]);
      return Promise.resolve();
    },
    restartSshd: () => {
      // It executes itself anew, with a new socket.
      process.kill(sshd().pid, 'SIGHUP');
      return Promise.resolve();
    },
  });

  jobContract(host, ({ shell, claim, folder, job, follow, begun }) => {
    it('runs as long as anything of it runs, although its script was killed', async () => {
      const one = job('echo begun; sleep 1; touch /var/lib/orphan');
      await shell().startJob(one);
      await begun(one);
      const pid = readFileSync(join(folder(one.id), 'process'), 'utf8').split(' ')[0]!;
      await shell().ask({ kind: 'query', command: sh`kill -9 ${pid}` });
      expect((await shell().jobState(one.id)).kind).to.equal('running');
      expect((await follow(one.id)).state.kind).to.equal('lost');
      expect(existsSync(join(sshd().varLib, 'orphan'))).to.equal(true);
    });

    it('is not cancelled where its pid is somebody else by now', async () => {
      const one = job('sleep 1');
      await shell().startJob(one);
      const record = join(folder(one.id), 'process');
      const [pid, , boot] = readFileSync(record, 'utf8').split(' ');
      writeFileSync(record, `${pid} 1 ${boot}`);
      expect((await shell().cancelJob(one.id, claim())).kind).to.equal('running');
      expect((await follow(one.id)).state).to.deep.include({ kind: 'finished', code: 0 });
    });
  });
});
