import { Secret } from '../secret.ts';
import { Float, isValueList, isValueMap, valueMap, type Value } from './inventory.ts';

const SECRET_NAME = /(?:password|passphrase|passwd|_pass)$/i;

/** True for `ansible_password`, `ansible_become_pass`, `vault_db_password` and the like. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name);
}

/**
 * The value of a variable, hidden where its name says that it is a password. `raw` is what was typed, for a password
 * that looks like a number. A template is no secret itself: what it is rendered from is.
 */
export function hideSecret(name: string, value: Value, raw?: string): Value {
  if (!isSecretName(name)) return value;
  if (typeof value === 'string') return value === '' || value.includes('{{') ? value : new Secret(value);
  return isNumber(value) || typeof value === 'boolean' ? new Secret(raw ?? String(value)) : value;
}

/**
 * The value of a variable from a file that is encrypted as a whole: texts and numbers in it are secret, but for pgup's
 * own settings, which are not. Undefined: a text with secret parts beside a template, which can be neither.
 */
export function hideAll(name: string, value: Value): Value | undefined {
  if (name.startsWith('pgup_')) return value;
  if (typeof value === 'string') return hideText(value);
  if (isNumber(value)) return new Secret(String(value));
  if (isValueList(value)) {
    const items = value.map((each) => hideAll(name, each));
    return items.some((each) => each === undefined)
      ? undefined
      : Object.freeze(items.filter((each) => each !== undefined));
  }
  if (!isValueMap(value)) return value;
  const entries = Object.entries(value).map(([key, each]) => [key, hideAll(name, each)] as const);
  const hidden = entries.flatMap(([key, each]) => (each === undefined ? [] : [[key, each] as const]));
  return hidden.length < entries.length ? undefined : valueMap(hidden);
}

function hideText(text: string): Value | undefined {
  if (text === '') return text;
  const beside = text.replace(/\{\{.*?\}\}/gs, '');
  if (beside === text) return new Secret(text);
  return beside.trim() === '' ? text : undefined;
}

function isNumber(value: Value): value is number | bigint | Float {
  return typeof value === 'number' || typeof value === 'bigint' || value instanceof Float;
}
