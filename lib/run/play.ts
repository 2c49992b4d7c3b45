import { PgupError } from '../errors.ts';
import { inheritPlay } from '../playbook/inherit.ts';
import type { PlannedPlay } from '../playbook/plan.ts';
import type { Block, Task, TaskOrBlock } from '../playbook/playbook.ts';
import type { DeploymentState, Engine } from './deployment-state.ts';
import { isBad, type HostOutcome } from './outcome.ts';
import { runTaskOnHosts, taskName } from './run-task.ts';

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
  readonly notified: Set<string>;
  failure: TaskFailure | undefined;
  finished: string | undefined;
}

/** A play of an upgrade: Ansible's linear order, each task on all its hosts, a barrier, the next task. */
export async function runPlay(run: PlayRun): Promise<PlayEnd> {
  const { planned, state } = run;
  const { tasks, handlers } = inheritPlay(planned.play);
  state.play = { name: planned.name, hosts: planned.hosts, batch: planned.hosts, out: new Set() };
  const walk: Walk = {
    ...run,
    alive: new Set(planned.hosts),
    notified: new Set(),
    failure: undefined,
    finished: undefined,
  };
  await runItems(tasks, walk);
  if (!isOver(walk)) await runHandlers(handlers, walk);
  if (walk.finished !== undefined) return { kind: 'finished', reason: walk.finished };
  return walk.failure ? { kind: 'failed', failure: walk.failure } : { kind: 'done' };
}

/** Only findings stand in the way: every host answered. */
export function isFinding({ failed }: TaskFailure): boolean {
  return failed.every(({ outcome: one }) => one.findings.length > 0);
}

/** One failure ends the deployment. */
function isOver(walk: Walk): boolean {
  if (walk.finished !== undefined || walk.alive.size === 0) return true;
  if (!walk.failure) return false;
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
  const inner: Walk = { ...walk, alive: new Set(walk.alive), failure: undefined, finished: undefined };
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

async function runHandlers(handlers: readonly Task[], walk: Walk): Promise<void> {
  for (const handler of handlers) {
    const name = handler.name?.source;
    if (typeof name === 'string' && walk.notified.has(name)) await runTask(handler, walk);
  }
}

async function runTask(task: Task, walk: Walk): Promise<void> {
  const { engine, state } = walk;
  const hosts = hostsOf(task, walk);
  const outcomes = await runTaskOnHosts({ engine, state, task, hosts, undo: false });
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
  const failure = failureOf(task, failed);
  if (failure) walk.failure ??= failure;
}

/** What failed of a task; undefined where nothing did. */
export function failureOf(task: Task, failed: TaskFailure['failed']): TaskFailure | undefined {
  const first = failed[0];
  if (!first) return undefined;
  const error = first.outcome.error ?? new PgupError('finding', first.outcome.says, { host: first.host });
  return { task: task.id, name: taskName(task), failed, error };
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
