import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import ini from 'ini';
import { problem, ProblemsError, type Problem } from '../lib/errors.ts';
import { BECOME_METHODS } from '../lib/inventory/become-methods.ts';
import { didYouMean } from '../lib/nearest.ts';
import type { CliContext } from './context.ts';
import { SETTINGS, type SettingName, type Settings } from './options.ts';

/** What yargs, the environment and `ini` give for a setting. */
type Given = string | number | boolean | readonly (string | number)[] | undefined;

const NAMES = Object.keys(SETTINGS) as SettingName[];

/** Flag, then `PGUP_` variable, then `pgup.ini`, then the default. */
export function resolveSettings(flags: Readonly<Record<string, unknown>>, context: CliContext): Settings {
  const { env, cwd, home } = context;
  const problems: Problem[] = [];
  const file = readSettingsFile(context, problems) as ReadonlyMap<string, Given>;
  const value = (name: SettingName): Given =>
    (flags[name] as Given) ?? env[`PGUP_${name.toUpperCase().replaceAll('-', '_')}`] ?? file.get(name);
  const text = (name: SettingName): string | undefined => {
    const found = value(name);
    if (Array.isArray(found))
      problems.push(problem('settings', `${name} is given ${String(found.length)} times, and once was expected`));
    return found === undefined ? undefined : String(found);
  };
  const list = (name: SettingName): readonly string[] => {
    const found = value(name);
    if (found === undefined) return [];
    return Array.isArray(found) ? found.map(String) : [String(found)];
  };
  const words = (name: SettingName): readonly string[] =>
    list(name)
      .flatMap((each) => each.split(','))
      .map((each) => each.trim())
      .filter((each) => each !== '');
  // What a variable of the shell that is not set leaves would mean this folder as inventory, and every task.
  if (list('inventory').includes('')) problems.push(problem('usage', 'an inventory with an empty name is given: -i'));
  if (flags['tags'] !== undefined && words('tags').length === 0)
    problems.push(problem('limit-empty', '--tags is empty'));
  const number = (name: SettingName, fallback: number): number => {
    const found = text(name);
    if (found === undefined) return fallback;
    if (/^\d+$/.test(found) && Number(found) > 0) return Number(found);
    problems.push(problem('settings', `${name} is "${found}", and a whole number above 0 was expected`));
    return fallback;
  };
  const choice = <T extends string>(name: SettingName, choices: readonly T[], fallback: T): T => {
    const found = text(name);
    if (found === undefined) return fallback;
    const known = choices.find((each) => each === found);
    if (known !== undefined) return known;
    problems.push(problem('settings', `${name} is "${found}", and one of ${choices.join(', ')} was expected`));
    return fallback;
  };
  const flag = (name: SettingName): boolean => {
    const found = text(name) ?? '';
    if (['true', '1', 'yes'].includes(found)) return true;
    if (!['false', '0', 'no', ''].includes(found))
      problems.push(problem('settings', `${name} is "${found}", and true or false was expected`));
    return false;
  };
  const path = (name: SettingName): string | undefined => {
    const found = text(name);
    return found === undefined ? undefined : resolve(cwd, found.replace(/^~(?=\/|$)/, home));
  };
  const keys = choice('host-key-checking', ['strict', 'accept-new', 'no', 'as-configured'], 'as-configured');
  const method = choice('become-method', [...BECOME_METHODS, 'as-configured'], 'as-configured');
  const settings: Settings = {
    inventory: list('inventory'),
    limit: text('limit'),
    extraVars: list('extra-vars'),
    tags: words('tags'),
    skipTags: words('skip-tags'),
    startAtTask: text('start-at-task'),
    diff: flag('diff'),
    forks: number('forks', 50),
    serial: text('serial'),
    maxFailures: text('max-failures'),
    yes: flag('yes'),
    output: choice('output', ['plain', 'json'], 'plain'),
    knownHosts: path('known-hosts'),
    hostKeyChecking: keys === 'no' ? 'off' : keys === 'as-configured' ? undefined : keys,
    privateKey: path('private-key'),
    vaultPasswordFile: path('vault-password-file'),
    askVaultPass: flag('ask-vault-pass'),
    askBecomePass: flag('ask-become-pass'),
    becomeUser: text('become-user') ?? (flag('become') ? 'root' : undefined),
    becomeMethod: method === 'as-configured' ? undefined : method,
    connectTimeout: text('connect-timeout') === undefined ? undefined : number('connect-timeout', 10),
    // A timer takes no more than 24 days.
    commandTimeout: Math.min(number('command-timeout', 600), 2_000_000) * 1000,
    runsDir: path('runs-dir') ?? join(env['XDG_STATE_HOME'] ?? join(home, '.local/state'), 'pgup/runs'),
    logFile: path('log-file'),
    reconnectTimeout: number('reconnect-timeout', 300) * 1000,
  };
  if (problems.some((each) => each.severity === 'error')) throw new ProblemsError(problems);
  return Object.freeze(settings);
}

/** `PGUP_CONFIG`, else `pgup.ini` here, else `~/.config/pgup/pgup.ini`; keys are the long names of the flags. */
function readSettingsFile({ env, cwd, home }: CliContext, problems: Problem[]): ReadonlyMap<string, unknown> {
  const named = env['PGUP_CONFIG'];
  const places = [join(cwd, 'pgup.ini'), join(env['XDG_CONFIG_HOME'] ?? join(home, '.config'), 'pgup/pgup.ini')];
  const path = named === undefined ? places.find((each) => existsSync(each)) : resolve(cwd, named);
  if (path === undefined) return new Map();
  if (!existsSync(path)) {
    problems.push(problem('file-missing', `PGUP_CONFIG names ${path}, which does not exist`));
    return new Map();
  }
  const text = readFileSync(path, 'utf8');
  // `ini` makes sections objects and reads `a.b` as nested: with the one flat section that is allowed neither happens.
  const { pgup, ...top } = ini.parse(text) as Record<string, unknown>;
  const values = new Map(Object.entries({ ...top, ...(isSection(pgup) ? pgup : {}) }));
  for (const [key, value] of values) {
    const at = positionOf(key, { text, path });
    if (isSection(value)) {
      problems.push(problem('settings', `section [${key}] does not exist, only [pgup]`, at));
    } else if (!NAMES.some((name) => name === key)) {
      problems.push(problem('settings', `"${key}" is not a setting${didYouMean(key, NAMES)}`, at));
    }
  }
  return values;
}

function isSection(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `ini` keeps no positions: the first line that begins with the key, or with its section, is the place. */
function positionOf(key: string, { text, path }: { text: string; path: string }) {
  const lines = text.split('\n').map((line) => line.trim());
  const index = lines.findIndex((line) => line.startsWith(`[${key}`) || line.split(/[=[]/)[0]?.trim() === key);
  return { file: path, line: Math.max(0, index) + 1, column: 1 };
}
