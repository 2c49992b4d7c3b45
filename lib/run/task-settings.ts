import { PgupError } from '../errors.ts';
import { Float, isValueMap, type Value } from '../inventory/inventory.ts';
import { render } from '../playbook/expressions.ts';
import type { Scope, Task, Template } from '../playbook/playbook.ts';
import { Secret } from '../secret.ts';
import type { Environment } from './environment.ts';
import type { Engine } from './deployment-state.ts';

/** How one task is carried out on one host: the words beside its module, rendered. */
export interface TaskSettings {
  /** Decided and shown, not done: `--check`, or the task's own `check_mode`, which has the last word. */
  readonly check: boolean;
  readonly environment: Environment;
  /** Milliseconds that each attempt may take; undefined: as long as it takes. */
  readonly timeout: number | undefined;
}

export function taskSettings(task: Task, scope: Scope, engine: Engine): TaskSettings {
  const { checkMode, timeout } = task.keywords;
  const seconds = timeout === undefined ? 0 : numberOf('timeout', render(timeout, scope));
  return {
    check: checkMode === undefined ? engine.check : truth('check_mode', checkMode, scope),
    environment: environmentOf(task.keywords.environment, scope),
    timeout: seconds > 0 ? seconds * 1000 : undefined,
  };
}

/** How the task's host is logged in to, and who is become there. */
export interface Login {
  /** The user to become; undefined: the login user. */
  readonly become: string | undefined;
  readonly method: string | undefined;
  readonly user: string | undefined;
}

/**
 * As in Ansible, connection variables win over the playbook's words. `target` is the scope of the host that is logged
 * in to, which `delegate_to` makes another one.
 */
export function loginOf(task: Task, scope: Scope, target: Scope): Login {
  const { become, becomeUser, becomeMethod, remoteUser } = task.keywords;
  const word = (name: string, variables: readonly string[], template: Template | undefined): string | undefined => {
    for (const variable of variables) {
      const value = target.lookup(variable);
      if (value !== undefined) return textOf(variable, value);
    }
    return template && textOf(name, render(template, scope));
  };
  const given = target.lookup('ansible_become');
  const wanted =
    given === undefined ? become !== undefined && truth('become', become, scope) : truthOf('ansible_become', given);
  return {
    become: wanted ? (word('become_user', ['ansible_become_user'], becomeUser) ?? 'root') : undefined,
    method: word('become_method', ['ansible_become_method'], becomeMethod),
    user: word('remote_user', ['ansible_ssh_user', 'ansible_user'], remoteUser),
  };
}

/** Whether nothing of the task may be seen. A condition that cannot be told hides, too. */
export function hides(task: Task, scope: Scope): boolean {
  const { noLog } = task.keywords;
  if (noLog === undefined) return false;
  try {
    return truth('no_log', noLog, scope);
  } catch {
    return true;
  }
}

/** A word that is true or false, rendered. */
export function truth(word: string, template: Template, scope: Scope): boolean {
  return truthOf(word, render(template, scope));
}

const TRUE: ReadonlySet<string> = new Set(['yes', 'on', 'true', '1', 'y', 't']);
const FALSE: ReadonlySet<string> = new Set(['no', 'off', 'false', '0', 'n', 'f']);

function truthOf(word: string, value: Value): boolean {
  if (typeof value === 'boolean') return value;
  const text = typeof value === 'string' || typeof value === 'number' ? String(value).toLowerCase() : '';
  if (TRUE.has(text)) return true;
  if (FALSE.has(text)) return false;
  throw new PgupError('expression', `"${word}" takes true or false, and got ${shown(value)}`);
}

/** A word that is a number, rendered. */
export function numberOf(word: string, value: Value): number {
  if (typeof value === 'number') return value;
  if (value instanceof Float) return value.value;
  if (typeof value === 'string' && /^\s*-?\d+(?:\.\d+)?\s*$/.test(value)) return Number(value);
  throw new PgupError('expression', `"${word}" takes a number, and got ${shown(value)}`);
}

/** A word that is a text, rendered. */
export function textOf(word: string, value: Value): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  throw new PgupError('expression', `"${word}" takes a text, and got ${shown(value)}`);
}

function shown(value: Value): string {
  return JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? each.toString() : each));
}

/** Mappings over mappings, the innermost last; its values win. */
function environmentOf(templates: readonly Template[], scope: Scope): Environment {
  const environment = new Map<string, string | Secret>();
  for (const template of templates) {
    const value = render(template, scope);
    for (const each of Array.isArray(value) ? (value as readonly Value[]) : [value]) {
      if (!isValueMap(each)) throw new PgupError('expression', `"environment" takes a mapping, and got ${shown(each)}`);
      for (const [name, content] of Object.entries(each)) environment.set(name, contentOf(name, content));
    }
  }
  return environment;
}

function contentOf(name: string, value: Value): string | Secret {
  if (value instanceof Secret) return value;
  if (!/^[A-Za-z_]\w*$/.test(name))
    throw new PgupError('expression', `"${name}" cannot be the name of an environment variable`);
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'object' && !(value instanceof Float)) {
    throw new PgupError('expression', `the environment variable ${name} takes a text, and got ${shown(value)}`);
  }
  return String(value);
}
