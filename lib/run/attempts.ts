import { ProblemsError, PgupError } from '../errors.ts';
import type { Value, ValueMap } from '../inventory/inventory.ts';
import { condition, render } from '../playbook/expressions.ts';
import type { Expression } from '../playbook/playbook.ts';
import { hostScope } from './host-scope.ts';
import type { HostTask } from './host-task.ts';
import { outcome, type HostOutcome } from './outcome.ts';
import { decideAndPerform } from './perform-task.ts';
import { numberOf, taskSettings } from './task-settings.ts';

/**
 * Once; or, with `retries` or `until`, again until the conditions hold, or without conditions until it does not fail.
 * Check mode waits for nothing: what would be waited for is about what was not done.
 */
export async function attempts(work: HostTask): Promise<HostOutcome> {
  const { task, engine } = work;
  const scope = hostScope(work);
  const settings = taskSettings(task, scope, engine);
  const given = task.retries ? numberOf('retries', render(task.retries, scope)) : task.until.length > 0 ? 3 : 0;
  const retries = Math.max(0, Math.floor(given));
  const delay = task.delay ? numberOf('delay', render(task.delay, scope)) : 5;
  for (let attempt = 1; ; attempt++) {
    const counted = retries > 0 ? { attempts: attempt } : {};
    const one = judged(work, await decideAndPerform(work, settings), counted);
    if (retries === 0 || settings.check || isOver(one)) return one;
    if (holds(work, one)) return one;
    if (attempt > retries) return gaveUp(one, retries);
    const says = `${retries - attempt + 1} of ${retries} retries left`;
    engine.events.emit('step:progress', { deployment: work.state.planned.name, host: work.host, says });
    await engine.sleep(delay < 0 ? 1000 : delay * 1000);
  }
}

/** A host that is not there is not tried again here: the line does that by itself. */
function isOver({ status }: HostOutcome): boolean {
  return status === 'unreachable' || status === 'unknown' || status === 'skipped';
}

function holds(work: HostTask, one: HostOutcome): boolean {
  const { until } = work.task;
  return until.length === 0
    ? one.status !== 'failed'
    : condition(until, hostScope(work, resultNames(work, one.values)));
}

/** Ansible counts the retries, not the attempts, where it gives up. */
function gaveUp(one: HostOutcome, retries: number): HostOutcome {
  const values: ValueMap = { ...one.values, attempts: retries, failed: true };
  // as Ansible has it: where failed_when says that it is no failure, giving up is none
  if (values['failed_when_result'] === false) return { ...one, values };
  const why = one.status === 'failed' ? one.says : `"until" is still false: ${one.says}`;
  const says = `gave up after ${retries} retries: ${why}`;
  return failedAs(one, says, values);
}

function failedAs(one: HostOutcome, says: string, values: ValueMap): HostOutcome {
  const error = one.error ?? new PgupError('task-failed', says);
  return { ...one, status: 'failed', says, error, values };
}

/** The name that `until`, `changed_when` and `failed_when` know this result by. */
function resultNames({ task }: HostTask, values: ValueMap): ReadonlyMap<string, Value> {
  return new Map(task.register === undefined ? [] : [[task.register, values]]);
}

/** `changed_when` and `failed_when` have the last word on what a result was. */
function judged(work: HostTask, one: HostOutcome, counted: ValueMap): HostOutcome {
  const { changedWhen = [], failedWhen = [] } = work.task;
  const { status } = one;
  if (status === 'unreachable' || status === 'unknown' || status === 'skipped') return one;
  const failed = status === 'failed';
  let values: ValueMap = { ...one.values, changed: one.values['changed'] ?? isChange(status), failed, ...counted };
  // what check mode did not do is nothing to be judged
  if ((changedWhen.length === 0 && failedWhen.length === 0) || values['skipped'] === true) return { ...one, values };
  const tell = (conditions: readonly Expression[], word: string): boolean | HostOutcome => {
    try {
      return condition(conditions, hostScope(work, resultNames(work, values)));
    } catch (thrown) {
      if (!(thrown instanceof ProblemsError)) throw thrown;
      return failedAs(one, thrown.message, { ...values, failed: true, [`${word}_when_result`]: thrown.message });
    }
  };
  if (changedWhen.length > 0) {
    const changed = tell(changedWhen, 'changed');
    if (typeof changed === 'object') return changed;
    values = { ...values, changed };
  }
  if (failedWhen.length > 0) {
    const fails = tell(failedWhen, 'failed');
    if (typeof fails === 'object') return fails;
    values = { ...values, failed: fails, failed_when_result: fails };
    if (fails && !failed) {
      const why = failedWhen.map((each) => each.text).join(' and ');
      return failedAs(one, `failed_when: ${why}`, values);
    }
    if (!fails && failed) {
      return withStatus({ ...outcome(one.status, one.says), steps: one.steps, findings: one.findings }, values, work);
    }
  }
  return failed ? { ...one, values } : withStatus(one, values, work);
}

function isChange(status: HostOutcome['status']): boolean {
  return status === 'changed' || status === 'would-change';
}

function withStatus(one: HostOutcome, values: ValueMap, { engine }: HostTask): HostOutcome {
  const changed = one.status === 'would-change' || engine.check ? 'would-change' : 'changed';
  return { ...one, status: values['changed'] === true ? changed : 'ok', values };
}
