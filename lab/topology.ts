import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { LabError, messageOf } from './errors.ts';
import { topologyFolder } from './paths.ts';

/** Letters, digits and inner hyphens: it becomes a host name. Short, because it also becomes part of a path. */
const hostName = z.string().regex(/^[a-z][a-z0-9-]{0,30}[a-z0-9]$/, 'is no host name (a-z, 0-9, inner hyphens)');
const word = z.string().regex(/^[a-z][a-z0-9_]*$/, 'must be a word of a-z, 0-9 and _');

const cluster = z.strictObject({
  name: word,
  port: z.number().int().min(1024).max(65535),
  /** A filled Nautobot database, or none at all. */
  content: z.enum(['nautobot', 'empty']),
  /** Further arguments of pg_createcluster; only for empty clusters other than main. */
  create: z.array(z.string()).default([]),
  /** The deployment that it serves where that is not its host's: gives the host another line in the inventory. */
  deployment: word.optional(),
});

const host = z.strictObject({
  roles: z.array(z.enum(['nautobot', 'postgresql'])).default([]),
  deployment: word.default('demo'),
  image: z.enum(['full', 'bare']).default('full'),
  /** The real Nautobot with its database, or a stand-in with a small one, which starts at once. */
  application: z.enum(['nautobot', 'standin']).default('nautobot'),
  /** PostgreSQL 17 is installed already, without a cluster: its installation is most of a short upgrade. */
  installed: z.boolean().default(false),
  /** Python's bindings to apt are there: pgup needs none, Ansible does. */
  pythonApt: z.boolean().default(false),
  sudo: z.enum(['nopassword', 'password', 'none']).default('nopassword'),
  /** Nautobot's services that run here. */
  services: z.array(z.enum(['web', 'worker', 'scheduler'])).default(['web', 'worker', 'scheduler']),
  /** Processes of the web server and children of the worker. */
  processes: z.number().int().min(1).max(16).default(2),
  /** Where its database is: HOST or HOST:PORT. Without it the deployment's database host. */
  database: z.string().optional(),
  /** The host whose Redis it uses. Without it its deployment's first Nautobot host. */
  redis: hostName.optional(),
  clusters: z.array(cluster).default([{ name: 'main', port: 5432, content: 'nautobot', create: [] }]),
  /** A file system of its own for /var/lib/postgresql. */
  storage: z.strictObject({ type: z.enum(['ext4', 'xfs', 'btrfs']), megabytes: z.number().int().min(300) }).optional(),
});

/** A host as a topology describes it, with what it leaves out filled in. */
export const hostSpec = host.extend({ name: z.string() });
export type HostSpec = Readonly<z.infer<typeof hostSpec>>;
export type ClusterSpec = HostSpec['clusters'][number];

/** Which hosts a lab has. */
export interface Topology {
  /** Its name in lab/topologies, or its path. */
  readonly source: string;
  readonly hosts: readonly HostSpec[];
}

const file = z.strictObject({
  defaults: z.record(z.string(), z.unknown()).default({}),
  hosts: z.record(hostName, z.record(z.string(), z.unknown()).nullable()),
});

/** A host's number is the last part of its address: .11 and on. */
const MOST_HOSTS = 200;

export function topologyNames(): string[] {
  return readdirSync(topologyFolder)
    .filter((name) => name.endsWith('.yml'))
    .map((name) => name.slice(0, -4))
    .sort();
}

/** Reads a topology by its name in lab/topologies, or by its path. */
export function readTopology(nameOrPath: string): Topology {
  const path = nameOrPath.includes('/') ? resolve(nameOrPath) : join(topologyFolder, `${nameOrPath}.yml`);
  if (!existsSync(path)) {
    throw new LabError(`there is no topology \`${nameOrPath}\`; there are: ${topologyNames().join(', ')}`);
  }
  return parseTopology(nameOrPath.includes('/') ? path : nameOrPath, readFileSync(path, 'utf8'), path);
}

/** Checks a topology's text, so that a mistake in it is found before anything is made. */
export function parseTopology(source: string, text: string, path: string): Topology {
  let content: unknown;
  try {
    content = parse(text);
  } catch (error) {
    throw new LabError(`${path}: ${messageOf(error)}`);
  }
  const outer = checked(file, content, path);
  const hosts = Object.entries(outer.hosts).map(([hostKey, spec]) => ({
    ...checked(host, { ...outer.defaults, ...spec }, `${path}: hosts.${hostKey}`),
    name: hostKey,
  }));
  const topology: Topology = Object.freeze({ source, hosts: Object.freeze(hosts) });
  const problems = problemsOf(topology);
  if (problems.length > 0) throw new LabError(problems.map((problem) => `${path}: ${problem}`).join('\n'));
  return topology;
}

function checked<T>(schema: z.ZodType<T>, value: unknown, where: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const told = result.error.issues.flatMap((issue) =>
    // A wrong key is reported as such, with what is wrong about it one level deeper.
    issue.code === 'invalid_key' ? issue.issues.map(({ message }) => ({ path: issue.path, message })) : [issue],
  );
  throw new LabError(told.map(({ path, message }) => `${located(where, path)}: ${message}`).join('\n'));
}

/** `FILE: a.b.c`, whether the place has a path already or not. */
function located(where: string, path: readonly PropertyKey[]): string {
  if (path.length === 0) return where;
  return `${where}${where.includes(': ') ? '.' : ': '}${path.join('.')}`;
}

/** What is wrong between the hosts. */
function problemsOf({ hosts }: Topology): string[] {
  const problems: string[] = [];
  const names = new Set(hosts.map(({ name }) => name));
  if (hosts.length === 0 || hosts.length > MOST_HOSTS) problems.push(`a lab has 1 to ${MOST_HOSTS} hosts`);
  for (const spec of hosts) {
    if (spec.image === 'bare' && spec.sudo !== 'none')
      problems.push(`${spec.name}: a bare host has no sudo; say sudo: none`);
    if (spec.image === 'bare' && spec.installed)
      problems.push(`${spec.name}: a bare host has no PostgreSQL 17 installed`);
    if (spec.image === 'bare' && spec.pythonApt) problems.push(`${spec.name}: a bare host has no Python`);
    if (spec.image === 'bare' && spec.roles.includes('nautobot'))
      problems.push(`${spec.name}: a bare host has no Nautobot`);
    if (!spec.roles.includes('nautobot')) continue;
    for (const other of [databaseOf(spec, hosts)?.host, spec.redis]) {
      if (other !== undefined && !names.has(other)) problems.push(`${spec.name}: there is no host ${other}`);
    }
    if (hosts.some(({ name, image }) => name === redisOf(spec, hosts) && image === 'bare')) {
      problems.push(`${spec.name}: a bare host has no Redis`);
    }
    if (databaseOf(spec, hosts) === undefined) problems.push(`${spec.name}: its deployment has no database host`);
  }
  return problems;
}

/** Where a Nautobot host finds its database. */
export function databaseOf(spec: HostSpec, hosts: readonly HostSpec[]): { host: string; port: number } | undefined {
  if (spec.database !== undefined) {
    const [name = '', port] = spec.database.split(':');
    return { host: name, port: Number(port ?? 5432) };
  }
  const own = hosts.filter(({ roles, deployment }) => roles.includes('postgresql') && deployment === spec.deployment);
  const found = own.find(({ name }) => name === spec.name) ?? own[0];
  return found === undefined ? undefined : { host: found.name, port: found.clusters[0]?.port ?? 5432 };
}

/** Whose Redis a Nautobot host uses: all hosts of a deployment share one. */
export function redisOf(spec: HostSpec, hosts: readonly HostSpec[]): string {
  const first = hosts.find(({ roles, deployment }) => roles.includes('nautobot') && deployment === spec.deployment);
  return spec.redis ?? first?.name ?? spec.name;
}
