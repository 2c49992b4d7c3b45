import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Lab } from '../../lab/open-lab.ts';
import { readLock } from '../../lib/shell/lock.ts';
import { sh } from '../../lib/shell/sh.ts';
import type { Target } from '../../lib/transport/transport.ts';
import { jobContract, type JobHost } from '../support/job-contract.ts';
import { errorOf, until } from '../support/line.ts';
import { SIGNAL_FAMILY } from '../support/sshd-family.ts';
import { labOrSkip } from './support.ts';

const HOST = 'host1';

describe('shell: jobs under systemd', () => {
  let lab: Lab;
  before(async function () {
    lab = await labOrSkip(this, 'empty');
  });

  const target = (changes: Partial<Target> = {}): Target => ({
    kind: 'target',
    host: HOST,
    transport: 'ssh2',
    address: lab.host(HOST).address,
    port: 22,
    user: 'root',
    privateKeyFiles: [lab.clientKeyFile],
    knownHostsFiles: [lab.knownHostsFile],
    hostKeyChecking: 'strict',
    jumps: [],
    connectTimeout: 10_000,
    ...changes,
  });
  const host = (): JobHost => ({
    varLib: join(lab.host(HOST).root, 'var/lib'),
    sshd: { address: lab.host(HOST).address, to: 22 },
    become: undefined,
    target,
    targetAt: (port) =>
      target({ connectTimeout: 3000, address: '127.0.0.1', port, hostKeyAlias: lab.host(HOST).address }),
    rootTarget: target,
    signal: async (signal, what) => {
      const { stdout } = await lab.run(HOST, ['systemctl', 'show', '-P', 'MainPID', 'ssh.service']);
      await lab.run(HOST, ['sh', '-c', SIGNAL_FAMILY, 'sh', stdout.trim(), signal, what]);
    },
    restartSshd: async () => {
      await lab.run(HOST, ['systemctl', 'restart', 'ssh.service']);
    },
  });

  const unitsOf = async ({ id }: { readonly id: string }): Promise<string> =>
    (await lab.run(HOST, ['systemctl', 'list-units', '--all', '--no-legend', '--plain', `pgup-${id}.*`])).stdout;

  jobContract(host, ({ shell, claim, events, folder, job, follow, begun, another }) => {
    it('runs in a unit of its own, outside of every login, and leaves none behind', async () => {
      const one = job('cat /proc/self/cgroup; sleep 0.3');
      await shell().startJob(one);
      expect((await follow(one.id)).output).to.include(`/system.slice/pgup-${one.id}.service\n`);
      await shell().closeJob(one.id, claim());
      expect(await unitsOf(one)).to.equal('');
      // its log stays, for whoever asks later
      expect((await follow(one.id)).state).to.deep.include({ kind: 'finished', code: 0 });
    });

    it('ends whole where its script is killed, and leaves no unit when it is closed', async () => {
      const one = job('echo begun; (sleep 2; touch /var/lib/orphan) & wait');
      await shell().startJob(one);
      await begun(one);
      const pid = readFileSync(join(folder(one.id), 'process'), 'utf8').split(' ')[0]!;
      await shell().ask({ kind: 'query', command: sh`kill -9 ${pid}` });
      expect((await follow(one.id)).state).to.deep.include({ kind: 'lost', rebooted: false });
      expect(await unitsOf(one)).to.include(one.id);
      await shell().closeJob(one.id, claim());
      expect(await unitsOf(one)).to.equal('');
      expect(existsSync(join(host().varLib, 'orphan'))).to.equal(false);
    });

    it('starts once where an earlier start of it got stuck half way', async () => {
      // What a starter leaves that was killed between its order to systemd and the start.
      const one = job('echo x >>/var/lib/stuck');
      await lab.run(HOST, ['systemd-run', '--quiet', `--unit=pgup-${one.id}`, 'sh', '-c', 'sleep 1; exit 1']);
      expect((await shell().startJob(one)).kind).to.be.oneOf(['running', 'finished']);
      expect((await follow(one.id)).state).to.deep.include({ kind: 'finished', code: 0 });
      expect(readFileSync(join(host().varLib, 'stuck'), 'utf8')).to.equal('x\n');
    });

    it('says what systemd says where it does not take the job', async () => {
      const one = job('true');
      const program = join(lab.host(HOST).root, 'usr/bin/systemd-run');
      renameSync(program, `${program}.away`);
      writeFileSync(program, '#!/bin/sh\necho no room for units >&2\nexit 1\n', { mode: 0o755 });
      const error = await errorOf(shell().startJob(one));
      renameSync(`${program}.away`, program);
      expect([error.code, error.output]).to.deep.equal(['command-failed', 'no room for units\n']);
      expect((await shell().jobState(one.id)).kind).to.equal('absent');
    });

    it('is told from a lost line where the power fails: lost, by a reboot, and never started again', async function () {
      this.timeout(120_000);
      const one = job('echo begun; sleep 1000');
      await shell().startJob(one);
      const following = follow(one.id);
      await begun(one);
      await lab.powerCut(HOST);
      await until('the line is lost', () => events().includes('lost'));
      await lab.powerOn(HOST);
      const { state, output } = await following;
      expect(state).to.deep.equal({ kind: 'lost', rebooted: true, outputSize: 6 });
      expect(output).to.equal('begun\n');
      expect(events()).to.include('rebooted');
      const later = await another();
      expect(await later.startJob(one)).to.deep.equal(state);
      expect(await readLock(later)).to.deep.include({ kind: 'held', openJobs: [one.id] });
      await later.close();
    });
  });
});
