import { dirname, resolve } from 'node:path';
import { PgupError } from '../errors.ts';
import { valueMap, type Value, type ValueMap } from '../inventory/inventory.ts';
import { inventoryNames } from '../playbook/inventory-names.ts';
import type { Scope, Template } from '../playbook/playbook.ts';
import { layerOfTemplates, layerOfValues, layerOfVariables, makeScope, type Layer } from '../playbook/scope.ts';
import type { HostTask } from './host-task.ts';

/** As much of a task on a host as decides what it can name. */
type Scoped = Pick<HostTask, 'engine' | 'state' | 'host' | 'task' | 'extra'>;

type Known = Pick<Scoped, 'engine' | 'state' | 'host'>;

const NONE: ReadonlyMap<string, Value> = new Map();

/**
 * What expressions of a task on a host can name, in Ansible's precedence: magic variables, this task's result, loop
 * variables, `-e`, what was registered, `vars` of the task and what is around it, facts, the inventory. What hosts said
 * is data: braces in it are not evaluated.
 */
export function hostScope(work: Scoped, results: ReadonlyMap<string, Value> = NONE): Scope {
  const { task, extra } = work;
  return scopeOf(work, { results: [layerOfValues(results), layerOfValues(extra)], vars: task.keywords.vars });
}

interface Beside {
  readonly results: readonly Layer[];
  readonly vars: ReadonlyMap<string, Template>;
}

function scopeOf(known: Known, { results, vars }: Beside): Scope {
  const { engine, state, host } = known;
  const variables = engine.inventory.hosts.get(host)?.variables;
  return makeScope({
    layers: [
      ...results,
      layerMadeLate(() => magicVariables(known)),
      layerOfVariables(engine.inventory.extra),
      layerOfValues(state.registered.get(host) ?? NONE),
      layerOfTemplates(vars),
      layerOfValues(state.facts.get(host)?.variables ?? NONE),
      ...(variables ? [layerOfVariables(variables)] : []),
    ],
  });
}

/** A task without expressions asks for none of them. */
function layerMadeLate(make: () => Parameters<typeof layerOfValues>[0]): Layer {
  let made: Layer | undefined;
  const layer = (): Layer => (made ??= layerOfValues(make()));
  return { trusted: false, get: (name) => layer().get(name), names: () => layer().names() };
}

/** Names of which more is known than any variable says; each is made when it is asked for. */
function magicVariables({ engine, state, host }: Known): ReadonlyMap<string, Value | (() => Value)> {
  const { inventory } = engine;
  const { play } = state;
  const at = inventory.hosts.get(host)?.at.file;
  const file = at === undefined ? undefined : resolve(engine.cwd, at);
  const stillThere = (hosts: readonly string[]): Value => hosts.filter((each) => !play.out.has(each));
  return new Map<string, Value | (() => Value)>([
    ...inventoryNames(engine.inventory, host),
    ['inventory_hostname_short', host.split('.')[0] ?? host],
    ['hostvars', () => hostVariables({ engine, state })],
    ['play_hosts', () => stillThere(play.batch)],
    ['ansible_play_batch', () => stillThere(play.batch)],
    ['ansible_play_hosts', () => stillThere(play.hosts)],
    ['ansible_play_hosts_all', () => [...play.hosts]],
    ['ansible_play_name', play.name],
    ['ansible_check_mode', engine.check],
    ['ansible_diff_mode', engine.diff],
    ['playbook_dir', engine.controller.resolve('.')],
    ...(file === undefined
      ? []
      : ([
          ['inventory_file', file],
          ['inventory_dir', dirname(file)],
        ] as const)),
    [
      'ansible_facts',
      () => valueMap(Object.entries({ ...state.knowledge.host(host), ...state.facts.get(host)?.facts } as ValueMap)),
    ],
    ['pgup', () => ({ run: engine.run, deployment: state.planned.name, ...state.knowledge.shared })],
  ]);
}

/** Every host with all that its own expressions could name outside of a play; each value is made when it is read. */
function hostVariables({ engine, state }: Omit<Known, 'host'>): Value {
  const hosts = Object.create(null) as Record<string, Value>;
  for (const host of engine.inventory.hosts.keys()) {
    let made: Value | undefined;
    Object.defineProperty(hosts, host, {
      enumerable: true,
      get: () => (made ??= allOf(scopeOf({ engine, state, host }, { results: [], vars: new Map() }))),
    });
  }
  return Object.freeze(hosts);
}

function allOf(scope: Scope): Value {
  const values = Object.create(null) as Record<string, Value>;
  for (const name of new Set(scope.names())) {
    // a host's variables would have all hosts' in them, and so on without end
    if (name === 'hostvars') continue;
    Object.defineProperty(values, name, {
      enumerable: true,
      get: () => {
        const value = scope.lookup(name);
        if (value !== undefined) return value;
        throw new PgupError('internal', `"${name}" is named and has no value`);
      },
    });
  }
  return Object.freeze(values);
}
