import type { HostShell } from '../shell/host-shell.ts';
import { mutation } from '../shell/fence.ts';
import { acquire, heartbeat, release } from '../shell/lock.ts';
import { sh } from '../shell/sh.ts';
import { PgupError } from '../errors.ts';
import type { HostTask } from './host-task.ts';
import { MARKER } from './marker.ts';
import type { DeploymentStep } from './perform-task.ts';
import type { StepOutcome } from './step.ts';
import { exited, judge } from './verdict.ts';

/** Milliseconds between two heartbeats in the lock files: what others see of a run that is alive. */
const HEARTBEAT = 15_000;

/** The steps that are about the deployment as a whole. */
export async function performDeploymentStep(
  step: DeploymentStep,
  work: HostTask,
  shell: HostShell,
): Promise<StepOutcome> {
  switch (step.kind) {
    case 'claim':
      await claimHosts(work);
      break;
    case 'release':
      await releaseHosts(work);
      break;
    case 'point-of-no-return':
      return passPointOfNoReturn(step, work, shell);
    case 'mark':
      markWindow(step.mark, work);
      break;
  }
  return { verdict: { ok: true }, result: exited(0) };
}

/** All hosts of the deployment or none: a host that cannot be locked lets go of the others. */
export async function claimHosts({ engine, state }: Pick<HostTask, 'engine' | 'state'>): Promise<void> {
  const { name, hosts } = state.planned;
  const shells = await Promise.all(hosts.map((host) => engine.openShell(host, 'root')));
  const claim = await acquire({
    shells,
    run: engine.run,
    owner: engine.owner,
    deployment: name,
    takeOver: engine.takeOver,
  });
  state.claim = claim;
  engine.journal?.write({ kind: 'claim', deployment: name, token: claim.token, owner: claim.owner });
  state.startHeartbeat(HEARTBEAT, async () => {
    // A beat that fails says nothing about the run: the fence is the lock itself, the beat is for people.
    await Promise.allSettled(shells.map((shell) => heartbeat(shell, claim)));
  });
}

/** Lets go of every host that can be reached; the others keep the lock, and their letter says so. */
export async function releaseHosts({ engine, state }: Pick<HostTask, 'engine' | 'state'>): Promise<readonly string[]> {
  const { claim } = state;
  if (!claim) return [];
  state.stopHeartbeat();
  const left: string[] = [];
  for (const host of state.planned.hosts) {
    try {
      await release(await engine.openShell(host, 'root'), claim);
    } catch (thrown) {
      if (!(thrown instanceof PgupError)) throw thrown;
      left.push(host);
    }
  }
  state.claim = undefined;
  engine.journal?.write({ kind: 'released', deployment: state.planned.name });
  return left;
}

/**
 * The marker is on the host's disk before anything that it allows happens. If the line is lost while it is written,
 * the deployment is taken as past it until the host itself says otherwise.
 */
async function passPointOfNoReturn(step: DeploymentStep, work: HostTask, shell: HostShell): Promise<StepOutcome> {
  const { engine, state, host } = work;
  const deployment = state.planned.name;
  const claim = state.claim;
  if (!claim) throw new PgupError('internal', 'the point of no return was reached without a claim');
  engine.journal?.write({ kind: 'no-return-intent', deployment, host });
  state.noReturn = 'maybe';
  state.noReturnHost = host;
  const text = `${JSON.stringify({ run: engine.run, deployment, token: claim.token, at: engine.now() })}\n`;
  const command = sh`umask 077; cat > ${MARKER}.new && sync ${MARKER}.new && mv ${MARKER}.new ${MARKER} && sync /var/lib/pgup`;
  const result = await shell.change(mutation({ command, claim, stdin: text }));
  const verdict = judge(step, result);
  if (result.ending.kind === 'unknown')
    throw new PgupError('connection-lost', verdict.ok ? '' : verdict.says, { host });
  if (verdict.ok) {
    state.noReturn = 'passed';
    engine.journal?.write({ kind: 'no-return', deployment, host });
    engine.events.emit('point-of-no-return', { deployment, host });
  }
  return { verdict, result };
}

function markWindow(mark: 'window-opens' | 'window-closes', { engine, state }: HostTask): void {
  const deployment = state.planned.name;
  const now = engine.now();
  if (mark === 'window-opens') {
    if (state.windowOpened !== undefined) return;
    state.openWindow(now);
    engine.journal?.write({ kind: 'window', deployment, state: 'open' });
    engine.events.emit('window', { deployment, state: 'open', seconds: 0 });
    return;
  }
  if (state.windowOpened === undefined || state.downtime !== undefined) return;
  state.downtime = state.windowLength(now);
  engine.journal?.write({ kind: 'window', deployment, state: 'closed' });
  engine.events.emit('window', { deployment, state: 'closed', seconds: state.downtime / 1000 });
}
