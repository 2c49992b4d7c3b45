import type { DeploymentRecap, HostStatus, Recap } from '../events.ts';
import type { DeploymentResult } from './deployment.ts';
import type { DeploymentState, Engine } from './deployment-state.ts';

interface RecapOptions {
  readonly engine: Engine;
  readonly results: readonly DeploymentResult[];
  readonly notStarted: readonly string[];
  readonly seconds: number;
}

/** What a run came to, deployment by deployment. */
export function recapOf({ engine, results, notStarted, seconds }: RecapOptions): Recap {
  const started = results.map(({ state, outcome, summary }): DeploymentRecap => {
    const kept = state.knowledge.shared['kept'];
    return {
      deployment: state.planned.name,
      outcome,
      summary,
      downtime: state.downtime === undefined ? undefined : state.downtime / 1000,
      // A plan of what would be kept is nothing that is there.
      kept: Array.isArray(kept) && (outcome === 'done' || outcome === 'held') ? kept.map(String) : [],
      hosts: state.planned.hosts.map((host) => hostRecap(state, host)),
    };
  });
  const others = notStarted.map((deployment): DeploymentRecap => ({
    deployment,
    outcome: 'not-started',
    summary: engine.stop.aborted ? 'not started: interrupted' : 'not started: the failure budget is spent',
    downtime: undefined,
    kept: [],
    hosts: [],
  }));
  return { run: engine.run, deployments: [...started, ...others], seconds };
}

function hostRecap(state: DeploymentState, host: string) {
  const counts = state.counts.get(host);
  const of = (...statuses: readonly HostStatus[]) => statuses.reduce((sum, each) => sum + (counts?.get(each) ?? 0), 0);
  return {
    host,
    ok: of('ok', 'ignored'),
    changed: of('changed', 'would-change'),
    failed: of('failed') - (state.rescued.get(host) ?? 0),
    rescued: state.rescued.get(host) ?? 0,
    ignored: of('ignored'),
    skipped: of('skipped'),
    unreachable: of('unreachable', 'unknown'),
  };
}
