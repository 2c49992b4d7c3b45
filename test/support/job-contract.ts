import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Secret } from '../../lib/secret.ts';
import { mutation } from '../../lib/shell/fence.ts';
import type { Become } from '../../lib/shell/become.ts';
import type { Claim, Command, HostShell, Job, JobState } from '../../lib/shell/host-shell.ts';
import { acquire, readLock } from '../../lib/shell/lock.ts';
import { openHostShell } from '../../lib/shell/open-host-shell.ts';
import { quote, raw, sh } from '../../lib/shell/sh.ts';
import { ssh2Transport } from '../../lib/transport/ssh2-transport.ts';
import type { Target } from '../../lib/transport/transport.ts';
import { errorOf, until } from './line.ts';
import { TcpProxy } from './tcp-proxy.ts';

const transport = ssh2Transport({ keepalive: 300 });
/** A host that jobs run on, and what a test may do to it behind pgup's back. */
export interface JobHost {
  /** Its /var/lib, as this machine sees it. */
  readonly varLib: string;
  readonly sshd: { readonly address: string; readonly to: number };
  readonly become: Become | undefined;
  readonly target: () => Target;
  /** The same host behind a proxy on this machine. */
  readonly targetAt: (port: number) => Target;
  /** As root, for a controller in a process of its own: only what JSON can carry. */
  readonly rootTarget: () => Target;
  /** A signal to what serves the lines: each `sshd` but the one that listens, or the shells at their ends. */
  readonly signal: (signal: 'STOP' | 'CONT' | 'KILL', what: 'sshd' | 'shells') => Promise<void>;
  readonly restartSshd: () => Promise<void>;
}

/** What the tests of one kind of host work with, beside those of all. */
export interface JobContext {
  readonly shell: () => HostShell;
  readonly claim: () => Claim;
  readonly events: () => readonly string[];
  /** A job's folder, as this machine sees it. */
  readonly folder: (id: string) => string;
  readonly job: (text: string, more?: Partial<Job>) => Job;
  readonly follow: (id: string, by?: HostShell) => Promise<{ readonly state: JobState; readonly output: string }>;
  /** Resolves once the job has printed something. */
  readonly begun: (job: Job) => Promise<void>;
  /** A controller of its own. */
  readonly another: () => Promise<HostShell>;
}

/** Ends a session with all that runs in it: a job's script is the leader of its own. */
function killSession(pid: string): Command {
  return raw(`for s in /proc/[0-9]*/stat; do
  read -r line <"$s" || continue
  pid=\${line%% *} line=\${line##*) }
  set -- $line
  [ "$4" != ${quote(pid)} ] || kill -9 "$pid"
done 2>/dev/null`);
}

/**
 * Whether a folder could be removed. A job that goes on may write between the reading of its folder and its removal, and
 * `maxRetries` removes again without reading again.
 */
function removed(path: string): boolean {
  try {
    rmSync(path, { recursive: true, force: true });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTEMPTY') return false;
    throw error;
  }
}

/** Everything that a job does, whichever way a host has to detach it. */
export function jobContract(host: () => JobHost, more: (context: JobContext) => void): void {
  let proxy: TcpProxy;
  let shell: HostShell;
  let claim: Claim;
  let events: string[] = [];
  let number = 0;

  const folder = (id: string): string => join(host().varLib, 'pgup/jobs', id);
  const made = (file: string): boolean => existsSync(join(host().varLib, file));
  const job = (text: string, more: Partial<Job> = {}): Job => {
    number += 1;
    return { kind: 'job', id: `r1-${number}`, claim, command: raw(text), ...more };
  };
  /**
   * Starts a job over a line that may be lost: one that never came is forbidden, and the same work is given as another.
   * The id of the one that runs.
   */
  const startedOrForbidden = async (one: Job): Promise<string> => {
    const state = await shell.startJob(one).catch(() => shell.jobState(one.id));
    if (state.kind !== 'absent') return one.id;
    await shell.closeJob(one.id, claim);
    const other = job(one.command.text);
    await shell.startJob(other);
    return other.id;
  };
  const follow = async (id: string, by = shell): Promise<{ state: JobState; output: string }> => {
    const chunks: Buffer[] = [];
    const state = await by.followJob(id, (chunk) => chunks.push(chunk));
    return { state, output: Buffer.concat(chunks).toString() };
  };
  const begun = (one: Job): Promise<void> =>
    until('it began', () => readFileSync(join(folder(one.id), 'out'), 'utf8') !== '');
  const another = (): Promise<HostShell> =>
    openHostShell({ target: host().target(), transport, become: host().become });

  beforeEach(async () => {
    events = [];
    proxy = await TcpProxy.open(host().sshd);
    const { become } = host();
    shell = await openHostShell({
      target: host().targetAt(proxy.port),
      transport,
      become,
      onLine: ({ state }) => events.push(state),
    });
    claim = await acquire({ shells: [shell], run: 'r1', owner: 'me@here 1', deployment: 'prod' });
  });
  afterEach(async () => {
    await shell.close();
    await proxy.close();
    await until('its state is gone', () => removed(join(host().varLib, 'pgup')));
  });

  it('runs a command to its end and keeps its output and exit code', async () => {
    const one = job('echo out; echo err >&2; id -un; pwd; exit 3', { as: 'daemon', workingDirectory: '/var' });
    expect((await shell.startJob(one)).kind).to.be.oneOf(['running', 'finished']);
    const { state, output } = await follow(one.id);
    expect(state).to.deep.equal({ kind: 'finished', code: 3, outputSize: output.length });
    expect(output).to.equal('out\nerr\ndaemon\n/var\n');
    expect(await shell.jobState(one.id)).to.deep.equal(state);
  });

  it('knows nothing of a job that was never started', async () => {
    expect(await shell.jobState('r1-never')).to.deep.equal({ kind: 'absent' });
  });

  it('gives it its input, which is a secret and gone from the disk once it is open', async () => {
    const one = job('sleep 0.2; cat', { stdin: new Secret('hunter2\n') });
    await shell.startJob(one);
    expect(existsSync(join(folder(one.id), 'stdin'))).to.equal(false);
    expect((await follow(one.id)).output).to.equal('hunter2\n');
    for (const file of readdirSync(folder(one.id))) {
      if (file === 'out' || file === 'started') continue;
      expect(readFileSync(join(folder(one.id), file), 'utf8'), file).to.not.include('hunter2');
    }
  });

  it('brings large outputs whole', async function () {
    this.timeout(30_000);
    const one = job('seq 1 600000');
    await shell.startJob(one);
    const { output } = await follow(one.id);
    expect(output.split('\n')).to.have.length(600_001);
    expect(output.endsWith('\n600000\n')).to.equal(true);
  });

  it('tells the end at once, not at the next poll', async () => {
    const one = job('sleep 1; date +%s%N');
    await shell.startJob(one);
    const { output } = await follow(one.id);
    expect(Date.now() - Number(output.trim()) / 1e6).to.be.lessThan(1500);
  });

  describe('starts once', () => {
    it('however often it is asked', async () => {
      const one = job('echo x >>/var/lib/once; sleep 0.3');
      const states = await Promise.all(Array.from({ length: 5 }, () => shell.startJob(one)));
      expect(states.map(({ kind }) => kind)).to.not.include('absent');
      await follow(one.id);
      expect((await shell.startJob(one)).kind).to.equal('finished');
      await shell.closeJob(one.id, claim);
      expect((await shell.startJob(one)).kind).to.equal('finished');
      expect(readFileSync(join(host().varLib, 'once'), 'utf8')).to.equal('x\n');
    });

    it('when the line is cut at any moment of the start', async function () {
      this.timeout(60_000);
      for (const delay of [0, 5, 15, 30, 60, 100, 150]) {
        const one = job(`echo x >>/var/lib/cut-${delay}; sleep 0.3`);
        setTimeout(() => {
          proxy.cut();
        }, delay);
        const id = await startedOrForbidden(one);
        expect((await follow(id)).state).to.deep.include({ kind: 'finished', code: 0 });
        await shell.closeJob(id, claim);
        expect(readFileSync(join(host().varLib, `cut-${delay}`), 'utf8')).to.equal('x\n');
      }
    });

    it('not at all once it was closed, although the order to start it comes late', async () => {
      const one = job('echo x >>/var/lib/late');
      await shell.closeJob(one.id, claim);
      const error = await errorOf(shell.startJob(one));
      expect(error.output).to.equal('this job was closed before it was started\n');
      expect((await shell.jobState(one.id)).kind).to.equal('absent');
      expect(made('late')).to.equal(false);
    });

    it('whoever asks for it at the same moment', async function () {
      this.timeout(60_000);
      const others = await Promise.all([another(), another()]);
      for (let round = 0; round < 5; round++) {
        const one = job(`echo x >>/var/lib/race-${round}; sleep 0.2`);
        const states = await Promise.all([shell, ...others, shell, ...others].map((each) => each.startJob(one)));
        expect(states.map(({ kind }) => kind)).to.not.include('absent');
        expect((await follow(one.id)).state).to.deep.include({ kind: 'finished', code: 0 });
        await shell.closeJob(one.id, claim);
        expect(readFileSync(join(host().varLib, `race-${round}`), 'utf8')).to.equal('x\n');
      }
      await Promise.all(others.map((each) => each.close()));
    });

    it('when the peer freezes or is killed at any moment of the start', async function () {
      this.timeout(120_000);
      for (const [signal, delay] of [
        ['STOP', 0],
        ['STOP', 25],
        ['STOP', 80],
        ['KILL', 0],
        ['KILL', 25],
        ['KILL', 80],
      ] as const) {
        const name = `peer-${signal}-${delay}`;
        const one = job(`echo x >>/var/lib/${name}; sleep 0.3`);
        const [id] = await Promise.all([
          startedOrForbidden(one),
          new Promise((resolve) => setTimeout(resolve, delay)).then(() => host().signal(signal, 'sshd')),
        ]);
        expect((await follow(id)).state).to.deep.include({ kind: 'finished', code: 0 });
        await shell.closeJob(id, claim);
        expect(readFileSync(join(host().varLib, name), 'utf8')).to.equal('x\n');
        await host().signal('CONT', 'sshd');
      }
    });

    it('where the controller is killed while it starts it', async function () {
      this.timeout(60_000);
      const one = job('echo x >>/var/lib/killed; sleep 1');
      const script = `
        import { ssh2Transport } from '${new URL('../../lib/transport/ssh2-transport.js', import.meta.url).href}';
        import { openHostShell } from '${new URL('../../lib/shell/open-host-shell.js', import.meta.url).href}';
        const shell = await openHostShell({ target: ${JSON.stringify(host().rootTarget())}, transport: ssh2Transport() });
        console.log('ready');
        await shell.startJob(${JSON.stringify(one)});
        await shell.followJob('${one.id}', () => {});
      `;
      const controller: ChildProcess = spawn(process.execPath, ['--input-type=module', '-e', script], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await new Promise((resolve) => controller.stdout?.once('data', resolve));
      await until('it runs', () => made('killed'));
      controller.kill('SIGKILL');
      const adopted = await another();
      expect((await adopted.startJob(one)).kind).to.equal('running');
      expect((await follow(one.id, adopted)).state).to.deep.include({ kind: 'finished', code: 0 });
      expect(readFileSync(join(host().varLib, 'killed'), 'utf8')).to.equal('x\n');
      await adopted.close();
    });

    it('also where the folder was made and nothing more', async () => {
      const one = job('echo x >>/var/lib/half');
      await shell.change(mutation({ command: sh`mkdir -p ${`/var/lib/pgup/jobs/${one.id}`}`, claim }));
      expect((await shell.jobState(one.id)).kind).to.equal('absent');
      await shell.startJob(one);
      expect((await follow(one.id)).state).to.deep.include({ kind: 'finished', code: 0 });
    });
  });

  describe('is followed', () => {
    it('through lines that are cut again and again, every byte once', async function () {
      this.timeout(30_000);
      const one = job('for i in $(seq 1 60); do echo "line $i"; sleep 0.05; done');
      await shell.startJob(one);
      const cutting = setInterval(() => {
        proxy.cut();
      }, 700);
      const { state, output } = await follow(one.id).finally(() => {
        clearInterval(cutting);
      });
      expect(state).to.deep.include({ kind: 'finished', code: 0 });
      expect(output).to.equal(Array.from({ length: 60 }, (_, index) => `line ${index + 1}\n`).join(''));
      expect(events).to.include('lost').and.include('reconnected');
    });

    it('through a peer that freezes', async function () {
      this.timeout(30_000);
      const one = job('sleep 0.5; echo one; sleep 2; echo two');
      await shell.startJob(one);
      setTimeout(() => {
        proxy.freeze();
        setTimeout(() => {
          proxy.thaw();
        }, 1500);
      }, 300);
      const { state, output } = await follow(one.id);
      expect([state.kind, output]).to.deep.equal(['finished', 'one\ntwo\n']);
      expect(events).to.include('lost');
    });

    it('through an sshd that is stopped, killed and started again', async function () {
      this.timeout(60_000);
      const one = job('for i in $(seq 1 50); do echo "line $i"; sleep 0.1; done');
      await shell.startJob(one);
      const following = follow(one.id);
      await begun(one);
      await host().signal('STOP', 'sshd');
      await until('the line was given up', () => events.includes('lost'));
      await until('there is a new one', () => events.at(-1) === 'reconnected');
      await host().signal('CONT', 'sshd');
      await host().signal('KILL', 'sshd');
      await host().restartSshd();
      const { state, output } = await following;
      expect(state).to.deep.include({ kind: 'finished', code: 0 });
      expect(output).to.equal(Array.from({ length: 50 }, (_, index) => `line ${index + 1}\n`).join(''));
      expect(events.filter((event) => event === 'lost').length).to.be.greaterThan(1);
    });

    it('through shells that are killed while the line stands', async function () {
      this.timeout(60_000);
      const one = job('for i in $(seq 1 30); do echo "line $i"; sleep 0.1; done');
      await shell.startJob(one);
      const following = follow(one.id);
      for (let round = 0; round < 3; round++) {
        const size = readFileSync(join(folder(one.id), 'out'), 'utf8').length;
        await until('it went on', () => readFileSync(join(folder(one.id), 'out'), 'utf8').length > size + 20);
        await host().signal('KILL', 'shells');
      }
      const { state, output } = await following;
      expect(state).to.deep.include({ kind: 'finished', code: 0 });
      expect(output).to.equal(Array.from({ length: 30 }, (_, index) => `line ${index + 1}\n`).join(''));
      expect(events).to.not.include('lost');
    });

    it('by another controller, from the beginning', async () => {
      const one = job('echo one; sleep 0.5; echo two');
      await shell.startJob(one);
      const later = await another();
      const [mine, theirs] = await Promise.all([follow(one.id), follow(one.id, later)]);
      expect(mine.output).to.equal('one\ntwo\n');
      expect(theirs).to.deep.equal(mine);
      await later.close();
    });

    it('no longer than its host is given to come back', async () => {
      const target = host().targetAt(proxy.port);
      const impatient = await openHostShell({ target, transport, become: host().become, reconnectDeadline: 1500 });
      const one = job('sleep 3');
      await impatient.startJob(one);
      setTimeout(() => {
        proxy.refuse = true;
        proxy.cut();
      }, 300);
      const error = await errorOf(impatient.followJob(one.id, () => undefined));
      expect(error.code).to.be.oneOf(['unreachable', 'connection-lost']);
      proxy.refuse = false;
      await impatient.close();
    });

    it('until we no longer want to; the job goes on', async () => {
      const one = job('sleep 0.5; echo x; sleep 0.5; touch /var/lib/went-on');
      await shell.startJob(one);
      const stop = new AbortController();
      const error = await errorOf(
        shell.followJob(
          one.id,
          () => {
            stop.abort();
          },
          stop.signal,
        ),
      );
      expect(error.code).to.equal('interrupted');
      await until('it went on', () => made('went-on'));
      await follow(one.id);
    });
  });

  it('is lost, and not rebooted, when somebody kills it whole', async () => {
    const one = job('echo begun; sleep 100');
    await shell.startJob(one);
    await begun(one);
    const pid = readFileSync(join(folder(one.id), 'process'), 'utf8').split(' ')[0]!;
    await shell.ask({ kind: 'query', command: killSession(pid) });
    expect(await follow(one.id)).to.deep.equal({
      state: { kind: 'lost', rebooted: false, outputSize: 6 },
      output: 'begun\n',
    });
  });

  it('is lost by a reboot: another boot id', async () => {
    const one = job('sleep 100');
    await shell.startJob(one);
    const record = join(folder(one.id), 'process');
    const [pid, start] = readFileSync(record, 'utf8').split(' ');
    await shell.ask({ kind: 'query', command: killSession(pid!) });
    writeFileSync(record, `${pid} ${start} 00000000-0000-4000-8000-000000000000\n`);
    expect((await follow(one.id)).state).to.deep.include({ kind: 'lost', rebooted: true });
  });

  describe('is cancelled', () => {
    it('with TERM, and says so itself', async () => {
      const one = job('trap "echo bye; exit 7" TERM; echo begun; while :; do sleep 0.1; done');
      await shell.startJob(one);
      await begun(one);
      expect(await shell.cancelJob(one.id, claim)).to.deep.include({ kind: 'finished', code: 7 });
      expect((await follow(one.id)).output).to.match(/^begun\n(Terminated\n)?bye\n$/);
    });

    it('as another user, with everything that it started', async () => {
      const one = job('sh -c "sleep 1000 & sleep 1000"', { as: 'daemon' });
      await shell.startJob(one);
      expect(await shell.cancelJob(one.id, claim)).to.deep.include({ kind: 'finished', code: 143 });
    });

    it('only by whom it belongs to', async () => {
      const one = job('sleep 1');
      await shell.startJob(one);
      const error = await errorOf(shell.cancelJob(one.id, { ...claim, token: claim.token + 1 }));
      expect(error.code).to.equal('handed-over');
      expect((await shell.jobState(one.id)).kind).to.equal('running');
    });

    it('without harm when it has ended', async () => {
      const one = job('exit 4');
      await shell.startJob(one);
      await follow(one.id);
      expect(await shell.cancelJob(one.id, claim)).to.deep.include({ kind: 'finished', code: 4 });
    });
  });

  describe('its record', () => {
    it('keeps every other change away until it is closed, by name', async () => {
      const one = job('sleep 0.5');
      await shell.startJob(one);
      expect(await readLock(shell)).to.deep.include({ openJobs: [one.id] });
      const error = await errorOf(shell.change(mutation({ command: sh`touch /var/lib/beside`, claim })));
      expect(error.code).to.equal('fence');
      expect(error.message).to.include(one.id);
      expect((await errorOf(shell.startJob(job('true')))).code).to.equal('fence');
      expect((await shell.closeJob(one.id, claim)).ending).to.deep.equal({ kind: 'exited', code: 1 });
      await follow(one.id);
      expect((await errorOf(shell.change(mutation({ command: sh`true`, claim })))).code).to.equal('fence');
      expect((await shell.closeJob(one.id, claim)).ending).to.deep.equal({ kind: 'exited', code: 0 });
      await shell.change(mutation({ command: sh`touch /var/lib/after`, claim }));
      expect([made('beside'), made('after')]).to.deep.equal([false, true]);
    });

    it('passes to a new owner of the run, who may adopt, cancel and close it', async () => {
      const one = job('sleep 100');
      await shell.startJob(one);
      const later = await another();
      const next = await acquire({ shells: [later], run: 'r1', owner: 'me@new 2', deployment: 'prod', takeOver: true });
      expect((await later.jobState(one.id)).kind).to.equal('running');
      expect((await errorOf(shell.cancelJob(one.id, claim))).code).to.equal('handed-over');
      expect(await later.cancelJob(one.id, next)).to.deep.include({ kind: 'finished', code: 143 });
      expect((await later.closeJob(one.id, next)).ending).to.deep.equal({ kind: 'exited', code: 0 });
      await later.close();
    });
  });

  it('does not start for a run that was taken over between the order and the start', async () => {
    const one = job('touch /var/lib/late-start');
    const later = await another();
    await shell.startJob(job('true')).then(({ kind }) => {
      expect(kind).to.not.equal('absent');
    });
    await follow(`r1-${number}`);
    await shell.closeJob(`r1-${number}`, claim);
    await acquire({ shells: [later], run: 'r1', owner: 'me@new 2', deployment: 'prod', takeOver: true });
    expect((await errorOf(shell.startJob(one))).code).to.equal('handed-over');
    expect(made('late-start')).to.equal(false);
    await later.close();
  });

  it('leaves the line alone: the session that started it is still good', async () => {
    const before = events.length;
    const one = job('sleep 0.3');
    await shell.startJob(one);
    await follow(one.id);
    expect(events.length).to.equal(before);
  });

  it('refuses ids that are no file names', async () => {
    for (const id of ['../x', 'a b', '', '-x', 'a/b']) {
      expect((await errorOf(() => shell.startJob({ ...job('true'), id }))).code, id).to.equal('internal');
    }
  });

  it('without a claim runs where no run holds the host, and makes the state folder that it needs', async () => {
    rmSync(join(host().varLib, 'pgup'), { recursive: true, force: true });
    const one = job('echo generic', { claim: 'unclaimed' });
    await shell.startJob(one);
    expect((await follow(one.id)).output).to.equal('generic\n');
    expect((await shell.closeJob(one.id, 'unclaimed')).ending).to.deep.equal({ kind: 'exited', code: 0 });
  });

  more({ shell: () => shell, claim: () => claim, events: () => events, folder, job, follow, begun, another });
}
