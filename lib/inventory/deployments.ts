import { basename } from 'node:path';
import { problem, type Position, type Problem } from '../errors.ts';
import type { Deployment, Inventory } from './inventory.ts';
import { membersOf } from './members.ts';

export interface Deployments {
  readonly deployments: readonly Deployment[];
  readonly problems: readonly Problem[];
}

/**
 * The Nautobot installations of an inventory, for upgrade playbooks: each child group of the group `deployments` is
 * one; without that group the whole inventory is. Every host with a role must be in one, and every one complete.
 */
export function deploymentsOf(inventory: Inventory): Deployments {
  const split = inventory.groups.get('deployments');
  const roles = rolesOf(inventory);
  const named = (split?.children ?? ['all']).map((group) => {
    const name = split ? group : wholeName(inventory);
    return deploymentIn({ name, hosts: membersOf(inventory.groups, group), roles });
  });
  const problems = named.flatMap((each) => incomplete(inventory, each));
  if (split) problems.push(...misplaced({ inventory, roles, deployments: named }));
  return { deployments: named, problems };
}

type Role = 'nautobot' | 'postgresql' | 'docker';
type Roles = Readonly<Record<Role, ReadonlySet<string>>>;

function rolesOf({ groups }: Inventory): Roles {
  const members = (role: Role): ReadonlySet<string> => new Set(membersOf(groups, role));
  return { nautobot: members('nautobot'), postgresql: members('postgresql'), docker: members('docker') };
}

function deploymentIn({ name, hosts, roles }: { name: string; hosts: readonly string[]; roles: Roles }): Deployment {
  const inRole = (role: Role): readonly string[] => Object.freeze(hosts.filter((host) => roles[role].has(host)));
  return Object.freeze({
    kind: 'deployment',
    name,
    hosts: Object.freeze([...hosts]),
    applications: inRole('nautobot'),
    databases: inRole('postgresql'),
    docker: inRole('docker'),
  });
}

/** The first inventory's file name without its extension, or `all` where hosts were listed on the command line. */
function wholeName({ sources }: Inventory): string {
  const source = sources[0] ?? '';
  const stem = basename(source).replace(/\.[^.]+$/, '');
  return source.includes(',') || stem === '' || stem === '.' || stem === '..' ? 'all' : stem;
}

/** A deployment of servers needs application hosts and exactly one database host; one in containers brings its own. */
function incomplete(inventory: Inventory, { name, applications, databases, docker }: Deployment): readonly Problem[] {
  const at = placeOf(inventory, name);
  const problems: Problem[] = [];
  const complain = (text: string, where: Position | undefined): void => {
    problems.push(problem('inventory-deployment', `deployment "${name}" ${text}`, where));
  };
  if (databases.length === 0 && docker.length === 0) {
    complain('has no database host: one of its hosts must be in group "postgresql" (or "docker")', at);
  }
  if (applications.length === 0 && docker.length === 0) {
    complain('has no application host: at least one of its hosts must be in group "nautobot"', at);
  }
  for (const extra of databases.slice(1)) {
    const text = `has a second database host "${extra}" beside "${databases[0] ?? ''}": only one is carried yet`;
    complain(text, inventory.hosts.get(extra)?.at);
  }
  return problems;
}

const ROLE_NAMES = { nautobot: 'application', postgresql: 'database', docker: 'docker' } as const;

interface PlacedOptions {
  readonly inventory: Inventory;
  readonly roles: Roles;
  readonly deployments: readonly Deployment[];
}

/**
 * Hosts with a role that are in no deployment, or in two. Only a docker host may be in two: each has its own compose
 * project there.
 */
function misplaced({ inventory, roles, deployments }: PlacedOptions): readonly Problem[] {
  const memberships = new Map<string, string[]>();
  for (const { name, hosts } of deployments) {
    for (const host of hosts) memberships.set(host, [...(memberships.get(host) ?? []), name]);
  }
  const problems: Problem[] = [];
  for (const [role, what] of Object.entries(ROLE_NAMES) as [Role, string][]) {
    for (const name of roles[role]) {
      const names = memberships.get(name) ?? [];
      const at = inventory.hosts.get(name)?.at;
      if (names.length === 0) {
        const text = `${what} host "${name}" is in no deployment: no child group of "deployments" has it`;
        problems.push(problem('inventory-deployment', text, at));
      } else if (names.length > 1 && role !== 'docker') {
        const all = names.map((each) => `"${each}"`).join(' and ');
        const text = `${what} host "${name}" is in more than one deployment: ${all}`;
        problems.push(problem('inventory-deployment', text, at));
      }
    }
  }
  return problems;
}

/** Where a deployment's group is named; for the whole inventory, where its first host is. */
function placeOf(inventory: Inventory, deployment: string): Position | undefined {
  const split = inventory.groups.has('deployments');
  const [first] = inventory.hosts.values();
  return (split ? inventory.groups.get(deployment)?.at : undefined) ?? first?.at ?? inventory.groups.get('all')?.at;
}
