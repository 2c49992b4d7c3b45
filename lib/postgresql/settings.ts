import { SETTING_CHANGES, type SettingChange } from './setting-changes.ts';
import { compareMajors } from './versions.ts';

/** Where a cluster's settings live, on either side of an upgrade. */
export interface SettingsPlace {
  readonly version: string;
  readonly name: string;
  readonly dataDirectory: string;
  readonly configDirectory: string;
}

/** A settings file for the new version, and what was changed in it, in words, for the diff and the report. */
export interface Converted {
  readonly text: string;
  readonly changes: readonly string[];
}

/** One line of a settings file. */
export type ConfigLine =
  | { readonly kind: 'setting'; readonly name: string; readonly value: string; readonly rest: string }
  | { readonly kind: 'include'; readonly directive: string; readonly path: string; readonly rest: string }
  | { readonly kind: 'other' };

const SETTING =
  /^\s*([A-Za-z_][\w$]*(?:\.[A-Za-z_][\w$]*)?)\s*(?:=\s*|\s+)('(?:[^'\\\n]|''|\\.)*'|[^\s#'=][^\s#]*)(\s*(?:#.*)?)$/;
const INCLUDES = new Set(['include', 'include_dir', 'include_if_exists']);

/** Reads a line as the server does: an equals sign may be missing, values may be quoted, a comment may follow. */
export function parseConfigLine(line: string): ConfigLine {
  const [, name, written, rest = ''] = SETTING.exec(line) ?? [];
  if (name === undefined || written === undefined) return { kind: 'other' };
  const lower = name.toLowerCase();
  const value = unquote(written);
  return INCLUDES.has(lower)
    ? { kind: 'include', directive: lower, path: value, rest }
    : { kind: 'setting', name: lower, value, rest };
}

/** Every setting of a file in order; a later one wins. Includes are not followed. */
export function readSettings(text: string): ReadonlyMap<string, string> {
  const settings = new Map<string, string>();
  for (const line of text.split('\n')) {
    const parsed = parseConfigLine(line);
    if (parsed.kind === 'setting') settings.set(parsed.name, parsed.value);
  }
  return settings;
}

/** `name = 'value'`, quoted as the server reads it. */
export function settingLine(name: string, value: string): string {
  return `${name} = '${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}

/**
 * A settings file of the old cluster as the new one needs it: names and values that the new version refuses are taken
 * out or replaced, and whatever names the old cluster (its directories, `15/main`, `15-main`) names the new one.
 * Nothing else is touched: what a person wrote stays as it was written.
 */
export function convertSettings(text: string, from: SettingsPlace, to: SettingsPlace): Converted {
  const changes: string[] = [];
  const lines = text.split('\n').map((line) => {
    const parsed = parseConfigLine(line);
    switch (parsed.kind) {
      case 'other':
        return line;
      case 'include': {
        const path = renamePath(parsed.path, from, to);
        if (path === parsed.path) return line;
        changes.push(`${parsed.directive} ${path}, was ${parsed.path}`);
        return `${parsed.directive} '${path}'${parsed.rest}`;
      }
      case 'setting':
        return convertSetting(line, parsed, { from, to, changes });
    }
  });
  return Object.freeze({ text: lines.join('\n'), changes: Object.freeze(changes) });
}

function convertSetting(
  line: string,
  { name, value, rest }: { readonly name: string; readonly value: string; readonly rest: string },
  { from, to, changes }: { readonly from: SettingsPlace; readonly to: SettingsPlace; readonly changes: string[] },
): string {
  const now = { name, value };
  for (const change of changesBetween(from.version, to.version)) {
    if (change.name !== now.name) continue;
    const becomes = change.becomes(now.value);
    if (becomes === undefined) continue;
    if (becomes === 'removed') {
      changes.push(`${name} is left out: ${change.why}`);
      return `#${line.trimStart()} # left out by pgup: ${change.why}`;
    }
    changes.push(`${now.name} = ${now.value} becomes ${becomes.name} = ${becomes.value}: ${change.why}`);
    now.name = becomes.name;
    now.value = becomes.value;
  }
  const renamed = namesCluster(now.name, now.value, from) ? renamePath(now.value, from, to) : now.value;
  if (renamed !== now.value) changes.push(`${now.name} = ${renamed}, was ${now.value}`);
  return now.name === name && renamed === value ? line : settingLine(now.name, renamed) + rest;
}

function changesBetween(from: string, to: string): readonly SettingChange[] {
  return SETTING_CHANGES.filter(({ since }) => compareMajors(since, from) > 0 && compareMajors(since, to) <= 0);
}

/** Settings whose value names the cluster itself, wherever it lies. */
const NAMING = new Set([
  'cluster_name',
  'data_directory',
  'external_pid_file',
  'hba_file',
  'ident_file',
  'log_directory',
  'log_filename',
]);

function namesCluster(name: string, value: string, from: SettingsPlace): boolean {
  return NAMING.has(name) || inside(value, from.dataDirectory) || inside(value, from.configDirectory);
}

function inside(path: string, directory: string): boolean {
  return path === directory || path.startsWith(`${directory}/`);
}

/** The new cluster's path for an old one's: directories first, then `15/main` and `15-main` as whole parts of it. */
export function renamePath(path: string, from: SettingsPlace, to: SettingsPlace): string {
  for (const [old, fresh] of [
    [from.dataDirectory, to.dataDirectory],
    [from.configDirectory, to.configDirectory],
  ] as const) {
    if (inside(path, old)) return fresh + path.slice(old.length);
  }
  const escape = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const part = new RegExp(`(^|[^0-9.])${escape(from.version)}([/-])${escape(from.name)}(?![A-Za-z0-9_])`, 'g');
  return path.replaceAll(part, (_, before: string, between: string) => `${before}${to.version}${between}${to.name}`);
}

function unquote(written: string): string {
  if (!written.startsWith("'")) return written;
  return written
    .slice(1, -1)
    .replaceAll(/''|\\(.)/g, (match, escaped: string | undefined) => escaped ?? match.slice(1));
}
