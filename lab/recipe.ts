import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { recipeFolder } from './paths.ts';

/** The names of what the cache holds: layers of root file systems, and folders that hosts see read-only. */
export const ARTIFACTS = [
  ...(['base', 'packages', 'tools', 'wheels', 'nautobot', 'cluster', 'schema', 'data'] as const),
  ...(['new-version', 'standin', 'standin-data', 'python-apt'] as const),
] as const;
export type ArtifactName = (typeof ARTIFACTS)[number];

/** How one artifact is made. Plain data: everything in it goes into the hash that the cache knows it by. */
export interface Recipe {
  readonly name: ArtifactName;
  readonly what: string;
  /** A layer is laid over others; a folder is bound into hosts at /srv. */
  readonly kind: 'layer' | 'folder';
  /** The layers below while it is made, top first. */
  readonly on: readonly ArtifactName[];
  /** Folders bound at /srv/NAME while it is made. */
  readonly uses: readonly ArtifactName[];
  /** Debian packages that its script installs or downloads. */
  readonly packages: readonly string[];
  /** Files of lab/recipe that its script needs; the script itself is NAME.sh. */
  readonly files: readonly string[];
  /** Where given, only these folders of what the script wrote are kept. */
  readonly keep: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** Suites that packages come from: the host's own, and the older one that still has the PostgreSQL to upgrade from. */
export const SUITES = ['trixie', 'bookworm'] as const;

export const NAUTOBOT_VERSION = '3.2.7';

/**
 * The password of Nautobot's database role. No secret: it opens a throw-away database to the lab's own network only,
 * and it is baked into an image that all labs of a machine share.
 */
export const DATABASE_PASSWORD = 'throw-away-lab-database';

/** What the controller itself needs to build and run hosts. */
export const CONTROLLER_PACKAGES = [
  'systemd-container',
  'mmdebstrap',
  'debian-archive-keyring',
  'apt-utils',
  'iproute2',
  'openssh-client',
  'util-linux',
] as const;

/** The files of a folder of lab/recipe. */
function filesOf(folder: string): readonly string[] {
  return readdirSync(join(recipeFolder, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.pyc'))
    .map(({ parentPath, name }) => relative(recipeFolder, join(parentPath, name)))
    .sort();
}

const nothing = { uses: [], packages: [], files: [], keep: [], environment: {} } as const;

export const RECIPES: Readonly<Record<ArtifactName, Recipe>> = {
  base: {
    ...nothing,
    name: 'base',
    what: 'bare host with PostgreSQL 15',
    kind: 'layer',
    on: [],
    packages: [
      ...['systemd', 'systemd-sysv', 'libpam-systemd', 'dbus', 'openssh-server', 'iproute2', 'procps'],
      ...['ca-certificates', 'locales', 'less', 'postgresql-15', 'postgresql-client-15', 'postgresql-common'],
      // Else psql would stand on bookworm's library of another name, and every later install would exchange it.
      'libreadline8t64',
    ],
  },
  tools: {
    ...nothing,
    name: 'tools',
    what: 'what an ordinary host has beside it',
    kind: 'layer',
    on: ['base'],
    // git: Nautobot's migrate and collectstatic end without it.
    packages: ['sudo', 'curl', 'rsync', 'git', 'python3', 'python3-venv', 'redis-server'],
  },
  wheels: {
    ...nothing,
    name: 'wheels',
    what: 'Nautobot as Python wheels',
    kind: 'folder',
    on: ['tools', 'base'],
    environment: { NAUTOBOT_VERSION },
  },
  nautobot: {
    ...nothing,
    name: 'nautobot',
    what: `Nautobot ${NAUTOBOT_VERSION}`,
    kind: 'layer',
    on: ['tools', 'base'],
    uses: ['wheels'],
    files: ['units.py'],
    environment: { NAUTOBOT_VERSION },
  },
  cluster: {
    ...nothing,
    name: 'cluster',
    what: 'an empty cluster 15/main',
    kind: 'layer',
    on: ['base'],
    keep: ['etc/postgresql', 'var/lib/postgresql'],
  },
  schema: {
    ...nothing,
    name: 'schema',
    what: "Nautobot's database by its own migrate",
    kind: 'layer',
    on: ['cluster', 'nautobot', 'tools', 'base'],
    files: ['database.sh'],
    keep: ['etc/postgresql', 'var/lib/postgresql'],
    environment: { DATABASE_PASSWORD },
  },
  data: {
    ...nothing,
    name: 'data',
    what: 'some 100,000 rows through its ORM',
    kind: 'layer',
    on: ['schema', 'cluster', 'nautobot', 'tools', 'base'],
    files: ['database.sh', 'fill.py'],
    keep: ['etc/postgresql', 'var/lib/postgresql'],
    environment: { DATABASE_PASSWORD },
  },
  standin: {
    ...nothing,
    name: 'standin',
    what: 'a stand-in for Nautobot that starts at once',
    kind: 'layer',
    on: ['nautobot', 'tools', 'base'],
    files: filesOf('standin'),
  },
  'standin-data': {
    ...nothing,
    name: 'standin-data',
    what: "the stand-in's database",
    kind: 'layer',
    on: ['cluster', 'standin', 'nautobot', 'tools', 'base'],
    files: ['database.sh', ...filesOf('standin')],
    keep: ['etc/postgresql', 'var/lib/postgresql'],
    environment: { DATABASE_PASSWORD },
  },
  'new-version': {
    ...nothing,
    name: 'new-version',
    what: 'PostgreSQL 17 installed already, without a cluster',
    kind: 'layer',
    on: ['tools', 'base'],
    uses: ['packages'],
  },
  'python-apt': {
    ...nothing,
    name: 'python-apt',
    what: "what Ansible's apt module needs",
    kind: 'layer',
    on: ['tools', 'base'],
    packages: ['python3-apt'],
  },
  packages: {
    ...nothing,
    name: 'packages',
    what: 'package repository with PostgreSQL 17',
    kind: 'folder',
    on: ['base'],
    // ip4r stands for an extension whose library the new version may lack: hosts install it per version.
    packages: ['postgresql-17', 'postgresql-15-ip4r', 'postgresql-17-ip4r', 'needrestart'],
  },
};

/** The key that the cache knows an artifact by: it changes when anything that could change its content does. */
export function recipeHash(name: ArtifactName): string {
  const recipe = RECIPES[name];
  const hash = createHash('sha256').update(JSON.stringify([SUITES, process.arch, recipe]));
  for (const file of [`${name}.sh`, ...recipe.files])
    hash.update(`\0${file}\0`).update(readFileSync(join(recipeFolder, file)));
  for (const below of [...recipe.on, ...recipe.uses]) hash.update(`\0${recipeHash(below)}`);
  return hash.digest('hex').slice(0, 12);
}

/** These artifacts and all that they are made on, each after what it needs. */
export function inBuildOrder(wanted: readonly ArtifactName[]): readonly ArtifactName[] {
  const needed = new Set<ArtifactName>();
  const visit = (name: ArtifactName): void => {
    if (needed.has(name)) return;
    for (const below of [...RECIPES[name].on, ...RECIPES[name].uses]) visit(below);
    needed.add(name);
  };
  wanted.forEach(visit);
  return ARTIFACTS.filter((name) => needed.has(name));
}
