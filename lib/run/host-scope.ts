import type { Value } from '../inventory/inventory.ts';
import { inventoryNames } from '../playbook/inventory-names.ts';
import type { Scope, Template } from '../playbook/playbook.ts';
import { layerOfTemplates, layerOfValues, layerOfVariables, makeScope } from '../playbook/scope.ts';
import type { HostTask } from './host-task.ts';

/** What a task inherits from its play and blocks. */
export interface TaskVariables {
  /** `vars` of the play, its blocks and the task, the outermost first. */
  readonly layers: readonly ReadonlyMap<string, Template>[];
  /** Loop variables and the like: above everything but `-e`. */
  readonly extra: ReadonlyMap<string, Value>;
  /** The user that tasks become, or undefined. */
  readonly become: string | undefined;
}

/** As much of a task on a host as decides what it can name. */
type Scoped = Pick<HostTask, 'engine' | 'state' | 'host' | 'vars'>;

const NO_RESULTS: ReadonlyMap<string, Value> = new Map();

/**
 * What expressions of a task on a host can name, in Ansible's precedence: `-e`, this task's result, loop variables,
 * what was registered, `vars` from the task outwards, the inventory, magic variables. What hosts said is data: braces
 * in it are not evaluated.
 */
export function hostScope(work: Scoped, results: ReadonlyMap<string, Value> = NO_RESULTS): Scope {
  const { engine, state, host, vars } = work;
  const variables = engine.inventory.hosts.get(host)?.variables;
  return makeScope({
    layers: [
      layerOfVariables(engine.inventory.extra),
      layerOfValues(results),
      layerOfValues(vars.extra),
      layerOfValues(state.registered.get(host) ?? NO_RESULTS),
      ...[...vars.layers].reverse().map(layerOfTemplates),
      ...(variables ? [layerOfVariables(variables)] : []),
      layerOfValues(magicVariables(work)),
    ],
  });
}

/** Names of which more is known than any variable says; each is made when it is asked for. */
function magicVariables({ engine, state, host }: Scoped): ReadonlyMap<string, Value | (() => Value)> {
  return new Map<string, Value | (() => Value)>([
    ...inventoryNames(engine.inventory, host),
    ['play_hosts', [...state.planned.hosts]],
    ['ansible_check_mode', engine.check],
    ['ansible_facts', () => state.knowledge.host(host) as Value],
    ['pgup', () => ({ run: engine.run, deployment: state.planned.name, ...state.knowledge.shared })],
  ]);
}
