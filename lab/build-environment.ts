import { existsSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { command } from './command.ts';
import { LabError } from './errors.ts';
import { recipeFolder } from './paths.ts';

/** What a build script runs in. */
export interface BuildRoot {
  /** The mounted root file system. */
  readonly root: string;
  /** Whether the script fetches something; the controller's settings for that are bound in then. */
  readonly network: boolean;
  /** Path inside to path on the controller. What is bound below /run leaves no trace in the image. */
  readonly readOnly: Readonly<Record<string, string>>;
  readonly writable: Readonly<Record<string, string>>;
  readonly environment: Readonly<Record<string, string>>;
  /** The container's name while the script runs; one at a time may have it. */
  readonly machine?: string;
  readonly logFile: string;
  readonly onLine: (line: string) => void;
}

/** Variables that tell programs how to reach the outside from here; they mean the same inside a build. */
const NETWORK_VARIABLE =
  /^(https?_proxy|no_proxy|all_proxy|ssl_cert_file|requests_ca_bundle|curl_ca_bundle|pip_[a-z_]+)$/i;

interface NetworkSettings {
  readonly variables: Readonly<Record<string, string>>;
  /** Path inside to path on the controller. */
  readonly files: Readonly<Record<string, string>>;
}

/** The controller's own settings for reaching package indexes, and the files and folders that they name. */
function networkSettings(): NetworkSettings {
  const variables: Record<string, string> = {};
  const files: Record<string, string> = {};
  const pipSettings = [`${homedir()}/.config/pip/pip.conf`, '/etc/pip.conf'].find((file) => existsSync(file));
  if (pipSettings !== undefined) {
    variables['PIP_CONFIG_FILE'] = '/run/pip.conf';
    files['/run/pip.conf'] = pipSettings;
  }
  for (const [name, value] of Object.entries(process.env)) {
    if (value === undefined || !NETWORK_VARIABLE.test(name)) continue;
    variables[name] = value;
    for (const word of value.split(/\s+/)) if (word.startsWith('/') && existsSync(word)) files[word] = word;
  }
  for (const file of ['/etc/resolv.conf', '/etc/hosts']) if (existsSync(file)) files[file] = file;
  return { variables, files };
}

/** Whether this machine's own first process is systemd: then control groups are its to hand out. */
export function runsSystemd(): boolean {
  return existsSync('/run/systemd/system');
}

/** The same command as a service that may make control groups of its own; its output and exit code come back here. */
function asService(argv: readonly string[]): string[] {
  return [
    ...['systemd-run', '--quiet', '--pipe', '--wait', '--collect', '--property=Delegate=yes'],
    ...Object.entries(NSPAWN_ENVIRONMENT).map(([name, value]) => `--setenv=${name}=${value}`),
    '--',
    ...argv,
  ];
}

/** Said by systemd-nspawn at the end of a run on a machine whose /run lies on a disk; it means nothing. */
const NOISE = /^Attempted to remove disk file system/;

/** A colon separates the parts of a bind. */
export function nspawnPath(path: string): string {
  return path.replace(/[\\:]/g, '\\$&');
}

/** Arguments that keep systemd-nspawn to itself: no manager is asked, no journal linked, nothing of the machine copied. */
export const NSPAWN_QUIET = [
  '--quiet',
  '--register=no',
  '--keep-unit',
  '--resolv-conf=off',
  '--timezone=off',
  '--link-journal=no',
] as const;

/** systemd-nspawn on a machine with the older control groups would give systemd 257 a layout it refuses. */
export const NSPAWN_ENVIRONMENT = { SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: '1', SYSTEMD_LOG_LEVEL: 'warning' } as const;

/**
 * Runs one recipe script as root inside a root file system, with the controller's network. What it needs to reach
 * package indexes is bound in for that long only, so nothing of the controller ends up in the image.
 */
export async function runInBuild(script: string, build: BuildRoot): Promise<void> {
  const { variables, files } = build.network ? networkSettings() : { variables: {}, files: {} };
  const readOnly: Record<string, string> = { '/run/recipe': recipeFolder, ...build.readOnly };
  for (const [inside, outside] of Object.entries(files)) readOnly[inside] = realpathSync(outside);
  const bind = (flag: string, pairs: Readonly<Record<string, string>>): string[] =>
    Object.entries(pairs).map(([inside, outside]) => `${flag}=${nspawnPath(outside)}:${nspawnPath(inside)}`);
  const settings = { ...variables, ...build.environment, LANG: 'C.UTF-8' };
  const nspawn = [
    'systemd-nspawn',
    ...NSPAWN_QUIET,
    '--as-pid2',
    '--pipe',
    `--machine=${build.machine ?? `pgup-lab-build-${process.pid}`}`,
    `--directory=${build.root}`,
    ...bind('--bind-ro', readOnly),
    ...bind('--bind', build.writable),
    ...Object.entries(settings).map(([name, value]) => `--setenv=${name}=${value}`),
    '/bin/sh',
    `/run/recipe/${script}`,
  ];
  const result = await command(runsSystemd() ? asService(nspawn) : nspawn, {
    env: { ...process.env, ...NSPAWN_ENVIRONMENT },
    logFile: build.logFile,
    onLine: build.onLine,
    mayFail: true,
  });
  if (result.code === 0) return;
  const said = `${result.stdout}\n${result.stderr}`
    .split('\n')
    .filter((line) => line.trim() !== '' && !NOISE.test(line));
  throw new LabError(
    `the recipe's ${script} failed (${result.signal ?? `exit ${result.code ?? ''}`}):\n  ${said.slice(-8).join('\n  ')}\n  (all of it: ${build.logFile})`,
  );
}
