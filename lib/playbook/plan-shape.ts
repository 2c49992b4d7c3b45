import { Float, type Value } from '../inventory/inventory.ts';
import { Secret } from '../secret.ts';
import type { Plan, PlannedPlay, PlannedTask } from './plan.ts';
import type { Expression, SharedKeywords, Template } from './playbook.ts';

/** A plan without its hash: what the hash is made of. */
export type PlanContent = Pick<Plan, 'playbookFile' | 'flavour' | 'deployments'>;

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** More of a task than its text says: members for the plan that is shown. */
export type Resolve = (task: PlannedTask, play: PlannedPlay) => { readonly [name: string]: Json };

const AS_WRITTEN: Resolve = () => ({});

/** The plan as plain JSON, without its hash. Secrets print as `***`. */
export function contentShape(
  { playbookFile, flavour, deployments }: PlanContent,
  resolve = AS_WRITTEN,
): { readonly [name: string]: Json } {
  return {
    playbook: playbookFile,
    flavour,
    deployments: deployments.map(({ name, hosts, plays }) => ({
      name,
      hosts,
      plays: plays.map((play) => ({
        name: play.name,
        hosts: play.hosts,
        ...shared(play.play.keywords),
        ...given('serial', play.play.keywords.serial.map(templateShape)),
        tasks: play.tasks.map((task) => taskShape(task, play, resolve)),
        ...given(
          'handlers',
          play.handlers.map((task) => taskShape(task, play, resolve)),
        ),
      })),
    })),
  };
}

/** A task with every word that was given; its hosts only where they are not all of the play's. */
function taskShape(planned: PlannedTask, play: PlannedPlay, resolve: Resolve): Json {
  const { task, within, tags, when, learned, undo } = planned;
  return {
    id: planned.id,
    name: planned.name,
    module: planned.module,
    arguments: templateShape(task.arguments),
    ...(planned.hosts === play.hosts ? {} : { hosts: planned.hosts }),
    ...given('within', within),
    ...conditions('when', when),
    ...words({ loop: task.loop, delegate_to: task.delegateTo, retries: task.retries, delay: task.delay }),
    ...(task.loop && task.loopVar !== 'item' ? { loop_var: task.loopVar } : {}),
    ...(task.register === undefined ? {} : { register: task.register }),
    ...conditions('until', task.until),
    ...conditions('changed_when', task.changedWhen ?? []),
    ...conditions('failed_when', task.failedWhen ?? []),
    ...shared(task.keywords),
    ...given('tags', tags),
    ...given('notify', task.notify),
    ...given('needs', learned),
    ...(planned.pointOfNoReturn ? { point_of_no_return: true } : {}),
    ...given(
      'undo',
      undo.map((each) => taskShape(each, play, resolve)),
    ),
    ...resolve(planned, play),
  };
}

/** What is inherited: of plays (and blocks, into their tasks) it is shown where it is written. */
function shared(keywords: SharedKeywords): { readonly [name: string]: Json } {
  const { become, becomeUser, becomeMethod, remoteUser, ignoreErrors, checkMode, noLog, anyErrorsFatal, timeout } =
    keywords;
  return {
    ...(keywords.vars.size === 0
      ? {}
      : { vars: Object.fromEntries([...keywords.vars].map(([name, each]) => [name, templateShape(each)])) }),
    ...words({
      become,
      become_user: becomeUser,
      become_method: becomeMethod,
      remote_user: remoteUser,
      ignore_errors: ignoreErrors,
      check_mode: checkMode,
      no_log: noLog,
      any_errors_fatal: anyErrorsFatal,
      timeout,
    }),
    ...given('environment', keywords.environment.map(templateShape)),
  };
}

function words(list: Readonly<Record<string, Template | undefined>>): { readonly [name: string]: Json } {
  return Object.fromEntries(
    Object.entries(list).flatMap(([name, each]) => (each ? [[name, templateShape(each)]] : [])),
  );
}

function conditions(name: string, list: readonly Expression[]): { readonly [name: string]: Json } {
  return given(
    name,
    list.map((each) => each.text),
  );
}

function given(name: string, list: readonly Json[]): { readonly [name: string]: Json } {
  return list.length === 0 ? {} : { [name]: list };
}

function templateShape({ source }: Template): Json {
  return valueShape(source);
}

/** A value as JSON; what is secret is not in it. */
export function valueShape(value: Value): Json {
  if (value === null || typeof value === 'boolean' || typeof value === 'string' || typeof value === 'number')
    return value;
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Float) return value.value;
  if (value instanceof Secret) return '***';
  if (Array.isArray(value)) return value.map(valueShape);
  return Object.fromEntries(
    Object.entries<Value>(value as { readonly [name: string]: Value }).map(([name, each]) => [name, valueShape(each)]),
  );
}
