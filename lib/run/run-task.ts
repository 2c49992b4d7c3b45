import { PgupError } from '../errors.ts';
import { isValueList, isValueMap, type ValueMap } from '../inventory/inventory.ts';
import { render } from '../playbook/expressions.ts';
import type { Task } from '../playbook/playbook.ts';
import type { DeploymentState, Engine } from './deployment-state.ts';
import { hostScope } from './host-scope.ts';
import { runHostTask } from './host-task.ts';
import { HIDDEN, outcome, type HostOutcome } from './outcome.ts';
import { textOf } from './task-settings.ts';

export interface TaskRun {
  readonly engine: Engine;
  readonly state: DeploymentState;
  /** With what it inherits written into it. */
  readonly task: Task;
  readonly hosts: readonly string[];
  readonly undo: boolean;
}

/** One task on its hosts, side by side, with everything that is said and written about it. */
export async function runTaskOnHosts(run: TaskRun): Promise<ReadonlyMap<string, HostOutcome>> {
  const { engine, state, task, hosts, undo } = run;
  const deployment = state.planned.name;
  const name = nameOn(run);
  engine.events.emit('task:start', { deployment, task: task.id, name, hosts, undo });
  const outcomes = await Promise.all(
    hosts.map(async (host): Promise<readonly [string, HostOutcome]> => {
      const began = engine.now();
      if (state.done.has(`${task.id} ${host}`)) return [host, outcome('skipped', 'done before')];
      state.write({ kind: 'task-intent', deployment, task: task.id, host });
      const result = await runHostTask({ engine, state, task, host, undo, extra: new Map() });
      state.count(host, result.status);
      state.write({ kind: 'task-outcome', deployment, task: task.id, host, status: result.status });
      const { status, says, steps, values, findings, diffs } = seen(result);
      for (const { host: where, weight, check, text, next } of findings) {
        engine.events.emit('finding', { deployment, host: where, weight, check, text, next });
      }
      const seconds = (engine.now() - began) / 1000;
      const told = { deployment, task: task.id, name, host, status, says, steps, seconds, values };
      engine.events.emit('task:host', { ...told, ...(diffs ? { diffs } : {}) });
      return [
        host,
        result.hidden ? { ...result, ...(result.error ? { error: hiddenError(result.error) } : {}) } : result,
      ];
    }),
  );
  return new Map(outcomes);
}

/** What may be shown of an outcome: of one with `no_log` only that it was, and whether it changed something. */
function seen(one: HostOutcome): HostOutcome {
  if (!one.hidden) return one;
  return { ...outcome(one.status, HIDDEN), values: censored(one.values) };
}

function censored({ changed = false, attempts, results }: ValueMap): ValueMap {
  const items = isValueList(results) ? results.map((each) => (isValueMap(each) ? censored(each) : HIDDEN)) : undefined;
  return {
    censored: HIDDEN,
    changed,
    ...(attempts === undefined ? {} : { attempts }),
    ...(items === undefined ? {} : { results: items }),
  };
}

function hiddenError({ code, host, next }: PgupError): PgupError {
  return new PgupError(code, HIDDEN, { host, next });
}

/** The name as the first of the hosts would say it: it may hold expressions. */
function nameOn({ engine, state, task, hosts }: TaskRun): string {
  const [host] = hosts;
  if (!task.name || task.name.constant || host === undefined) return taskName(task);
  try {
    return textOf('name', render(task.name, hostScope({ engine, state, task, host, extra: new Map() })));
  } catch {
    // a name that cannot be made is no reason not to do what it names
    return taskName(task);
  }
}

/** The task's name as written, else its module. */
export function taskName(task: Task): string {
  return typeof task.name?.source === 'string' ? task.name.source : task.module;
}
