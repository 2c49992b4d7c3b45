import { dirname, resolve } from 'node:path';
import type { Inventory, Value } from '../inventory/inventory.ts';
import { learnedBy } from './check-names.ts';
import { inventoryNames } from './inventory-names.ts';
import { LEARNED_NAMES, MAGIC_NAMES } from './magic-names.ts';
import { allTasks, type Play, type Scope, type Task, type Template } from './playbook.ts';
import { layerOfTemplates, layerOfValues, layerOfVariables, makeScope, type Layer } from './scope.ts';

/** Why a value cannot be told before the run. */
export type Later = 'facts' | 'item';

/** Thrown where a name is read whose value only the run can tell. */
export class KnownLater extends Error {
  readonly later: Later;
  constructor(later: Later) {
    super(`known later: ${later}`);
    this.later = later;
  }
}

/** Magic variables that are decided when the run is started, after the plan was made. */
const OF_THE_RUN = ['ansible_check_mode', 'ansible_diff_mode'];
/** Those of the names that only the run tells that no variable may stand before. */
const MAGIC_LATER = ['ansible_facts', 'pgup', 'play_hosts', 'ansible_play_hosts', 'ansible_play_batch', ...OF_THE_RUN];

type Named = readonly [string, Value | (() => Value)];

/** What decides names beside the host. */
interface Beside {
  readonly vars: ReadonlyMap<string, Template>;
  /** Variables of a loop. */
  readonly items: readonly string[];
  readonly known: () => readonly Named[];
}

const ALONE: Beside = { vars: new Map(), items: [], known: () => [] };

export interface PlanScopes {
  readonly inventory: Inventory;
  readonly plays: readonly Play[];
  readonly playbookFile: string;
  /** What the playbook's and the inventory's paths are relative to. */
  readonly cwd: string;
}

/** What the expressions of a task can name before the run, host by host: in the precedence that the run has. */
export class PlanScope {
  readonly #options: PlanScopes;
  /** Names that a task of any play gives a value to: stronger than `vars`. */
  readonly #registered: ReadonlyMap<string, () => Value>;
  readonly #facts: ReadonlyMap<string, () => Value>;
  readonly #ofHosts: Value;

  constructor(options: PlanScopes) {
    this.#options = options;
    const tasks = options.plays.flatMap((play) => [...allTasks(play.tasks), ...allTasks(play.handlers)]);
    this.#registered = toldLater(tasks.flatMap(learnedBy), 'facts');
    this.#facts = toldLater(
      [...LEARNED_NAMES].filter((name) => !MAGIC_LATER.includes(name)),
      'facts',
    );
    this.#ofHosts = this.#hostVariables();
  }

  /** `task`: with the words that it inherits. */
  of(host: string, play: { readonly name: string; readonly hosts: readonly string[] }, task: Task): Scope {
    const items = task.loop ? [task.loopVar, ...(task.indexVar === undefined ? [] : [task.indexVar])] : [];
    const known = (): readonly Named[] => [
      ['ansible_play_name', play.name],
      ['ansible_play_hosts_all', () => [...play.hosts]],
      ['hostvars', () => this.#ofHosts],
    ];
    return this.#scope(host, { vars: task.keywords.vars, items, known });
  }

  #scope(host: string, { vars, items, known }: Beside): Scope {
    const { inventory } = this.#options;
    const found = inventory.hosts.get(host);
    return makeScope({
      layers: [
        ...(items.length === 0 ? [] : [layerOfValues(toldLater(items, 'item'))]),
        magicLayer(() => new Map([...this.#magic(host), ...known()])),
        layerOfVariables(inventory.extra),
        layerOfValues(this.#registered),
        layerOfTemplates(vars),
        layerOfValues(this.#facts),
        ...(found ? [layerOfVariables(found.variables)] : []),
      ],
    });
  }

  #magic(host: string): readonly Named[] {
    const { inventory, playbookFile, cwd } = this.#options;
    const found = inventory.hosts.get(host);
    const file = found && resolve(cwd, found.at.file);
    return [
      ...inventoryNames(inventory, host),
      ...toldLater(MAGIC_LATER, 'facts'),
      ['playbook_dir', resolve(cwd, dirname(playbookFile))],
      ...(file === undefined
        ? []
        : ([
            ['inventory_file', file],
            ['inventory_dir', dirname(file)],
          ] as const)),
    ];
  }

  #hostVariables(): Value {
    const hosts = Object.create(null) as Record<string, Value>;
    for (const host of this.#options.inventory.hosts.keys()) {
      let made: Value | undefined;
      const values = (): Value => (made ??= allOf(this.#scope(host, ALONE)));
      Object.defineProperty(hosts, host, { enumerable: true, get: values });
    }
    return Object.freeze(hosts);
  }
}

/** Made where a magic name is asked for: nearly all tasks of a large fleet name variables only. */
function magicLayer(make: () => ReadonlyMap<string, Value | (() => Value)>): Layer {
  let made: Layer | undefined;
  const layer = (): Layer => (made ??= layerOfValues(make()));
  const get = (name: string) => (Object.hasOwn(MAGIC_NAMES, name) ? layer().get(name) : undefined);
  return { trusted: false, get, names: () => layer().names() };
}

/** Every name of a scope, each looked up when it is read. */
function allOf(scope: Scope): Value {
  const values = Object.create(null) as Record<string, Value | undefined>;
  for (const name of new Set(scope.names())) {
    // a host's variables would have all hosts' in them, and so on without end
    if (name !== 'hostvars') Object.defineProperty(values, name, { enumerable: true, get: () => scope.lookup(name) });
  }
  return Object.freeze(values) as Value;
}

function toldLater(names: readonly string[], later: Later): ReadonlyMap<string, () => Value> {
  const tell = (): never => {
    throw new KnownLater(later);
  };
  return new Map(names.map((name) => [name, tell]));
}
