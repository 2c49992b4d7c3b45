import { ProblemsError } from '../errors.ts';
import { Float, type Inventory, type Value, type ValueMap } from '../inventory/inventory.ts';
import type { Places } from '../inventory/places.ts';
import { Secret } from '../secret.ts';
import { render, renderText } from './expressions.ts';
import { inheritPlay } from './inherit.ts';
import { undoTasksOf } from './undo-tasks.ts';
import type { Plan } from './plan.ts';
import { canonical } from './plan-hash.ts';
import { valueShape, type Json, type Resolve } from './plan-shape.ts';
import { KnownLater, PlanScope } from './plan-scope.ts';
import { walkTasks, type Scope, type Task, type Template } from './playbook.ts';

/** Words that stand in place of what the run alone can tell. */
const IN_PLACE = { facts: '(known after facts)', item: '(of each item)' } as const;

export interface PlanResolving {
  readonly plan: Plan;
  readonly inventory: Inventory;
  readonly cwd: string;
}

/**
 * Arguments, `loop` and `delegate_to` of tasks as they will be on their hosts, where the inventory, `-e` and the
 * playbook tell. Hosts with equal ones stand together, in the order of the play.
 */
export function resolverOf({ plan, inventory, cwd }: PlanResolving): Resolve {
  const plays = plan.deployments[0]?.plays.map((each) => each.play) ?? [];
  const scopes = new PlanScope({ inventory, plays, playbookFile: plan.playbookFile, cwd });
  const inherited = new Map(
    plays.map((play) => {
      const { tasks, handlers } = inheritPlay(play);
      const all = [...walkTasks(tasks), ...handlers].map((task) => [task.id, task] as const);
      return [play, new Map(all)] as const;
    }),
  );
  return ({ id, task, hosts }, { play, hosts: ofPlay }) => {
    const found = inherited.get(play);
    const forward = found?.get(id.replace(/\.undo\.\d+$/, ''));
    const whole = found?.get(id) ?? (forward && undoTasksOf(forward, plays).find((each) => each.id === id)) ?? task;
    if (isHidden(whole)) return { arguments: '***', ...(whole.loop ? { loop: '***' } : {}) };
    const asked = { arguments: whole.arguments, loop: whole.loop, delegate_to: whole.delegateTo };
    const open = Object.entries(asked).flatMap(([name, each]) =>
      each && !each.constant ? [[name, each] as const] : [],
    );
    if (open.length === 0) return {};
    const groups = new Map<string, { readonly hosts: string[]; readonly told: Told }>();
    for (const host of hosts) {
      const scope = scopes.of(host, { name: play.name, hosts: ofPlay }, whole);
      const told = tell(open, scope);
      const key = canonical(told);
      const known = groups.get(key);
      if (known) known.hosts.push(host);
      else groups.set(key, { hosts: [host], told });
    }
    return { resolved: [...groups.values()].map(({ hosts: equal, told }) => ({ hosts: equal, ...told })) };
  };
}

interface Told {
  readonly [name: string]: Json;
  /** The ways to what is not known, `arguments.path`, with the words that stand there instead. */
  readonly unknown: { readonly [path: string]: string };
}

function tell(open: readonly (readonly [string, Template])[], scope: Scope): Told {
  const unknown: Record<string, string> = {};
  const shown = open.map(([name, template]) => {
    const leaf = (text: string, places: Places, path: string): Json | undefined => {
      try {
        const value = renderText(text, places, scope);
        // a value may have variables in it that are read only now
        return value === undefined ? undefined : valueShape(value);
      } catch (thrown) {
        return (unknown[path] = whyNot(thrown));
      }
    };
    return [name, resolved(template.source, template.places ?? { at: template.at }, name, leaf) ?? null] as const;
  });
  return { ...Object.fromEntries(shown), unknown };
}

type Leaf = (text: string, places: Places, path: string) => Json | undefined;

/** A value with its texts rendered one by one: what is not known of one does not hide the others. */
function resolved(value: Value, places: Places, path: string, leaf: Leaf): Json | undefined {
  if (typeof value === 'string') return places.literal ? value : leaf(value, places, path);
  if (value === null || typeof value !== 'object' || value instanceof Float || value instanceof Secret)
    return valueShape(value);
  const inside = Object.entries<Value>(value as ValueMap).flatMap(([key, each]) => {
    const found = resolved(each, places.inside?.get(key) ?? { at: places.at }, `${path}.${key}`, leaf);
    return found === undefined ? [] : [[key, found] as const];
  });
  return Array.isArray(value) ? inside.map(([, each]) => each) : Object.fromEntries(inside);
}

/** An expression that fails before the run may stand where the run never comes, or is left by then: it is no error. */
function whyNot(thrown: unknown): string {
  if (thrown instanceof KnownLater) return IN_PLACE[thrown.later];
  if (thrown instanceof ProblemsError) return `(cannot be told: ${thrown.problems.map(({ text }) => text).join('; ')})`;
  throw thrown;
}

/** Whether nothing of the task may be seen; what cannot be told yet hides, too. */
function isHidden({ keywords: { noLog } }: Task): boolean {
  if (noLog === undefined) return false;
  return !noLog.constant || ![false, 'no', 'false', 'off', 'n', 'f', '0', 0].includes(render(noLog, NOTHING) as never);
}

const NOTHING: Scope = { lookup: () => undefined, names: () => [] };
