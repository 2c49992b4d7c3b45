import { resolve } from 'node:path';
import { problem, type ErrorCode, type Problem } from '../errors.ts';
import { isValueList, isValueMap, type Value, type Variable, type Variables } from './inventory.ts';
import type { Places } from './places.ts';
import { decodeText, readBytes } from './read-text.ts';
import { hideAll, hideSecret } from './secret-names.ts';
import { isVaultText, type Vault } from './vault.ts';
import { readYaml, type YamlFile } from './yaml.ts';

export interface VariablesText {
  readonly text: string;
  readonly file: string;
  readonly vault: Vault;
  /** The text came out of a vault: all that it holds is secret. */
  readonly encrypted?: boolean;
  /** A text that says nothing is an error. */
  readonly needed?: true;
}

export interface VariablesRead {
  readonly variables: Variables;
  readonly problems: readonly Problem[];
}

/** A file of variables in YAML or JSON, encrypted as a whole or in single values. `file` is what messages call it. */
export function readVariablesFile({
  file,
  cwd,
  vault,
  needed,
}: {
  file: string;
  cwd: string;
  vault: Vault;
  needed?: true;
}): VariablesRead {
  const bytes = readBytes(resolve(cwd, file), file);
  if (!Buffer.isBuffer(bytes)) return { variables: new Map(), problems: [bytes] };
  const { text, encrypted, problems } = openBytes({ bytes, file, vault, code: 'yaml-syntax' });
  if (text === undefined || problems.length > 0) return { variables: new Map(), problems };
  return readVariables({ text, encrypted, file, vault, ...(needed ? { needed } : {}) });
}

export interface OpenedFile {
  /** Undefined where it is encrypted and stays so. */
  readonly text: string | undefined;
  readonly encrypted: boolean;
  readonly problems: readonly Problem[];
}

/** The text of a file, decrypted where it is encrypted as a whole. `code`: what text that is not UTF-8 is called. */
export function openBytes({
  bytes,
  file,
  vault,
  code,
}: {
  bytes: Buffer;
  file: string;
  vault: Vault;
  code: ErrorCode;
}): OpenedFile {
  const head = bytes.toString('latin1');
  if (!isVaultText(head)) return { ...decodeText(bytes, file, code), encrypted: false };
  const opened = vault.open(head);
  if (opened.kind === 'opened') return { ...decodeText(opened.bytes, file, code), encrypted: true };
  const closed = problem('vault', `this file ${opened.reason}`, { file, line: 1, column: 1 });
  return { text: undefined, encrypted: true, problems: [closed] };
}

/** YAML in which `!vault` values are opened. A key that stands twice is a warning, as Ansible has it. */
export function readYamlText({ text, file, vault }: { text: string; file: string; vault: Vault }): YamlFile {
  return readYaml({ text, file, openVault: (closed) => vault.openValue(closed), duplicates: 'warning' });
}

/** Variables from the text of a file: a mapping of names to values, or nothing at all. */
export function readVariables({ text, file, vault, encrypted = false, needed }: VariablesText): VariablesRead {
  const { value, places, problems } = readYamlText({ text, file, vault });
  const variables = new Map<string, Variable>();
  if (value === undefined || value === null) {
    if (needed !== true || problems.length > 0) return { variables, problems };
    return { variables, problems: [problem('yaml-syntax', 'there are no variables in it', places.at)] };
  }
  if (!isValueMap(value)) {
    const shape = problem('yaml-syntax', 'variables must be given as a mapping of names to values', places.at);
    return { variables, problems: [...problems, shape] };
  }
  const found = [...problems];
  for (const [name, each] of Object.entries(value)) {
    const at = places.keys?.get(name) ?? places.at;
    const inside = places.inside?.get(name);
    if (inside) found.push(...unsafeTemplates(each, inside));
    const kept = encrypted ? hideAll(name, each) : hideSecret(name, each, inside?.text);
    if (kept === undefined) {
      const mixed = `"${name}" mixes secret text with "{{ }}": put the secret part into a variable of its own`;
      found.push(problem('vault', mixed, at));
    } else {
      variables.set(name, Object.freeze({ name, value: kept, at }));
    }
  }
  return { variables, problems: found };
}

/** `!unsafe` keeps braces from being rendered. Nothing carries that mark further, so braces there are refused. */
function unsafeTemplates(value: Value, places: Places): readonly Problem[] {
  if (typeof value === 'string' && places.literal === true && /\{[{%#]/.test(value)) {
    return [problem('yaml-syntax', 'a text with "{{" cannot be marked !unsafe: it would be rendered', places.at)];
  }
  if (!isValueMap(value) && !isValueList(value)) return [];
  return Object.entries(value).flatMap(([key, each]: [string, Value]) => {
    const inside = places.inside?.get(key);
    return inside ? unsafeTemplates(each, inside) : [];
  });
}
