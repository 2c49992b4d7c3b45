import { finding, type Finding } from '../../finding.ts';
import { bareLibrary, counterpartPackage, type Library } from '../survey/library.ts';
import type { PackageFacts } from '../survey/package.ts';
import { goneLibrary } from '../versions.ts';
import { identifier, psqlLine, someOf, type Subject } from './subject.ts';

/**
 * Libraries that functions live in or that the server preloads, and that the target would not find. pg_upgrade says so
 * only when both servers are stopped; here it is told from the old files' packages, and from the target's folder where
 * the target is installed.
 */
export function checkLibraries(subject: Subject, packages: PackageFacts): readonly Finding[] {
  const { host, cluster, target } = subject;
  // one library may be named in several ways: as a function's and as a preloaded one
  const byFile = new Map<string, Library[]>();
  for (const each of cluster.libraries) byFile.set(each.file, [...(byFile.get(each.file) ?? []), each]);
  return [...byFile.values()].flatMap((names) => {
    const [library] = names;
    const lack = library && judge(library, subject, packages);
    if (!lack) return [];
    const users = names.flatMap(({ library: name }) => usersOf(subject, name));
    const text = `PostgreSQL ${target} lacks the library ${library.library} (${someOf(users)}): ${lack.why}`;
    return [finding(host, 'missing-library', text, lack.next)];
  });
}

interface Lack {
  readonly why: string;
  readonly next: string;
}

function judge(library: Library, subject: Subject, packages: PackageFacts): Lack | undefined {
  const { cluster, target } = subject;
  const bare = bareLibrary(library.library);
  const folder = `/usr/lib/postgresql/${target}/lib`;
  if (library.library.startsWith('/'))
    return {
      why: `it is named by its path, and ${library.file} was built for ${cluster.version}`,
      next: `put a build for ${target} into ${folder} and name it as $libdir/${bare} with CREATE OR REPLACE FUNCTION`,
    };
  if (library.inTarget) return undefined;
  const own = [`postgresql-${cluster.version}`, `postgresql-contrib-${cluster.version}`];
  const gone = goneLibrary(bare, target);
  if (gone && (library.package === undefined || own.includes(library.package)))
    return { why: `PostgreSQL ships it no more since ${gone.since}; ${gone.advice}`, next: dropLine(library, subject) };
  if (library.package === undefined)
    return {
      why: `no package owns ${library.file}`,
      next: `put a build for ${target} into ${folder}, or: ${dropLine(library, subject)}`,
    };
  const counterpart = counterpartPackage(library.package, cluster.version, target);
  if (own.includes(library.package))
    return packages.targetVersion === undefined
      ? undefined
      : {
          why: `the files of postgresql-${target} are not complete`,
          next: `apt-get install --reinstall postgresql-${target}`,
        };
  if (counterpart === undefined)
    return {
      why: `it comes from ${library.package}, which has no counterpart for ${target} that pgup knows`,
      next: `install what ships ${bare}.so for ${target}, or: ${dropLine(library, subject)}`,
    };
  const candidate = packages.candidates[counterpart];
  return {
    why: `it comes from ${library.package}, and ${counterpart} is not installed`,
    next:
      candidate === undefined
        ? `install ${counterpart}: no repository that the host knows has it; add one that does, or: ${dropLine(library, subject)}`
        : installLine(counterpart, packages),
  };
}

/** Before 269 postgresql-common makes and starts a cluster with the first package of a major. */
function installLine(name: string, { installed, targetVersion }: PackageFacts): string {
  const install = `apt-get install --no-install-recommends ${name}`;
  const common = Number.parseInt(installed['postgresql-common'] ?? '', 10);
  return common < 269 && targetVersion === undefined
    ? `echo "create_main_cluster = false" >> /etc/postgresql-common/createcluster.conf && ${install}`
    : install;
}

/** `extension pg_cron in nautobot`, `function public.f in nautobot`, `shared_preload_libraries`. */
function usersOf({ databases, server }: Subject, name: string): readonly string[] {
  const inDatabases = databases.flatMap(({ database, facts }) =>
    facts.libraries
      .filter(({ library }) => library === name)
      .map(({ extension, example }) =>
        extension === null ? `function ${example} in ${database.name}` : `extension ${extension} in ${database.name}`,
      ),
  );
  const settings = ['shared_preload_libraries', 'session_preload_libraries', 'local_preload_libraries'].filter(
    (setting) => (server.settings[setting] ?? '').split(',').some((each) => each.trim().replace(/^"|"$/g, '') === name),
  );
  return [...inDatabases, ...settings];
}

function dropLine({ library }: Library, subject: Subject): string {
  for (const { database, facts } of subject.databases)
    for (const each of facts.libraries)
      if (each.library === library)
        return each.extension === null
          ? `drop ${each.example} and what else of ${library} is in ${database.name}`
          : psqlLine(subject, database.name, `DROP EXTENSION ${identifier(each.extension)}`);
  return 'take it out of shared_preload_libraries';
}
