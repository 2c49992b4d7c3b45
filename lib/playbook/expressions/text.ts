import { Float } from '../../inventory/inventory.ts';
import { Secret } from '../../secret.ts';
import { missed } from './fault.ts';
import { isList, Missing, Omitted, type Item } from './items.ts';
import { floatText } from './numbers.ts';

/**
 * Follows secrets through an operation: a text that a secret went into is a secret itself. One for each operation.
 */
export class Secrecy {
  #touched = false;

  reveal(secret: Secret): string {
    this.#touched = true;
    return secret.reveal();
  }

  get touched(): boolean {
    return this.#touched;
  }

  /** The result of the operation, its texts and numbers hidden again where a secret went in. */
  seal(result: Item): Item {
    if (!this.#touched) return result;
    if (typeof result === 'string') return new Secret(result);
    if (typeof result === 'number' || typeof result === 'bigint') return new Secret(String(result));
    if (result instanceof Float) return new Secret(floatText(result.value));
    if (isList(result)) return Object.freeze(result.map((each) => this.seal(each)));
    if (result === null || typeof result === 'boolean') return result;
    if (result instanceof Secret || result instanceof Missing || result instanceof Omitted) return result;
    const sealed = Object.create(null) as Record<string, Item>;
    for (const [name, item] of Object.entries(result)) sealed[name] = this.seal(item);
    return Object.freeze(sealed);
  }
}

/** An item as Python's `str()` writes it. */
export function textOf(item: Item, secrecy: Secrecy): string {
  return typeof item === 'string' ? item : item instanceof Secret ? secrecy.reveal(item) : literalOf(item, secrecy);
}

/** An item as Python's `repr()` writes it. */
export function literalOf(item: Item, secrecy: Secrecy): string {
  if (item === null) return 'None';
  if (typeof item === 'boolean') return item ? 'True' : 'False';
  if (typeof item === 'string') return quoted(item);
  if (typeof item === 'bigint') return String(item);
  if (typeof item === 'number') return Number.isInteger(item) ? String(BigInt(item)) : floatText(item);
  if (item instanceof Float) return floatText(item.value);
  if (item instanceof Secret) return quoted(secrecy.reveal(item));
  if (item instanceof Missing) throw missed(item);
  if (item instanceof Omitted) return '';
  if (isList(item)) return `[${item.map((each) => literalOf(each, secrecy)).join(', ')}]`;
  const entries = Object.entries(item).map(([name, each]) => `${quoted(name)}: ${literalOf(each, secrecy)}`);
  return `{${entries.join(', ')}}`;
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Single quotes, unless the text has those and no double ones; what cannot be printed is escaped. */
function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text.replace(/[\\\n\r\t]|[^\P{C}]|[^\P{Z} ]/gu, (character) => {
    const short = ESCAPES[character];
    if (short !== undefined) return short;
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`;
    return code < 0x10000 ? `\\u${code.toString(16).padStart(4, '0')}` : `\\U${code.toString(16).padStart(8, '0')}`;
  });
  return `${quote}${quote === "'" ? escaped.replaceAll("'", "\\'") : escaped}${quote}`;
}

/** An item for messages: short, and never a secret. */
export function shown(item: Item): string {
  if (item instanceof Secret) return '***';
  if (item instanceof Missing || item instanceof Omitted) return 'undefined';
  const text = JSON.stringify(item, (_key, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value instanceof Missing ? 'undefined' : value,
  );
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
