import { asPgupError } from '../errors.ts';
import type { Value, ValueMap } from '../inventory/inventory.ts';
import { condition } from '../playbook/expressions.ts';
import type { Expression, Task } from '../playbook/playbook.ts';
import { attempts } from './attempts.ts';
import type { DeploymentState, Engine } from './deployment-state.ts';
import { hostScope } from './host-scope.ts';
import { runLoop } from './loop.ts';
import { outcome, statusOf, type HostOutcome } from './outcome.ts';
import { hides, truth } from './task-settings.ts';

/** One task on one host of a running deployment. */
export interface HostTask {
  readonly engine: Engine;
  readonly state: DeploymentState;
  /** With what it inherits written into it. */
  readonly task: Task;
  /** The host that the task is about; where it is sent is `delegate_to`'s business. */
  readonly host: string;
  readonly undo: boolean;
  /** The loop's item and what else is known in this task only. */
  readonly extra: ReadonlyMap<string, Value>;
}

/** Runs a task on a host to an outcome. Never rejects: whatever happens is one host's outcome. */
export async function runHostTask(work: HostTask): Promise<HostOutcome> {
  try {
    return await (work.task.loop ? runLoop(work, work.task.loop) : runItem(work));
  } catch (thrown) {
    return { ...ignoring(work, thrownOutcome(thrown)), ...(work.task.keywords.noLog ? { hidden: true } : {}) };
  }
}

/** The task once: for the item of a loop, or without one. Never rejects. */
export async function runItem(work: HostTask): Promise<HostOutcome> {
  const { task } = work;
  const scope = hostScope(work);
  const hidden = hides(task, scope) ? { hidden: true } : {};
  try {
    const refused = task.when.find((each) => !condition([each], scope));
    if (refused) return { ...skippedBy(refused), ...hidden };
    const one = await attempts(work);
    const ignored =
      one.status === 'failed' &&
      task.keywords.ignoreErrors &&
      truth('ignore_errors', task.keywords.ignoreErrors, scope);
    return { ...(ignored ? { ...one, status: 'ignored' } : one), ...hidden };
  } catch (thrown) {
    return { ...ignoring(work, thrownOutcome(thrown)), ...hidden };
  }
}

/** What went wrong before a module could say anything is a failure like any other, and may be ignored like any other. */
function ignoring(work: HostTask, one: HostOutcome): HostOutcome {
  const { ignoreErrors } = work.task.keywords;
  if (one.status !== 'failed' || !ignoreErrors) return one;
  try {
    return truth('ignore_errors', ignoreErrors, hostScope(work)) ? { ...one, status: 'ignored' } : one;
  } catch {
    return one;
  }
}

/** What Ansible registers of a task whose condition is false. */
function skippedBy({ text }: Expression): HostOutcome {
  const values: ValueMap = {
    changed: false,
    skipped: true,
    skip_reason: 'Conditional result was False',
    // a condition that was written as a boolean is registered as one
    false_condition: /^(?:false|False)$/.test(text) ? false : text,
  };
  return { ...outcome('skipped', `not so: ${text}`), values };
}

/** Whatever was thrown, as what a task came to. */
export function thrownOutcome(thrown: unknown): HostOutcome {
  const error = asPgupError(thrown);
  const status = statusOf(error);
  const what = status === 'failed' ? { failed: true } : { unreachable: true };
  return { ...outcome(status, error.message), error, values: { changed: false, ...what, msg: error.message } };
}
