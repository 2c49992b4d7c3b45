import { asPgupError, PgupError } from '../errors.ts';
import type { Value } from '../inventory/inventory.ts';
import { condition, render } from '../playbook/expressions.ts';
import type { Task } from '../playbook/playbook.ts';
import type { DeploymentState, Engine } from './deployment-state.ts';
import { hostScope, type TaskVariables } from './host-scope.ts';
import { isBad, outcome, statusOf, type HostOutcome } from './outcome.ts';
import { decideAndPerform } from './perform-task.ts';

/** One task on one host of a running deployment. */
export interface HostTask {
  readonly engine: Engine;
  readonly state: DeploymentState;
  readonly task: Task;
  /** The host that the task is about; where it is sent is `delegate_to`'s business. */
  readonly host: string;
  readonly undo: boolean;
  readonly vars: TaskVariables;
}

/** Runs a task on a host to an outcome. Never rejects: whatever happens is one host's outcome. */
export async function runHostTask(work: HostTask): Promise<HostOutcome> {
  try {
    const scope = hostScope(work);
    if (!condition(work.task.when, scope)) return outcome('skipped', 'its condition is false');
    return await runLoop(work);
  } catch (thrown) {
    const error = asPgupError(thrown);
    return { ...outcome(statusOf(error), error.message), error };
  }
}

/** Each item of `loop` in turn; without a loop, once. */
async function runLoop(work: HostTask): Promise<HostOutcome> {
  const { task } = work;
  if (!task.loop) return attempts(work);
  const items = render(task.loop, hostScope(work));
  if (!Array.isArray(items)) {
    throw new PgupError('expression', `loop needs a list, and got ${JSON.stringify(items)}`);
  }
  const results: HostOutcome[] = [];
  for (const item of items as readonly Value[]) {
    const vars = { ...work.vars, extra: new Map([...work.vars.extra, [task.loopVar, item]]) };
    const scope = hostScope({ ...work, vars });
    const one = condition(task.when, scope)
      ? await attempts({ ...work, vars })
      : outcome('skipped', 'condition is false');
    results.push(one);
    if (isBad(one)) break;
  }
  const worst = results.find((one) => one.error) ?? results.find((one) => one.status === 'changed') ?? results[0];
  return {
    ...(worst ?? outcome('skipped', 'nothing to loop over')),
    steps: results.flatMap((one) => one.steps),
    findings: results.flatMap((one) => one.findings),
    values: { changed: results.some((one) => one.status === 'changed'), results: results.map((one) => one.values) },
  };
}

/** `until` with `retries` and `delay`; without them, once. */
async function attempts(work: HostTask): Promise<HostOutcome> {
  const { task, engine } = work;
  const scope = hostScope(work);
  const retries = task.until.length > 0 ? Number(task.retries ? render(task.retries, scope) : 3) : 0;
  const delay = Number(task.delay ? render(task.delay, scope) : 5) * 1000;
  for (let attempt = 0; ; attempt++) {
    const one = conditions(work, await decideAndPerform(work));
    if (task.until.length === 0 || engine.check) return one;
    if (condition(task.until, hostScope(work, resultNames(work, one)))) return one;
    if (attempt >= retries) return { ...one, status: 'failed', says: `until is still false after ${retries} retries` };
    await engine.sleep(delay);
  }
}

/** The name that `until`, `changed_when` and `failed_when` know this result by. */
function resultNames({ task }: HostTask, one: HostOutcome): ReadonlyMap<string, Value> {
  return new Map(task.register === undefined ? [] : [[task.register, one.values]]);
}

/** `changed_when` and `failed_when` have the last word on what a result was. */
function conditions(work: HostTask, one: HostOutcome): HostOutcome {
  const { task } = work;
  if (one.status !== 'ok' && one.status !== 'changed' && one.status !== 'failed') return one;
  const scope = hostScope(work, resultNames(work, one));
  let status = one.status;
  if (task.changedWhen && status !== 'failed') status = condition(task.changedWhen, scope) ? 'changed' : 'ok';
  if (task.failedWhen) {
    if (condition(task.failedWhen, scope)) status = 'failed';
    else if (status === 'failed') status = 'ok';
  }
  return { ...one, status, values: { ...one.values, changed: status === 'changed', failed: status === 'failed' } };
}
