import { PgupError } from '../errors.ts';
import type { Value } from '../inventory/inventory.ts';
import { render } from '../playbook/expressions.ts';
import { inheritPlay } from '../playbook/inherit.ts';
import type { PlannedPlay } from '../playbook/plan.ts';
import type { Block, Task, TaskOrBlock } from '../playbook/playbook.ts';
import type { DeploymentState, Engine } from './deployment-state.ts';
import { factsTask, gathers } from './gather-facts.ts';
import { hostScope } from './host-scope.ts';
import { isBad, type HostOutcome } from './outcome.ts';
import { failureOf, type TaskFailure } from './play.ts';
import { runTaskOnHosts, taskName } from './run-task.ts';
import { numberOf, truth } from './task-settings.ts';

/** A generic play on one batch of its hosts (`serial`); without `serial` on all of them. */
export interface BatchRun {
  readonly engine: Engine;
  readonly state: DeploymentState;
  readonly planned: PlannedPlay;
  readonly batch: readonly string[];
  /** Hosts that failed or were not reached, in this play or before it: nothing more is done on them. */
  readonly out: Set<string>;
}

export interface BatchEnd {
  readonly failures: readonly TaskFailure[];
  /** One failure was to end the play for all, or too many failed: no host is begun with any more. */
  readonly fatal: boolean;
}

/** What is true of the whole batch while it runs. */
interface Batch extends BatchRun {
  readonly failures: TaskFailure[];
  /** Not reached any more: not even `rescue` and `always` are for them. */
  readonly gone: Set<string>;
  /** Failed for good: no `rescue` is left for them. */
  readonly lost: Set<string>;
  /** host → handlers to run there. */
  readonly notified: Map<string, Set<Task>>;
  readonly handlers: readonly Task[];
  /** A task with nothing but what it inherits from the play: what is about the play alone is rendered for it. */
  readonly plain: Task;
  fatal: boolean;
}

/**
 * Ansible's linear order: each task on all hosts that are left, a barrier, the next task. Each host has its own fate:
 * one that fails leaves the block, is caught by its `rescue`, or is out.
 */
export async function runBatch(run: BatchRun): Promise<BatchEnd> {
  const { state, planned, batch: hosts, out } = run;
  const { tasks, handlers } = inheritPlay(planned.play);
  const plain = factsTask(planned.play);
  const empty = {
    failures: [],
    gone: new Set<string>(),
    lost: new Set<string>(),
    notified: new Map<string, Set<Task>>(),
  };
  const batch: Batch = { ...run, ...empty, handlers, plain, fatal: false };
  const isOut = (host: string): boolean => out.has(host) || batch.lost.has(host);
  state.play = { name: planned.name, hosts: planned.hosts, batch: hosts, out: { has: isOut } };
  const alive = new Set(hosts.filter((host) => !out.has(host)));
  const began = new Set(alive);
  const walk: Walk = { batch, alive, rescuing: false };
  if (gathers(planned.play, { ...run, plain })) await runTask(plain, walk, inOrder(walk));
  await runItems(tasks, walk);
  await flushHandlers(walk);
  for (const host of began) if (!alive.has(host)) out.add(host);
  // what a rescue has put right is no failure of the run
  const failures = batch.failures.filter(({ failed }) => failed.some(({ host }) => out.has(host)));
  return { failures, fatal: batch.fatal };
}

/** Where in the play we are: who takes part here, and whether a `rescue` around would catch who fails. */
interface Walk {
  readonly batch: Batch;
  readonly alive: Set<string>;
  readonly rescuing: boolean;
}

async function runItems(items: readonly TaskOrBlock[], walk: Walk): Promise<void> {
  for (const item of items) {
    if (walk.alive.size === 0 || walk.batch.engine.stop.aborted) return;
    if (item.kind === 'task') await runTask(item, walk, inOrder(walk));
    else await runBlock(item, walk);
  }
}

function inOrder({ batch, alive }: Walk): readonly string[] {
  return batch.batch.filter((host) => alive.has(host));
}

/** `rescue` is for the hosts that failed inside, `always` for all; a host that is not reached gets neither. */
async function runBlock(block: Block, walk: Walk): Promise<void> {
  const { batch } = walk;
  const there = (hosts: Iterable<string>): Set<string> => new Set([...hosts].filter((host) => !batch.gone.has(host)));
  const entered = new Set(walk.alive);
  const inner = new Set(walk.alive);
  await runItems(block.block, { batch, alive: inner, rescuing: walk.rescuing || block.rescue.length > 0 });
  const lost = there([...entered].filter((host) => !inner.has(host)));
  if (lost.size > 0 && block.rescue.length > 0) {
    await runItems(block.rescue, { batch, alive: lost, rescuing: walk.rescuing });
    for (const host of there(lost)) {
      inner.add(host);
      batch.state.rescue(host);
    }
  }
  const always = there(entered);
  await runItems(block.always, { batch, alive: always, rescuing: walk.rescuing });
  for (const host of entered) if (!inner.has(host) || !always.has(host)) walk.alive.delete(host);
}

/** Runs a task on those of the hosts that take part, and draws the consequences. */
async function runTask(task: Task, walk: Walk, hosts: readonly string[]): Promise<void> {
  const [first] = hosts;
  if (first === undefined) return;
  const { engine, state } = walk.batch;
  const scope = hostScope({ engine, state, host: first, task, extra: new Map() });
  const once = task.runOnce !== undefined && truth('run_once', task.runOnce, scope);
  const outcomes = await runTaskOnHosts({ engine, state, task, hosts: once ? [first] : hosts, undo: false });
  const { anyErrorsFatal } = task.keywords;
  const fatal = once || (anyErrorsFatal !== undefined && truth('any_errors_fatal', anyErrorsFatal, scope));
  settle(task, outcomes, { ...walk, once, fatal });
}

interface Settling extends Walk {
  /** One host did it for all: they share its result, its facts and its failure. */
  readonly once: boolean;
  /** A failure is one of every host. */
  readonly fatal: boolean;
}

/** What a task's outcomes mean for the hosts: what they know now, what they are to do at the end, and who is out. */
function settle(task: Task, outcomes: ReadonlyMap<string, HostOutcome>, walk: Settling): void {
  const { batch, alive, rescuing, once, fatal } = walk;
  const failed: { host: string; outcome: HostOutcome }[] = [];
  for (const [host, one] of outcomes) {
    learn(task, one, { batch, hosts: once ? batch.batch.filter((each) => !batch.gone.has(each)) : [host] });
    if (one.status === 'changed' || one.status === 'would-change') notify(task, host, batch);
    if (!isBad(one)) continue;
    failed.push({ host, outcome: one });
    alive.delete(host);
    if (one.status !== 'failed') batch.gone.add(host);
    if (rescuing) rememberFailure(task, host, one, batch);
    else batch.lost.add(host);
  }
  const failure = failureOf(task, failed);
  if (!failure) return;
  batch.failures.push(failure);
  if (fatal) fail(alive, walk);
  if (!isTooMany(batch)) return;
  batch.fatal = true;
  fail(alive, walk);
}

/** As if each of them had failed: their `rescue` and `always` are still for them. */
function fail(alive: Set<string>, { batch, rescuing }: Walk): void {
  if (!rescuing) for (const host of alive) batch.lost.add(host);
  alive.clear();
}

function learn(task: Task, one: HostOutcome, { batch, hosts }: { batch: Batch; hosts: readonly string[] }): void {
  const { state } = batch;
  for (const host of hosts) {
    if (one.facts) state.facts.set(host, one.facts);
    for (const [name, value] of Object.entries(one.variables ?? {})) state.register(host, name, value);
    if (task.register !== undefined) state.register(host, task.register, one.values);
  }
}

/** What `rescue` and `always` can name of the failure that they are about. */
function rememberFailure(task: Task, host: string, one: HostOutcome, { state }: Batch): void {
  state.register(host, 'ansible_failed_task', { name: taskName(task), action: task.module });
  state.register(host, 'ansible_failed_result', one.values);
}

/** More of the batch than the play allows. Stricter than Ansible: hosts that are not reached count, too. */
function isTooMany(batch: Batch): boolean {
  const { engine, state, planned, batch: hosts, lost } = batch;
  const { maxFailPercentage } = planned.play.keywords;
  const [host] = hosts;
  if (maxFailPercentage === undefined || host === undefined) return false;
  const scope = hostScope({ engine, state, host, task: batch.plain, extra: new Map() });
  return (lost.size / hosts.length) * 100 > numberOf('max_fail_percentage', render(maxFailPercentage, scope));
}

function notify(task: Task, host: string, batch: Batch): void {
  for (const text of task.notify) {
    const due = batch.notified.get(host) ?? new Set<Task>();
    batch.notified.set(host, due.add(handlerOf(text, task, { batch, host })));
  }
}

/** The first handler of that name. Names may hold expressions on both sides. */
function handlerOf(text: string, task: Task, { batch, host }: { batch: Batch; host: string }): Task {
  const { engine, state, handlers } = batch;
  const rendered = (source: Value, of: Task): Value => {
    const constant = typeof source !== 'string' || !source.includes('{{');
    const template = { kind: 'template', source, constant, at: of.at } as const;
    return render(template, hostScope({ engine, state, host, task: of, extra: new Map() }));
  };
  const name = rendered(text, task);
  const found = handlers.find((each) => each.name && rendered(each.name.source, each) === name);
  if (found) return found;
  throw new PgupError(
    'playbook-syntax',
    `no handler of the play is called "${typeof name === 'string' ? name : text}"`,
    { host },
  );
}

/**
 * At the end of the play, the handlers in the order that they are written, each on the hosts that notified it and are
 * still in the play. One that notifies another that stands before it has it run in a second round, as in Ansible.
 */
async function flushHandlers(walk: Walk): Promise<void> {
  const { batch, alive } = walk;
  for (let round = 0; round < 2; round++) {
    for (const handler of batch.handlers) {
      if (batch.engine.stop.aborted || batch.fatal) return;
      const hosts = inOrder(walk).filter((host) => batch.notified.get(host)?.delete(handler));
      if (alive.size > 0) await runTask(handler, walk, hosts);
    }
  }
}
