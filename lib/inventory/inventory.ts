import type { Position } from '../errors.ts';
import { Secret } from '../secret.ts';
import { formatFloat } from './python-text.ts';

/**
 * A value as Ansible's inventory and YAML give it. Whole numbers are `bigint` where they do not fit a double exactly,
 * else `number`; a float keeps its kind in `Float`, because Python's 1.0 and 1 print differently.
 */
export type Value = null | boolean | number | bigint | string | Float | Secret | readonly Value[] | ValueMap;
export interface ValueMap {
  readonly [name: string]: Value;
}

/** A floating-point number: `1.0` stays `1.0` when it is printed. */
export class Float {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
    Object.freeze(this);
  }
  /** As Python prints it. */
  toString(): string {
    return formatFloat(this.value);
  }
  toJSON(): number {
    return this.value;
  }
}

/** True for a mapping: neither a list nor one of the scalar classes. */
export function isValueMap(value: Value | undefined): value is ValueMap {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return !(value instanceof Float) && !(value instanceof Secret);
}

/** True for a list. (`Array.isArray` does not see it in a union with a readonly array.) */
export function isValueList(value: Value | undefined): value is readonly Value[] {
  return Array.isArray(value);
}

/** A frozen mapping without a prototype, so that a key named `constructor` or `__proto__` is a key like others. */
export function valueMap(entries: Iterable<readonly [string, Value]>): ValueMap {
  const map = Object.create(null) as Record<string, Value>;
  for (const [key, value] of entries) map[key] = value;
  return Object.freeze(map);
}

/** A variable with the place that it was written at. */
export interface Variable {
  readonly name: string;
  readonly value: Value;
  readonly at: Position;
}

export type Variables = ReadonlyMap<string, Variable>;

export interface Group {
  readonly kind: 'group';
  readonly name: string;
  /** Direct child groups, in the order they were named. */
  readonly children: readonly string[];
  /** Hosts named in the group itself. */
  readonly hosts: readonly string[];
  /** The group's own variables, not its parents'. */
  readonly variables: Variables;
  /** Among groups of the same depth the variables of the higher one win; 1 unless given. */
  readonly priority: number;
  /** Where the group is first named. */
  readonly at: Position;
}

export interface Host {
  readonly kind: 'host';
  readonly name: string;
  /** Every group that the host is in, also through children, without `all`; Ansible's order. */
  readonly groups: readonly string[];
  /** Everything known of the host before it is asked: groups by depth, then host, then `-e`. */
  readonly variables: Variables;
  /** Of these, what is said of the host itself: on its own lines and in `host_vars/`. */
  readonly own?: Variables;
  readonly at: Position;
}

export interface Inventory {
  readonly kind: 'inventory';
  readonly hosts: ReadonlyMap<string, Host>;
  readonly groups: ReadonlyMap<string, Group>;
  /** What `-e` sets: also part of every host's variables, and stronger than what a playbook sets. */
  readonly extra: Variables;
  /** The `-i` arguments as typed. */
  readonly sources: readonly string[];
}

/** One Nautobot installation: its application hosts and its PostgreSQL host. */
export interface Deployment {
  readonly kind: 'deployment';
  readonly name: string;
  /** All of its hosts, in inventory order. */
  readonly hosts: readonly string[];
  /** Hosts in group `nautobot`. */
  readonly applications: readonly string[];
  /** Hosts in group `postgresql`. */
  readonly databases: readonly string[];
  /** Hosts in group `docker`. */
  readonly docker: readonly string[];
}
