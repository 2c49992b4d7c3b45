import { Float, isValueList, isValueMap, type Value } from './inventory.ts';
import { compareText, formatFloat } from './python-text.ts';

/**
 * A value as Python's `json.dumps(value, sort_keys=True, indent=4)` writes it: keys sorted, whole numbers of
 * any size, floats with their point. A secret is `***`.
 */
export function toPythonJson(value: Value): string {
  return writeJson(value, '\n');
}

function writeJson(value: Value, newline: string): string {
  const inner = `${newline}    `;
  if (isValueList(value)) {
    if (value.length === 0) return '[]';
    return `[${inner}${value.map((each) => writeJson(each, inner)).join(`,${inner}`)}${newline}]`;
  }
  if (isValueMap(value)) {
    const keys = Object.keys(value).sort(compareText);
    if (keys.length === 0) return '{}';
    const entries = keys.map((key) => `${JSON.stringify(key)}: ${writeJson(value[key] ?? null, inner)}`);
    return `{${inner}${entries.join(`,${inner}`)}${newline}}`;
  }
  if (value instanceof Float) {
    if (Number.isFinite(value.value)) return formatFloat(value.value);
    return Number.isNaN(value.value) ? 'NaN' : value.value > 0 ? 'Infinity' : '-Infinity';
  }
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  return value === null ? 'null' : JSON.stringify(String(value));
}

/** `str(value)`: text as it is, everything else as Python would write it in a program. */
export function toPythonText(value: Value): string {
  return typeof value === 'string' ? value : toPythonSource(value);
}

/** `repr(value)`. */
function toPythonSource(value: Value): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'string') return quotePython(value);
  if (isValueList(value)) return `[${value.map(toPythonSource).join(', ')}]`;
  if (!isValueMap(value)) return String(value);
  const entries = Object.entries(value).map(([key, each]) => `${quotePython(key)}: ${toPythonSource(each)}`);
  return `{${entries.join(', ')}}`;
}

/** In single quotes, unless only double ones need no escape. */
function quotePython(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text.replace(/[\\\n\r\t\x00-\x1f\x7f-\xa0\xad]|['"]/g, (character) => {
    if (character === '"' || character === "'") return character === quote ? `\\${character}` : character;
    const named = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' }[character];
    return named ?? `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
  return `${quote}${escaped}${quote}`;
}
