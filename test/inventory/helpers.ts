import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Problem } from '../../lib/errors.ts';
import { buildInventory } from '../../lib/inventory/build-inventory.ts';
import { parseIni } from '../../lib/inventory/ini-parser.ts';
import { InventoryDraft } from '../../lib/inventory/inventory-draft.ts';
import { Float, isValueList, isValueMap, type Inventory, type Value } from '../../lib/inventory/inventory.ts';
import { Secret } from '../../lib/secret.ts';

/** The path of a file or folder in test/data/inventory. */
export function dataPath(name: string): string {
  return fileURLToPath(new URL(`../../../test/data/inventory/${name}`, import.meta.url));
}

/** A file of test/data/inventory. A missing one throws: it must fail the test, never skip it. */
export function readData(name: string): string {
  return readFileSync(dataPath(name), 'utf8');
}

/** An INI text as the only source, with all that is wrong with it. */
export function readIni(text: string): { readonly inventory: Inventory; readonly problems: readonly Problem[] } {
  const draft = new InventoryDraft({ file: 'hosts.ini', line: 1, column: 1 });
  parseIni({ text, file: 'hosts.ini', draft });
  const inventory = buildInventory({ draft, sources: ['hosts.ini'], folders: [], extra: new Map() });
  return { inventory, problems: draft.problems };
}

export function errorsOf(problems: readonly Problem[]): readonly Problem[] {
  return problems.filter((each) => each.severity === 'error');
}

/** The word that Python has for the kind of a value. */
export function pythonType(value: Value): string {
  if (value === null) return 'NoneType';
  if (isValueList(value)) return 'list';
  if (isValueMap(value)) return 'dict';
  if (value instanceof Float) return 'float';
  if (value instanceof Secret || typeof value === 'string') return 'str';
  return typeof value === 'boolean' ? 'bool' : 'int';
}

/** A value as `JSON.parse` would give it, secrets revealed; a whole number that needs more than a double as text. */
export function plain(value: Value): unknown {
  if (value instanceof Float) return value.value;
  if (value instanceof Secret) return value.reveal();
  if (isValueList(value)) return value.map(plain);
  if (isValueMap(value)) return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]));
  return typeof value === 'bigint' ? String(value) : value;
}
