import { Float } from '../../../inventory/inventory.ts';
import { Secret } from '../../../secret.ts';
import { readYaml } from '../../../inventory/yaml.ts';
import { filter, type Filter, type Table } from '../call.ts';
import { orderText } from '../compare.ts';
import { Fault, present } from '../fault.ts';
import { isList, isMap, kindOf, type Item } from '../items.ts';
import { floatText, numeric } from '../numbers.ts';
import type { Secrecy } from '../text.ts';
import { parseJson } from '../json.ts';
import { writeYaml } from '../yaml-writer.ts';

/** Filters that read and write JSON and YAML. */
export const dataFilters: Table<Filter> = {
  to_json: filter('indent? sort_keys? ensure_ascii?', (input, given) =>
    writeJson(input, {
      indent: given.integer('indent'),
      sorted: given.flag('sort_keys'),
      ascii: given.flag('ensure_ascii', true),
      secrecy: given.context.secrecy,
    }),
  ),
  to_nice_json: filter('indent? sort_keys? ensure_ascii?', (input, given) =>
    writeJson(input, {
      indent: given.integer('indent') ?? 4,
      sorted: given.flag('sort_keys', true),
      ascii: given.flag('ensure_ascii', true),
      secrecy: given.context.secrecy,
    }),
  ),
  to_yaml: filter('indent? sort_keys?', (input, given) =>
    writeYaml(input, {
      indent: given.integer('indent') ?? 2,
      sorted: given.flag('sort_keys', true),
      flowLeaves: true,
      secrecy: given.context.secrecy,
    }),
  ),
  to_nice_yaml: filter('indent? sort_keys?', (input, given) =>
    writeYaml(input, {
      indent: given.integer('indent') ?? 4,
      sorted: given.flag('sort_keys', true),
      flowLeaves: false,
      secrecy: given.context.secrecy,
    }),
  ),
  from_json: filter('', (input, given) => parseJson(given.text(input, 'the JSON text'))),
  from_yaml: filter('', (input, given) => {
    if (input === null) return null;
    const { value, problems } = readYaml({ text: given.text(input, 'the YAML text'), file: 'text' });
    const first = problems[0];
    if (first) throw new Fault(`cannot read the YAML text: line ${first.at?.line ?? 1}: ${first.text}`);
    return value ?? null;
  }),
};

interface JsonOptions {
  readonly indent: number | undefined;
  readonly sorted: boolean;
  readonly ascii: boolean;
  readonly secrecy: Secrecy;
}

/** JSON as Python's `json.dumps` spaces it. */
function writeJson(item: Item, options: JsonOptions, depth = 1): string {
  const value = present(item);
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return jsonText(value, options.ascii);
  if (value instanceof Secret) return jsonText(options.secrecy.reveal(value), options.ascii);
  if (value instanceof Float) return jsonFloat(value.value);
  const number = numeric(value);
  if (number) return number.kind === 'integer' ? String(number.value) : jsonFloat(number.value);
  if (isList(value))
    return block(
      '[',
      ']',
      value.map((each) => writeJson(each, options, depth + 1)),
      options.indent,
      depth,
    );
  if (!isMap(value)) throw new Fault(`cannot write ${kindOf(value)}`);
  const names = Object.keys(value);
  if (options.sorted) names.sort(orderText);
  const entries = names.map(
    (name) => `${jsonText(name, options.ascii)}: ${writeJson(value[name] ?? null, options, depth + 1)}`,
  );
  return block('{', '}', entries, options.indent, depth);
}

function block(
  open: string,
  close: string,
  parts: readonly string[],
  indent: number | undefined,
  depth: number,
): string {
  if (indent === undefined || parts.length === 0) return open + parts.join(', ') + close;
  const inner = `\n${' '.repeat(indent * depth)}`;
  return `${open}${inner}${parts.join(`,${inner}`)}\n${' '.repeat(indent * (depth - 1))}${close}`;
}

function jsonFloat(value: number): string {
  if (Number.isFinite(value)) return floatText(value);
  return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity';
}

function jsonText(text: string, ascii: boolean): string {
  const json = JSON.stringify(text);
  if (!ascii) return json;
  return json.replace(/[\x7f-\uffff]/g, (unit) =>
    unit === '\x7f' ? unit : `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
