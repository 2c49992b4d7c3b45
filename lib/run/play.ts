import { PgupError } from '../errors.ts';
import { condition, render } from '../playbook/expressions.ts';
import type { PlannedPlay } from '../playbook/plan.ts';
import type { Block, SharedKeywords, Task, TaskOrBlock } from '../playbook/playbook.ts';
import type { DeploymentState, Engine } from './deployment-state.ts';
import { hostScope, type TaskVariables } from './host-scope.ts';
import { runHostTask, type HostTask } from './host-task.ts';
import { isBad, outcome, type HostOutcome } from './outcome.ts';

/** A task that failed, with every host that it failed on. */
export interface TaskFailure {
  readonly task: string;
  readonly name: string;
  readonly failed: readonly { readonly host: string; readonly outcome: HostOutcome }[];
  readonly error: PgupError;
}

export type PlayEnd =
  | { readonly kind: 'done' }
  | { readonly kind: 'finished'; readonly reason: string }
  | { readonly kind: 'failed'; readonly failure: TaskFailure };

interface PlayRun {
  readonly engine: Engine;
  readonly state: DeploymentState;
  readonly planned: PlannedPlay;
}

/** Hosts that are still in the play. In an upgrade one that falls out ends the deployment at the next barrier. */
interface Walk extends PlayRun {
  readonly alive: Set<string>;
  /** Keywords of the play and its blocks, the outermost first. */
  readonly inherited: readonly SharedKeywords[];
  readonly notified: Set<string>;
  failure: TaskFailure | undefined;
  finished: string | undefined;
}

/** Ansible's linear order: each task on all its hosts, a barrier, the next task. */
export async function runPlay(run: PlayRun): Promise<PlayEnd> {
  const { planned } = run;
  const walk: Walk = {
    ...run,
    alive: new Set(planned.hosts),
    inherited: [planned.play.keywords],
    notified: new Set(),
    failure: undefined,
    finished: undefined,
  };
  await runItems(planned.play.tasks, walk);
  if (!isOver(walk)) await runHandlers(planned.play.handlers, walk);
  if (walk.finished !== undefined) return { kind: 'finished', reason: walk.finished };
  return walk.failure ? { kind: 'failed', failure: walk.failure } : { kind: 'done' };
}

/** Only findings stand in the way: every host answered. */
export function isFinding({ failed }: TaskFailure): boolean {
  return failed.every(({ outcome: one }) => one.findings.length > 0);
}

/** One failure ends an upgrade's deployment; a generic play goes on with the hosts that are left. */
function isOver(walk: Walk): boolean {
  if (walk.finished !== undefined || walk.alive.size === 0) return true;
  if (!walk.failure || walk.engine.flavour === 'generic') return false;
  // Check mode goes on past findings, to show everything at once; past a host that did not answer nothing can be said.
  return !walk.engine.check || !isFinding(walk.failure);
}

async function runItems(items: readonly TaskOrBlock[], walk: Walk): Promise<void> {
  for (const item of items) {
    if (isOver(walk)) return;
    if (item.kind === 'task') await runTask(item, walk);
    else await runBlock(item, walk);
  }
}

/** `rescue` gets the hosts that failed inside `block`, and those it carries through are back in the play. */
async function runBlock(block: Block, walk: Walk): Promise<void> {
  const inner: Walk = {
    ...walk,
    alive: new Set([...walk.alive].filter((host) => isMeant(block, host, walk))),
    inherited: [...walk.inherited, block.keywords],
    failure: undefined,
    finished: undefined,
  };
  const entered = new Set(inner.alive);
  await runItems(block.block, inner);
  const lost = [...entered].filter((host) => !inner.alive.has(host));
  if (lost.length > 0 && block.rescue.length > 0) {
    const rescue: Walk = { ...inner, alive: new Set(lost), failure: undefined };
    await runItems(block.rescue, rescue);
    for (const host of rescue.alive) inner.alive.add(host);
    inner.failure = rescue.failure;
  }
  const always: Walk = { ...inner, alive: new Set(entered), failure: undefined };
  await runItems(block.always, always);
  for (const host of entered) if (!inner.alive.has(host) || !always.alive.has(host)) walk.alive.delete(host);
  walk.failure ??= inner.failure ?? always.failure;
  walk.finished ??= inner.finished ?? always.finished;
}

function isMeant(block: Block, host: string, walk: Walk): boolean {
  if (block.when.length === 0) return true;
  const task = block.block.find((item): item is Task => item.kind === 'task');
  return !task || condition(block.when, hostScope(hostTask(task, host, walk)));
}

async function runHandlers(handlers: readonly Task[], walk: Walk): Promise<void> {
  for (const handler of handlers) {
    const name = handler.name?.source;
    if (typeof name === 'string' && walk.notified.has(name)) await runTask(handler, walk);
  }
}

async function runTask(task: Task, walk: Walk): Promise<void> {
  const { engine, state } = walk;
  const hosts = hostsOf(task, walk);
  const outcomes = await runTaskOnHosts({
    engine,
    state,
    task,
    hosts,
    undo: false,
    variables: taskVariables(task, walk),
  });
  const failed: { host: string; outcome: HostOutcome }[] = [];
  for (const [host, one] of outcomes) {
    // A task that runs once speaks for every host of the play.
    const meant = hosts.length < walk.alive.size && isOnce(task, walk) ? [...walk.alive] : [host];
    for (const each of meant) if (task.register !== undefined) state.register(each, task.register, one.values);
    if (one.status === 'changed') for (const handler of task.notify) walk.notified.add(handler);
    if (one.finished !== undefined) walk.finished = one.finished;
    if (isBad(one)) {
      failed.push({ host, outcome: one });
      walk.alive.delete(host);
    }
  }
  const first = failed[0];
  if (!first) return;
  const error = first.outcome.error ?? new PgupError('finding', first.outcome.says, { host: first.host });
  walk.failure ??= { task: task.id, name: taskName(task), failed, error };
}

/** The hosts that a task is run for: all that are left, or the first where once is enough. */
function hostsOf(task: Task, walk: Walk): readonly string[] {
  const alive = walk.planned.hosts.filter((host) => walk.alive.has(host));
  return isOnce(task, walk) ? alive.slice(0, 1) : alive;
}

function isOnce(task: Task, { engine }: Walk): boolean {
  if (engine.modules.get(task.module)?.scope === 'deployment') return true;
  return task.runOnce?.source === true;
}

function taskVariables(task: Task, { inherited, engine, planned, state }: Walk): (host: string) => TaskVariables {
  const keywords = [...inherited, task.keywords];
  return (host) => {
    const layers = keywords.map((each) => each.vars);
    const variables: TaskVariables = { layers, extra: new Map(), become: undefined };
    const scope = hostScope({ engine, state, host, vars: variables });
    const become = keywords.map((each) => each.become).findLast((each) => each !== undefined);
    const user = keywords.map((each) => each.becomeUser).findLast((each) => each !== undefined);
    const wanted = become ? render(become, scope) === true : scope.lookup('ansible_become') === true;
    if (!wanted) return variables;
    const name = user ? render(user, scope) : (scope.lookup('ansible_become_user') ?? 'root');
    if (typeof name !== 'string') {
      throw new PgupError('variable-value', `become_user of play "${planned.play.name}" is not a name`, { host });
    }
    return { ...variables, become: name };
  };
}

function hostTask(task: Task, host: string, walk: Walk): HostTask {
  const { engine, state } = walk;
  return { engine, state, task, host, undo: false, vars: taskVariables(task, walk)(host) };
}

interface TaskRun {
  readonly engine: Engine;
  readonly state: DeploymentState;
  readonly task: Task;
  readonly hosts: readonly string[];
  readonly undo: boolean;
  readonly variables: (host: string) => TaskVariables;
}

/** One task on its hosts, side by side, with everything that is said and written about it. */
export async function runTaskOnHosts(run: TaskRun): Promise<ReadonlyMap<string, HostOutcome>> {
  const { engine, state, task, hosts, undo, variables } = run;
  const deployment = state.planned.name;
  const name = taskName(task);
  engine.events.emit('task:start', { deployment, task: task.id, name, hosts, undo });
  const outcomes = await Promise.all(
    hosts.map(async (host): Promise<readonly [string, HostOutcome]> => {
      const began = engine.now();
      // `claim` is taken anew by a run that goes on: the token of the controller before must lose.
      if (state.done.has(`${task.id} ${host}`) && task.module !== 'claim')
        return [host, outcome('skipped', 'done before')];
      engine.journal?.write({ kind: 'task-intent', deployment, task: task.id, host });
      const result = ignored(task, await runHostTask({ engine, state, task, host, undo, vars: variables(host) }));
      state.count(host, result.status);
      engine.journal?.write({ kind: 'task-outcome', deployment, task: task.id, host, status: result.status });
      const { status, says, steps, values, findings } = result;
      for (const { host: where, weight, check, text, next } of findings) {
        engine.events.emit('finding', { deployment, host: where, weight, check, text, next });
      }
      const seconds = (engine.now() - began) / 1000;
      engine.events.emit('task:host', { deployment, task: task.id, name, host, status, says, steps, seconds, values });
      return [host, result];
    }),
  );
  return new Map(outcomes);
}

function ignored(task: Task, result: HostOutcome): HostOutcome {
  if (result.status !== 'failed' || task.keywords.ignoreErrors?.source !== true) return result;
  const { says, steps, findings, values } = result;
  return { ...outcome('ignored', says), steps, findings, values };
}

/** The task's name as written, else its module. */
export function taskName(task: Task): string {
  return typeof task.name?.source === 'string' ? task.name.source : task.module;
}
