import { Secret } from '../secret.ts';
import { Float, type Value } from './inventory.ts';

const SECRET_NAME = /(?:password|passphrase|passwd|_pass)$/i;

/** True for `ansible_password`, `ansible_become_pass`, `vault_db_password` and the like. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name);
}

/**
 * The value of a variable, hidden where its name says that it is a password. `raw` is what was typed, for a password
 * that looks like a number. A template is no secret itself: it must be rendered first.
 */
export function hideSecret(name: string, value: Value, raw?: string): Value {
  if (!isSecretName(name)) return value;
  if (typeof value === 'string') return value === '' || value.includes('{{') ? value : new Secret(value);
  const scalar =
    typeof value === 'number' ||
    typeof value === 'bigint' ||
    value instanceof Float ||
    value === true ||
    value === false;
  return scalar ? new Secret(raw ?? String(value)) : value;
}
