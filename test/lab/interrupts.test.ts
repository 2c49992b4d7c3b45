import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import type { Lab } from '../../lab/open-lab.ts';
import { bareDeployment, type BareDeployment } from './bare-deployment.ts';
import { eventsOf, pgup, told, type PgupRun } from './pgup.ts';
import { labOrSkip } from './support.ts';

/** Where the steps write what was done, on the host. */
const TRACE = '/var/tmp/pgup-interrupts';

const work = (name: string): string => `
- name: Play ${name}
  hosts: all
  gather_facts: false
  tasks:
    - name: ${name}
      shell: sleep 1.5; echo ${name} >>${TRACE}
      undo:
        - shell: echo undo ${name} >>${TRACE}
`;

const PLAYBOOK = `- name: Claim
  hosts: all
  gather_facts: false
  tasks:
    - claim:
${['one', 'two'].map(work).join('')}
- name: End
  hosts: all
  gather_facts: false
  tasks:
    - release:
`;

describe('a run that is interrupted', function () {
  this.timeout(120_000);
  let lab: Lab;
  let deployment: BareDeployment;

  before(async function () {
    lab = await labOrSkip(this, 'empty');
    deployment = bareDeployment(lab, 'night', PLAYBOOK);
  });

  beforeEach(() => lab.run(deployment.host, ['rm', '-f', TRACE]));

  const trace = (): readonly string[] => {
    const file = deployment.onHost(TRACE);
    return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
  };
  /** A host that was let go of keeps the token, so that the next claim is higher. */
  const isLocked = (): boolean => {
    const claim = deployment.onHost('/var/lib/pgup/claim');
    return existsSync(claim) && readFileSync(claim, 'utf8').includes('held');
  };

  /** A run that gets these signals, a moment apart, while its first step is under way. */
  async function interrupted(...signals: readonly NodeJS.Signals[]): Promise<PgupRun> {
    let sent = false;
    const { playbook, inventory } = deployment;
    return pgup(['run', playbook, '-i', inventory, '--yes'], {
      lab,
      onEvent: (event, child) => {
        if (sent || event.type !== 'step:start' || event.task !== '2.1') return;
        sent = true;
        for (const [index, signal] of signals.entries()) setTimeout(() => child.kill(signal), 200 + 300 * index);
      },
    });
  }

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    it(`by ${signal} comes to a safe point, says so, and is put back where nothing was stopped yet`, async () => {
      const run = await interrupted(signal);
      expect(run.exitCode, told(run)).to.equal(130);
      const said = eventsOf(run, 'note').map(({ text }) => text);
      expect(said.filter((text) => /^interrupted: no deployment is started any more/.test(text))).to.have.length(1);
      expect(trace()).to.deep.equal(['one', 'undo one']);
      expect(isLocked(), 'the lock').to.equal(false);
    });
  }

  it('twice lets go of the host: its step goes on, the lock stays, and the command that goes on with it is said', async () => {
    const run = await interrupted('SIGINT', 'SIGINT');
    expect(run.exitCode, told(run)).to.equal(130);
    const letter = eventsOf(run, 'letter')[0]!;
    const id = eventsOf(run, 'run:start')[0]!.run;
    expect([letter.code, ...letter.next].join('\n')).to.match(new RegExp(`^interrupted\n[^]*pgup resume ${id}`));
    expect(isLocked(), 'the lock').to.equal(true);
    expect(trace()).to.not.include('undo one');
    const resumed = await pgup(['resume', id, '--yes'], { lab, runsDir: run.runsDir });
    expect(resumed.exitCode, told(resumed)).to.equal(0);
    expect([...new Set(trace())]).to.deep.equal(['one', 'two']);
    expect(isLocked(), 'the lock').to.equal(false);
  });

  it('not at all by the end of its terminal', async () => {
    const run = await interrupted('SIGHUP');
    expect(run.exitCode, told(run)).to.equal(0);
    expect(trace()).to.deep.equal(['one', 'two']);
  });

  /** The program on a terminal of its own, with somebody who answers its question. */
  function onTerminal(answer: string, more: readonly string[] = []): Promise<{ code: number | null; said: string }> {
    const { playbook, inventory, folder } = deployment;
    const argv = [process.execPath, resolve('dist/bin/pgup.js'), 'run', playbook, '-i', inventory, ...more];
    const child = spawn('script', ['-qec', argv.join(' '), '/dev/null'], {
      env: {
        ...process.env,
        PGUP_RUNS_DIR: join(folder, 'runs'),
        PGUP_KNOWN_HOSTS: lab.knownHostsFile,
        PGUP_OUTPUT: 'plain',
      },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    let said = '';
    let asked = false;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (asked || !said.includes('to go on: ')) return;
      asked = true;
      child.stdin.write(`${answer}\n`);
    });
    return new Promise((done, failed) => {
      child.on('error', failed);
      child.on('close', (code) => {
        done({ code, said });
      });
    });
  }

  it('never began where the question on the terminal was not answered with the name of the inventory', async () => {
    const { code, said } = await onTerminal('yes');
    expect(code, said).to.equal(5);
    expect(said).to.match(/Type night\.ini to go on: .*"yes" is not "night\.ini": nothing was done/s);
    expect([trace(), isLocked()]).to.deep.equal([[], false]);
  });

  it('or begins, where it was; and is not asked under --check', async () => {
    const check = await onTerminal('never asked', ['--check']);
    expect(check.said).to.not.contain('to go on: ');
    expect([check.code, trace()], check.said).to.deep.equal([3, []]);
    const { code, said } = await onTerminal('night.ini');
    expect([code, trace()], said).to.deep.equal([0, ['one', 'two']]);
  });
});
