import { asPgupError, type PgupError } from '../errors.ts';
import type { DeploymentState, Engine } from './deployment-state.ts';
import { statusOf } from './outcome.ts';

type JobsEnd =
  | { readonly kind: 'ended'; readonly unreachable: readonly string[] }
  | { readonly kind: 'failed'; readonly error: PgupError };

/**
 * Before a deployment is put back nothing of it may still be at work: a job that an earlier controller started is ended,
 * or awaited where being cut would leave more than what it did. Gives the hosts that could not be reached for that.
 */
export async function endOpenJobs(engine: Engine, state: DeploymentState): Promise<JobsEnd> {
  const { claim, planned } = state;
  const unreachable: string[] = [];
  for (const [key, job] of [...state.openJobs]) {
    const space = key.indexOf(' ');
    const [task, host] = [key.slice(0, space), key.slice(space + 1)];
    try {
      const shell = await engine.openShell(host, 'root');
      const says = job.waits ? `waiting for job ${job.id}: ${job.says}` : `ending job ${job.id}: ${job.says}`;
      const began = engine.now();
      const place = { deployment: planned.name, task, host, step: job.step };
      engine.events.emit('step:start', { ...place, says, job: false });
      if (job.waits) await shell.followJob(job.id, () => undefined, engine.park);
      else await shell.cancelJob(job.id, claim ?? 'unclaimed');
      await shell.closeJob(job.id, claim ?? 'unclaimed');
      state.openJobs.delete(key);
      state.write({ kind: 'step-outcome', ...place, outcome: 'ended to be put back' });
      engine.events.emit('step:end', { ...place, ok: true, seconds: (engine.now() - began) / 1000 });
    } catch (thrown) {
      const error = asPgupError(thrown);
      if (statusOf(error) === 'failed') return { kind: 'failed', error };
      unreachable.push(host);
    }
  }
  return { kind: 'ended', unreachable };
}
