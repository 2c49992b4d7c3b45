import type { HostShell } from '../shell/host-shell.ts';
import { mutation } from '../shell/fence.ts';
import { PgupError } from '../errors.ts';
import type { HostTask } from './host-task.ts';
import { claimHosts, releaseHosts } from './claim.ts';
import type { Upgrade } from '../modules/upgrade.ts';
import { writeMarker } from './marker.ts';
import type { DeploymentStep } from './perform-task.ts';
import type { StepOutcome } from './step.ts';
import { exited, judge } from './verdict.ts';

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
    case 'release': {
      const left = await releaseHosts(work);
      if (left.length > 0) throw new PgupError('unreachable', `still locked, because not reached: ${left.join(', ')}`);
      break;
    }
    case 'point-of-no-return':
      return passPointOfNoReturn(step, work, shell);
    case 'mark':
      markWindow(step.mark, work);
      break;
  }
  return { verdict: { ok: true }, result: exited(0) };
}

/**
 * The marker is on the host's disk before anything that it allows happens. If the line is lost while it is written,
 * the deployment is taken as past it until the host itself says otherwise.
 */
async function passPointOfNoReturn(step: DeploymentStep, work: HostTask, shell: HostShell): Promise<StepOutcome> {
  const { engine, state, host } = work;
  const deployment = state.planned.name;
  await claimHosts(work);
  const claim = state.claim;
  if (!claim) throw new PgupError('internal', 'the point of no return was reached without a claim');
  state.write({ kind: 'no-return-intent', deployment, host });
  state.noReturn = 'maybe';
  state.noReturnHost = host;
  const text = { run: engine.run, deployment, token: claim.token, at: engine.now() };
  const command = writeMarker(text, state.knowledge.shared['upgrade'] as Upgrade | undefined);
  const record = state.records?.of(host);
  const result = await shell.change(mutation({ command, claim, record: record?.text }));
  if (result.ending.kind === 'exited') record?.written();
  const verdict = judge(step, result);
  if (result.ending.kind === 'unknown')
    throw new PgupError('connection-lost', verdict.ok ? '' : verdict.says, { host });
  if (verdict.ok) {
    state.noReturn = 'passed';
    state.write({ kind: 'no-return', deployment, host });
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
    state.write({ kind: 'window', deployment, state: 'open' });
    engine.events.emit('window', { deployment, state: 'open', seconds: 0 });
    return;
  }
  if (state.windowOpened === undefined || state.downtime !== undefined) return;
  state.downtime = state.windowLength(now);
  state.write({ kind: 'window', deployment, state: 'closed' });
  engine.events.emit('window', { deployment, state: 'closed', seconds: state.downtime / 1000 });
}
