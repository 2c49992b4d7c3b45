import { readState } from '../shell/host-state.ts';
import { readLock } from '../shell/lock.ts';
import { lockHosts, tellHosts } from './claim.ts';
import { homeOf, type DeploymentState, type Engine } from './deployment-state.ts';
import { frozenDeployment } from './frozen-plan.ts';
import { differencesFrom, parseHostPlan, parseRecord, planChanged, type HostPlan } from './host-plan.ts';
import type { StampedEntry } from './journal.ts';
import { askNoReturn } from './marker.ts';
import { recall } from './recall.ts';

interface TakeUp {
  readonly engine: Engine;
  readonly state: DeploymentState;
  /** This controller's own journal of the run. */
  readonly before: readonly StampedEntry[];
}

/**
 * Takes a deployment's run over from an earlier controller: locks its hosts, so that the other one is refused from now
 * on, learns from them what they know beyond this controller's own journal, and asks what no journal is believed in:
 * whether the point of no return is passed. Where no host and no journal knows of a claim there is nothing to take over.
 */
export async function takeUp({ engine, state, before }: TakeUp): Promise<void> {
  const found = await askHosts(engine, state);
  if (!state.held && state.lastToken === 0 && !found.some(({ held }) => held)) return;
  refuseOtherPlan({ engine, state, found });
  // Only now: what the other controller still did meanwhile is in what the hosts say from here on.
  state.lastToken = Math.max(1, state.lastToken);
  const shells = await lockHosts({ engine, state });
  const kept = await askHosts(engine, state);
  learnFrom({ engine, state, before }, kept);
  await tellHosts({ engine, state }, shells);
  const home = homeOf(state.planned);
  const { noReturn, why } = await askNoReturn(engine, state, state.noReturnHost ?? home);
  if (noReturn === 'passed') state.noReturnHost ??= home;
  state.noReturn = noReturn;
  if (why !== undefined) engine.events.emit('note', { level: 'warning', text: `${state.planned.name}: ${why}` });
}

interface Kept {
  readonly host: string;
  readonly held: boolean;
  readonly plan: HostPlan | undefined;
  readonly entries: readonly StampedEntry[];
}

interface TakeUpFound {
  readonly engine: Engine;
  readonly state: DeploymentState;
  readonly found: readonly Kept[];
}

/** What each host says of this run. A host that cannot be reached cannot be taken over: that throws. */
async function askHosts({ openShell, run }: Engine, { planned }: DeploymentState): Promise<readonly Kept[]> {
  return Promise.all(
    planned.hosts.map(async (host) => {
      const shell = await openShell(host, 'root');
      const [lock, { plan: text, record }] = await Promise.all([readLock(shell), readState(shell)]);
      const held = lock.kind === 'held' && lock.run === run && lock.deployment === planned.name;
      const plan = parseHostPlan(text);
      const ours = plan?.run === run && plan.deployment === planned.name;
      return { host, held, plan: ours ? plan : undefined, entries: ours ? parseRecord(record) : [] };
    }),
  );
}

/** A plan that is not the one that was begun would be gone on with in the middle of another. */
function refuseOtherPlan({ engine, state, found }: TakeUpFound): void {
  const plans = found.flatMap(({ plan }) => plan ?? []);
  const differences = differencesFrom(plans, frozenDeployment(state.planned, engine.inventory));
  if (differences.length > 0) throw planChanged({ run: engine.run, deployment: state.planned.name, differences });
}

/** Own journal and hosts' parts together; each host is to be told what it lacks. */
function learnFrom({ engine, state, before }: TakeUp, kept: readonly Kept[]): void {
  const own = before.filter((entry) => 'deployment' in entry && entry.deployment === state.planned.name);
  const known = new Set(own.map(({ n }) => n));
  const others = new Map(
    kept.flatMap(({ entries }) => entries).flatMap((each) => (known.has(each.n) ? [] : [[each.n, each]])),
  );
  const news = [...others.values()].sort((one, other) => one.n - other.n);
  state.adopt(news);
  recall(state, [...own, ...news]);
  for (const { host, entries } of kept) {
    const has = new Set(entries.map(({ n }) => n));
    for (const entry of [...own, ...news]) if (!has.has(entry.n)) state.records?.remind(host, entry);
  }
  if (news.length > 0) {
    const text = `${state.planned.name}: ${news.length} entries of the journal were known to the hosts alone`;
    engine.events.emit('note', { level: 'info', text });
  }
}
