import { foldNames } from '../../lib/inventory/fold-names.ts';
import type { Json } from '../../lib/playbook/plan-shape.ts';
import { escapeControls } from './escape.ts';

/** The members of a plan (docs/plan.md) that people are shown. */
interface ShownPlan {
  readonly hash: string;
  readonly playbook: string;
  readonly flavour: 'upgrade' | 'generic';
  readonly deployments: readonly {
    readonly name: string;
    readonly hosts: readonly string[];
    readonly plays: readonly ShownPlay[];
  }[];
}

interface ShownPlay {
  readonly name: string;
  readonly hosts: readonly string[];
  readonly serial?: readonly Json[];
  readonly tasks: readonly ShownTask[];
  readonly handlers?: readonly ShownTask[];
}

interface ShownTask {
  readonly id: string;
  readonly name: string;
  readonly module: string;
  readonly arguments: Json;
  readonly hosts?: readonly string[];
  readonly within?: readonly string[];
  readonly when?: readonly string[];
  readonly loop?: Json;
  readonly delegate_to?: Json;
  readonly undo?: readonly ShownTask[];
  readonly point_of_no_return?: boolean;
  readonly resolved?: readonly Resolved[];
}

interface Resolved {
  readonly hosts: readonly string[];
  readonly arguments?: Json;
  readonly loop?: Json;
  readonly delegate_to?: Json;
  readonly unknown: Readonly<Record<string, string>>;
}

/** More than this many different values of one task are for `--output json`. */
const MOST = 5;

const BARRIERS = {
  upgrade: 'A task ends on every host of its deployment before the next one begins; one failure puts it back',
  generic: 'A task ends on every host of its play, or batch, before the next one begins',
} as const;

/** The plan for people: deployments, plays, and every task with the hosts it is for. */
export function planText(plan: Json): string {
  const { hash, playbook, flavour, deployments } = plan as unknown as ShownPlan;
  const lines = [`plan ${hash.slice(0, 12)}: ${playbook}, ${flavour}`, `${BARRIERS[flavour]}.`];
  for (const { name, hosts, plays } of deployments) {
    lines.push('');
    if (flavour === 'upgrade') lines.push(`deployment ${name}: ${hostsOf(hosts)}`);
    for (const play of plays) lines.push(...playLines(play));
  }
  return `${lines.map(escapeControls).join('\n')}\n`;
}

function playLines({ name, hosts, serial, tasks, handlers = [] }: ShownPlay): readonly string[] {
  const batches = serial === undefined ? '' : `, in batches of ${serial.map(shown).join(', ')}`;
  if (hosts.length === 0) return [`play ${name}: no hosts`];
  return [
    `play ${name}: ${hostsOf(hosts)}${batches}`,
    ...tasks.flatMap((task) => taskLines(task, '  ')),
    ...(handlers.length === 0 ? [] : ['  handlers']),
    ...handlers.flatMap((task) => taskLines(task, '    ')),
  ];
}

function taskLines(task: ShownTask, indent: string): readonly string[] {
  const { id, name, module, hosts, within = [], when = [], undo = [], resolved = [] } = task;
  const inside = within.length === 0 ? '' : ` (in ${within.join(' > ')})`;
  const own = hosts === undefined ? '' : `, on ${hostsOf(hosts)}`;
  const deeper = `${indent}    `;
  return [
    ...(task.point_of_no_return === true
      ? [`${indent}== point of no return: from here on nothing is put back ==`]
      : []),
    `${indent}${id} ${name}${name === module ? '' : ` [${module}]`}${inside}${own}`,
    ...when.map((each) => `${deeper}when: ${each}`),
    ...(resolved.length === 0 ? valueLines(task, deeper) : resolvedLines(resolved, task, deeper)),
    ...undo.flatMap((each) => [`${deeper}undo:`, ...taskLines(each, `${deeper}  `)]),
  ];
}

/** What is equal on all hosts without their names, the rest host by host. */
function resolvedLines(resolved: readonly Resolved[], task: ShownTask, indent: string): readonly string[] {
  const values = (each: Resolved): ShownValues => ({ ...task, ...each, arguments: withOrigins(each, task) });
  const [only, ...others] = resolved;
  if (only && others.length === 0) return valueLines(values(only), indent);
  const lines = resolved
    .slice(0, MOST)
    .flatMap((each) => [`${indent}on ${hostsOf(each.hosts)}`, ...valueLines(values(each), `${indent}  `)]);
  const more = resolved.length - MOST;
  return more > 0 ? [...lines, `${indent}and ${more} more that differ: --output json has them all`] : lines;
}

/** Where an argument is not known, the text that it will be made of stands behind. */
function withOrigins({ arguments: args, unknown }: Resolved, task: ShownTask): Json {
  if (!isNames(args) || !isNames(task.arguments)) return args ?? task.arguments;
  const written = task.arguments;
  return Object.fromEntries(
    Object.entries(args).map(([name, value]) => {
      const why = unknown[`arguments.${name}`];
      return [name, why === undefined ? value : `${why} ${shown(written[name] ?? null)}`];
    }),
  );
}

function isNames(value: Json | undefined): value is { readonly [name: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

type ShownValues = Pick<Resolved, 'arguments' | 'loop' | 'delegate_to'>;

function valueLines({ arguments: args, loop, delegate_to: delegated }: ShownValues, indent: string): readonly string[] {
  const members = isNames(args) ? Object.entries(args) : [];
  return [
    ...(typeof args === 'string' ? [`${indent}${args}`] : []),
    ...members.map(([name, value]) => `${indent}${name}: ${shown(value)}`),
    ...(loop === undefined ? [] : [`${indent}loop: ${shown(loop)}`]),
    ...(delegated === undefined ? [] : [`${indent}delegate_to: ${shown(delegated)}`]),
  ];
}

function hostsOf(hosts: readonly string[]): string {
  return hosts.length === 1 ? (hosts[0] ?? '') : `${foldNames(hosts)} (${hosts.length} hosts)`;
}

/** A text as it is, where it fits on a line; everything else as JSON. */
function shown(value: Json): string {
  return typeof value === 'string' && !value.includes('\n') ? value : JSON.stringify(value);
}
