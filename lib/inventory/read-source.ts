import { extname, join, resolve } from 'node:path';
import { problem } from '../errors.ts';
import { parseAddress } from './address.ts';
import { isProgram, kindOf, namesIn } from './file-kind.ts';
import { parseIni } from './ini-parser.ts';
import type { InventoryDraft } from './inventory-draft.ts';
import { compareText, strip } from './python-text.ts';
import { readBytes } from './read-text.ts';
import { openBytes, readYamlText } from './variables-file.ts';
import type { Vault } from './vault.ts';
import { parseYamlInventory } from './yaml-inventory.ts';

/** Names that are no inventories in a folder of inventories, as Ansible has them. */
const IGNORED =
  /^\.|^(?:host_vars|group_vars|vars_plugins)$|(?:\.pyc|\.pyo|\.swp|\.bak|~|\.rpm|\.md|\.txt|\.rst|\.orig|\.cfg|\.retry)$/;

export interface ReadOptions {
  /** As typed, or a path below what was typed. */
  readonly source: string;
  readonly cwd: string;
  readonly draft: InventoryDraft;
  readonly vault: Vault;
}

/** Reads one `-i` argument into the draft. */
export function readSource(options: ReadOptions): void {
  const { source, cwd, draft } = options;
  if (isHostList(source, cwd)) {
    readHostList(source, draft);
    return;
  }
  const kind = kindOf(resolve(cwd, source));
  if (kind === 'file') readFile(options);
  else if (kind === undefined) draft.problems.push(problem('file-missing', `inventory "${source}" does not exist`));
  else if (readFolder(options) === 0) {
    draft.problems.push(problem('file-missing', `folder "${source}" holds no inventory that can be read`));
  }
}

/** True for `-i a,b` and `-i a,`: names, not a file. */
export function isHostList(source: string, cwd: string): boolean {
  return source.includes(',') && kindOf(resolve(cwd, source)) === undefined;
}

function readHostList(source: string, draft: InventoryDraft): void {
  let column = 1;
  for (const part of source.split(',')) {
    const name = strip(part);
    const address = parseAddress(name);
    const at = { file: source, line: 1, column };
    column += part.length + 1;
    if (name === '') continue;
    // Ranges are not expanded in a list: such a name is taken as it stands.
    const plain = address && !address.host.includes('[') ? address : undefined;
    const host = plain?.host ?? name;
    // As in Ansible: a list adds no group to a host that an inventory before it has.
    if (!draft.hosts.has(host)) draft.addHost({ name: host, group: 'ungrouped', port: plain?.port, at });
  }
}

/** Reads the files of a folder and of those in it; gives their number. */
function readFolder({ source, cwd, draft, vault }: ReadOptions): number {
  const names = (namesIn(resolve(cwd, source)) ?? []).filter((name) => !IGNORED.test(name));
  let count = 0;
  for (const name of names.sort(compareText)) {
    const inside = { source: join(source, name), cwd, draft, vault };
    if (kindOf(resolve(cwd, inside.source)) === 'folder') {
      count += readFolder(inside);
    } else {
      readFile(inside);
      count += 1;
    }
  }
  return count;
}

function readFile({ source, cwd, draft, vault }: ReadOptions): void {
  const start = { file: source, line: 1, column: 1 };
  const bytes = readBytes(resolve(cwd, source), source);
  if (!Buffer.isBuffer(bytes)) {
    draft.problems.push(bytes);
    return;
  }
  const opened = openBytes({ bytes, file: source, vault, code: 'inventory-syntax' });
  draft.problems.push(...opened.problems);
  const { text, encrypted } = opened;
  if (text === undefined) return;
  // Without the executable bit Ansible reads `#!` as the comment that it looks like.
  if (text.startsWith('#!') && isProgram(resolve(cwd, source))) {
    const reason = 'this is a program: inventories are read, never run (save what it prints as YAML or JSON)';
    draft.report('inventory-syntax', reason, start);
  } else if (extname(source) === '.toml') {
    draft.report('inventory-syntax', 'inventories in TOML are not supported: write it as INI or YAML', start);
  } else if (isYaml(source, text)) {
    const { value, places, problems } = readYamlText({ text, file: source, vault });
    draft.problems.push(...problems);
    if (!problems.some((each) => each.severity === 'error')) parseYamlInventory({ value, places, encrypted, draft });
  } else {
    parseIni({ text, file: source, encrypted, draft });
  }
}

/** By the extension; without one by the first line that says something. */
function isYaml(source: string, text: string): boolean {
  const extension = extname(source);
  if (extension !== '') return ['.yml', '.yaml', '.json'].includes(extension);
  const first = /^[^\S\n]*[^#\s].*$/m.exec(text)?.[0] ?? '';
  return /^(?:---(?:\s|$)|\s*\{|[^\s[\]=]+:\s*(?:#.*)?$)/.test(first);
}
