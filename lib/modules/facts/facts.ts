import { PgupError } from '../../errors.ts';
import { parseClusterList, type ListedCluster } from '../../postgresql/survey/cluster-list.ts';
import { parsePlaces, type Place } from '../../postgresql/survey/place.ts';
import { parseAddresses, parseSystem, type SystemFacts } from '../../postgresql/survey/system.ts';
import type { HostShell, Query, Result } from '../../shell/host-shell.ts';
import { parseLines, parsePairs, parseSections, type Section } from '../../shell/sections.ts';
import { raw, sh } from '../../shell/sh.ts';
import { readTime, type TimeFacts } from './clock.ts';
import { FACTS_SCRIPT } from './facts-script.ts';

/**
 * What is true of a host at a moment. Sizes are bytes, times seconds; undefined (absent in JSON): the host does not
 * tell. Documented in docs/facts.md; survives JSON.
 */
export interface Facts {
  readonly kind: 'facts';
  readonly system: SystemFacts;
  readonly user: { readonly name: string; readonly uid: number; readonly home: string };
  readonly processors: number | undefined;
  readonly memory: {
    readonly total: number | undefined;
    readonly available: number | undefined;
    readonly swapTotal: number | undefined;
    readonly swapFree: number | undefined;
  };
  readonly addresses: readonly string[];
  readonly time: TimeFacts;
  /** The file system at each path that was asked for. */
  readonly paths: Readonly<Record<string, FileSystem>>;
  /** Of the tools asked for: where each is; null where it is not. */
  readonly tools: Readonly<Record<string, string | null>>;
  /** `apt`, `dnf`, `yum`, `zypper`, `apk`, `pacman`; empty where none of them is there. */
  readonly packageManager: string;
  /** Installed versions of the packages asked for; null where one is not installed. */
  readonly packages: Readonly<Record<string, string | null>>;
  readonly clusters: readonly ListedCluster[];
}

/** A path that was asked for, and the file system below it. */
export type FileSystem = Omit<Place, 'label' | 'path' | 'fileSystem' | 'clones'>;

export interface FactsOptions {
  /** Absolute; they need not exist. The root, where none is named. */
  readonly paths?: readonly string[] | undefined;
  readonly tools?: readonly string[] | undefined;
  /** Names, or patterns where the host's package manager takes them (dpkg). */
  readonly packages?: readonly string[] | undefined;
  /** The user to ask as, where it is not the shell's own. */
  readonly as?: string | undefined;
}

/** What pgup, its playbooks and its users look for on a host. */
export const TOOLS: readonly string[] = Object.freeze([
  ...['flock', 'runuser', 'su', 'sudo', 'doas', 'setsid', 'systemctl', 'systemd-run', 'timeout', 'ip', 'ss'],
  ...['apt-get', 'dpkg-query', 'dnf', 'rpm', 'awk', 'sed', 'tar', 'gzip', 'zstd', 'sha256sum', 'rsync', 'curl'],
  ...['python3', 'docker', 'podman', 'psql', 'pg_lsclusters', 'pg_ctlcluster', 'nautobot-server'],
]);

/** The question, for whoever asks it himself; `readFacts` reads the answer. */
export function factsQuery(options: FactsOptions = {}): Query {
  const { paths = ['/'], tools = TOOLS, packages = [], as } = options;
  for (const path of paths) {
    if (path.startsWith('/') && !path.includes('\n')) continue;
    throw new PgupError('usage', `"${path}" is not an absolute path`, { next: 'name paths that begin with /' });
  }
  const words = [...paths, '--', ...tools, '--', ...packages];
  // In a subshell, because it sets variables and positional parameters of its own.
  return Object.freeze({ kind: 'query', command: sh`(set -- ${words}\n${raw(FACTS_SCRIPT)})`, as, deadline: 60_000 });
}

/** `sent` and `received`: the controller's clock, in milliseconds, around the question; without them no offset. */
export interface Asked {
  readonly options: FactsOptions;
  readonly sent?: number | undefined;
  readonly received?: number | undefined;
}

/** Reads the answer to `factsQuery`. Throws `command-failed` where the host was not heard to the end. */
export function readFacts({ ending, stdout, stderr }: Result, { options, sent, received }: Asked): Facts {
  const { sections, complete } = parseSections(stdout);
  if (!complete) {
    const how =
      ending.kind === 'exited'
        ? `exit code ${ending.code}`
        : ending.kind === 'signalled'
          ? ending.signal
          : ending.reason;
    throw new PgupError('command-failed', `the facts broke off after ${stdout.length} bytes: ${how}`, {
      output: stderr.toString('utf8'),
    });
  }
  const text = (name: string): string => sections.find((each) => each.name === name)?.text ?? '';
  const system = parseSystem(sections);
  const memory = parsePairs(text('memory'));
  const kilobytes = (key: string): number | undefined => (memory.has(key) ? Number(memory.get(key)) * 1024 : undefined);
  const processors = Number(text('processors'));
  const found = parsePairs(text('tools'));
  return Object.freeze({
    kind: 'facts',
    system,
    user: Object.freeze({ name: text('user'), uid: system.uid, home: text('home') }),
    processors: processors > 0 ? processors : undefined,
    memory: Object.freeze({
      total: kilobytes('MemTotal'),
      available: kilobytes('MemAvailable'),
      swapTotal: kilobytes('SwapTotal'),
      swapFree: kilobytes('SwapFree'),
    }),
    addresses: parseAddresses(sections),
    time: readTime({ began: text('began'), ended: text('ended'), sent, received }),
    paths: Object.freeze(Object.fromEntries(parsePlaces(sections, '-').map(fileSystemOf))),
    tools: Object.freeze(Object.fromEntries((options.tools ?? TOOLS).map((tool) => [tool, found.get(tool) ?? null]))),
    packageManager: text('manager'),
    packages: packagesOf(sections, options.packages ?? []),
    clusters: parseClusterList(sections),
  });
}

/** Asks a host and reads its answer: one round trip. `now` is the controller's clock, in milliseconds. */
export async function gatherFacts(
  shell: HostShell,
  options: FactsOptions & { readonly now: () => number },
): Promise<Facts> {
  const query = factsQuery(options);
  const sent = options.now();
  const result = await shell.ask(query);
  return readFacts(result, { options, sent, received: options.now() });
}

function fileSystemOf({
  path,
  existing,
  device,
  type,
  mount,
  size,
  free,
  inodes,
  freeInodes,
  writable,
  fileSystem,
}: Place) {
  const shown = { existing, mount, device, type: type || fileSystem, size, free, inodes, freeInodes, writable };
  return [path, Object.freeze(shown)] as const;
}

/** What was asked for and matched nothing is null, a pattern by its own text. */
function packagesOf(sections: readonly Section[], asked: readonly string[]): Facts['packages'] {
  const lines = parseLines(sections.find(({ name }) => name === 'packages')?.text ?? '');
  const installed = lines.flatMap((line): readonly (readonly [string, string])[] => {
    const [name = '', version = '', state] = line.split('\t');
    return state === 'installed' ? [[name, version]] : [];
  });
  const isPattern = (name: string): boolean => /[*?[]/.test(name);
  const missing = asked.filter((name) => !isPattern(name) && !installed.some(([each]) => each === name));
  return Object.freeze(Object.fromEntries([...missing.map((name) => [name, null] as const), ...installed]));
}
