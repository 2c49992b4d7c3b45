import { problem, ProblemsError, type Problem } from '../errors.ts';
import { matchHosts } from '../inventory/host-pattern.ts';
import { isValueList, type Deployment, type Inventory, type Value } from '../inventory/inventory.ts';
import { render } from './expressions.ts';
import { hashOf } from './plan-hash.ts';
import { planTasks, type PlannedTask } from './plan-tasks.ts';
import type { Play, Playbook } from './playbook.ts';
import { layerOfTemplates, layerOfVariables, makeScope } from './scope.ts';
import { kindOfValue } from './source.ts';

export type { PlannedTask } from './plan-tasks.ts';

/** Everything that a run will do, frozen before anything is connected. */
export interface Plan {
  readonly kind: 'plan';
  /** The path of the playbook as the user gave it. */
  readonly playbookFile: string;
  readonly flavour: Playbook['flavour'];
  /** SHA-256 over what is planned, secrets left out: the same plan has the same hash, on any controller. */
  readonly hash: string;
  /** In the order of the inventory. A generic playbook has one entry, `all`. */
  readonly deployments: readonly PlannedDeployment[];
}

export interface PlannedDeployment {
  readonly kind: 'planned-deployment';
  readonly name: string;
  /** All of its hosts; of a generic playbook, all that any play is for. */
  readonly hosts: readonly string[];
  /** Undefined for a generic playbook. */
  readonly deployment: Deployment | undefined;
  readonly plays: readonly PlannedPlay[];
}

export interface PlannedPlay {
  readonly kind: 'planned-play';
  /** The play as read: the engine walks its tasks, blocks and handlers. */
  readonly play: Play;
  readonly name: string;
  /** The hosts of the deployment that the play is for, in the inventory's order; may be none. */
  readonly hosts: readonly string[];
  /** Every task in order, those of blocks among them: what people and `pgup plan` see. */
  readonly tasks: readonly PlannedTask[];
  readonly handlers: readonly PlannedTask[];
}

export interface PlanOptions {
  readonly playbook: Playbook;
  readonly inventory: Inventory;
  /** Of an upgrade playbook. */
  readonly deployments: readonly Deployment[];
  /** What stands after `--limit`. */
  readonly limit?: string | undefined;
  /** What a `--limit @file` is relative to. */
  readonly cwd?: string | undefined;
}

export interface Planned {
  /** Undefined where there is an error among the problems. */
  readonly plan: Plan | undefined;
  readonly problems: readonly Problem[];
}

/** Playbook and inventory become a plan. Nothing is asked of any host. */
export function makePlan(options: PlanOptions): Planned {
  const problems: Problem[] = [];
  const { playbook } = options;
  const matched = playbook.plays.map((play) => ({ play, hosts: hostsOf(play, options, problems) }));
  const deployments =
    playbook.flavour === 'upgrade' ? perDeployment(matched, options, problems) : [generic(matched, options, problems)];
  if (problems.some((each) => each.severity === 'error')) return { plan: undefined, problems };
  const content = { playbookFile: playbook.file, flavour: playbook.flavour, deployments: Object.freeze(deployments) };
  return { plan: Object.freeze({ kind: 'plan', ...content, hash: hashOf(content) }), problems };
}

interface MatchedPlay {
  readonly play: Play;
  readonly hosts: readonly string[];
}

/** The hosts of a play's pattern. It may hold expressions over `-e` and the play's own `vars`: no host is known yet. */
function hostsOf(play: Play, { inventory, limit, cwd, playbook }: PlanOptions, problems: Problem[]): readonly string[] {
  const scope = makeScope({ layers: [layerOfVariables(inventory.extra), layerOfTemplates(play.keywords.vars)] });
  try {
    const pattern = render(play.hosts, scope);
    const list: readonly Value[] = isValueList(pattern) ? pattern : [pattern];
    const unfit = list.find((each) => typeof each !== 'string' && typeof each !== 'number');
    if (unfit !== undefined) {
      const text = `"hosts" takes a pattern or a list of patterns, not ${kindOfValue(unfit)}`;
      problems.push(problem('pattern', text, play.hosts.at));
      return [];
    }
    const texts = list.map(String);
    // in an upgrade the limit chooses deployments, not hosts of a play
    const ofPlay = playbook.flavour === 'generic' ? { limit, cwd } : {};
    const found = matchHosts({ inventory, pattern: texts, at: play.hosts.at, ...ofPlay });
    problems.push(
      ...found.problems.filter(
        (each) => !problems.some((told) => told.text === each.text && told.at?.line === each.at?.line),
      ),
    );
    return found.hosts;
  } catch (thrown) {
    if (!(thrown instanceof ProblemsError)) throw thrown;
    problems.push(...thrown.problems);
    return [];
  }
}

function plannedPlays(
  matched: readonly MatchedPlay[],
  inventory: Inventory,
  within?: ReadonlySet<string>,
): readonly PlannedPlay[] {
  return Object.freeze(
    matched.map(({ play, hosts }) => {
      const chosen = Object.freeze(within ? hosts.filter((host) => within.has(host)) : [...hosts]);
      const { tasks, handlers } = planTasks({ play, hosts: chosen, inventory });
      return Object.freeze({ kind: 'planned-play' as const, play, name: play.name, hosts: chosen, tasks, handlers });
    }),
  );
}

function generic(
  matched: readonly MatchedPlay[],
  { playbook, inventory, limit }: PlanOptions,
  problems: Problem[],
): PlannedDeployment {
  const all = new Set(matched.flatMap((each) => each.hosts));
  const ordered = [...inventory.hosts.keys()].filter((host) => all.has(host));
  const hosts = Object.freeze([...ordered, ...[...all].filter((host) => !inventory.hosts.has(host))]);
  if (hosts.length === 0 && problems.length === 0) {
    const at = playbook.plays[0]?.hosts.at;
    problems.push(
      limit === undefined
        ? problem('pattern', 'no play of the playbook is for any host of the inventory', at)
        : problem('limit-empty', `--limit ${limit} leaves no host for any play of the playbook`),
    );
  }
  const plays = plannedPlays(matched, inventory);
  return Object.freeze({ kind: 'planned-deployment', name: 'all', hosts, deployment: undefined, plays });
}

function perDeployment(
  matched: readonly MatchedPlay[],
  options: PlanOptions,
  problems: Problem[],
): readonly PlannedDeployment[] {
  const { inventory, playbook } = options;
  const chosen = limited(options, problems);
  return chosen.map((deployment) => {
    const plays = plannedPlays(matched, inventory, new Set(deployment.hosts));
    if (plays.every((each) => each.hosts.length === 0)) {
      const at = playbook.plays[0]?.hosts.at;
      problems.push(
        problem('pattern', `no play of the playbook is for any host of deployment "${deployment.name}"`, at),
      );
    }
    const { name, hosts } = deployment;
    return Object.freeze({ kind: 'planned-deployment', name, hosts, deployment, plays });
  });
}

/** The deployments that `--limit` takes: whole ones only. Half of one cannot be upgraded, or put back. */
function limited({ inventory, deployments, limit, cwd }: PlanOptions, problems: Problem[]): readonly Deployment[] {
  if (limit === undefined) return deployments;
  const found = matchHosts({ inventory, pattern: 'all', limit, cwd });
  problems.push(...found.problems);
  const taken = new Set(found.hosts);
  const chosen = deployments.filter((each) => each.hosts.some((host) => taken.has(host)));
  for (const { name, hosts } of chosen) {
    const left = hosts.filter((host) => !taken.has(host));
    if (left.length === 0) continue;
    const shown = left.length > 10 ? `${left.slice(0, 10).join(', ')} and ${left.length - 10} more` : left.join(', ');
    problems.push(
      problem('limit-partial', `--limit ${limit} takes only part of deployment "${name}": it leaves out ${shown}`),
    );
  }
  if (chosen.length === 0 && found.problems.length === 0) {
    problems.push(problem('limit-empty', `--limit ${limit} takes no host of any deployment`));
  }
  return chosen;
}
