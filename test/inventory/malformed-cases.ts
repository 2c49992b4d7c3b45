import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readData } from './helpers.ts';

/** Inventories and variable files with mistakes in them. */
export interface MalformedInventory {
  readonly name: string;
  /** Texts by path; `hex` for bytes that are no text. */
  readonly files: Readonly<Record<string, string>>;
  readonly hex?: Readonly<Record<string, string>>;
  readonly executable?: readonly string[];
  readonly sources: readonly string[];
  readonly extraVars?: readonly string[];
  /** Everything that must be said, in order. */
  readonly problems: readonly string[];
}

export const malformedInventories = JSON.parse(readData('malformed.json')) as readonly MalformedInventory[];

/** Writes a case's files into a folder. */
export function writeCase({ files, hex, executable }: MalformedInventory, folder: string): void {
  const texts = Object.entries(files).map(([path, text]) => [path, Buffer.from(text)] as const);
  const bytes = Object.entries(hex ?? {}).map(([path, digits]) => [path, Buffer.from(digits, 'hex')] as const);
  for (const [path, content] of [...texts, ...bytes]) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  for (const path of executable ?? []) chmodSync(join(folder, path), 0o755);
}
