import { Secret } from '../../secret.ts';
import { plainScalar } from '../../inventory/yaml-scalars.ts';
import { orderText } from './compare.ts';
import { Fault, present } from './fault.ts';
import { isList, isMap, kindOf, type Item } from './items.ts';
import { floatText, numeric } from './numbers.ts';
import type { Secrecy } from './text.ts';

export interface YamlWriting {
  readonly indent: number;
  readonly sorted: boolean;
  /** Lists and mappings that hold nothing nested go on one line: `[1, 2]`. */
  readonly flowLeaves: boolean;
  readonly secrecy: Secrecy;
}

/** YAML as PyYAML writes it, except that long lines are not folded. */
export function writeYaml(item: Item, options: YamlWriting): string {
  const value = present(item);
  if (isScalarItem(value)) return `${scalar(value, options, options.indent)}\n`;
  if (isFlow(value, options)) return `${flow(value, options, options.indent)}\n`;
  return `${blockLines(value, options, 0).join('\n')}\n`;
}

function isScalarItem(item: Item): boolean {
  return !isList(item) && !isMap(item);
}

function isFlow(item: Item, { flowLeaves }: YamlWriting): boolean {
  const items = isList(item) ? item : isMap(item) ? Object.values(item) : [];
  return items.length === 0 || (flowLeaves && items.every(isScalarItem));
}

function entriesOf(item: Item, { sorted }: YamlWriting): readonly (readonly [string, Item])[] {
  if (!isMap(item)) return [];
  const names = Object.keys(item);
  if (sorted) names.sort(orderText);
  return names.map((name) => [name, item[name] ?? null] as const);
}

/** `indent` is where a text of the collection goes on that needs more than one line. */
function flow(item: Item, options: YamlWriting, indent: number): string {
  const inner = indent + options.indent;
  if (isList(item)) return `[${item.map((each) => flow(each, options, inner)).join(', ')}]`;
  if (!isMap(item)) return scalar(item, options, indent, true);
  const entries = entriesOf(item, options);
  return `{${entries.map(([name, each]) => `${scalar(name, options, inner, true)}: ${flow(each, options, inner)}`).join(', ')}}`;
}

function blockLines(item: Item, options: YamlWriting, depth: number): readonly string[] {
  const pad = ' '.repeat(depth);
  const inner = depth + options.indent;
  const onOneLine = (each: Item): boolean => isScalarItem(each) || isFlow(each, options);
  if (isList(item)) {
    return item.flatMap((each) => {
      if (onOneLine(each)) return [`${pad}- ${inline(each, options, inner)}`];
      const [first = '', ...rest] = blockLines(each, options, inner);
      return [`${pad}-${first.slice(depth + 1)}`, ...rest];
    });
  }
  return entriesOf(item, options).flatMap(([name, each]) => {
    const key = `${pad}${scalar(name, options, inner)}:`;
    // a list stands as deep as the key that it belongs to
    return onOneLine(each)
      ? [`${key} ${inline(each, options, inner)}`]
      : [key, ...blockLines(each, options, isList(each) ? depth : inner)];
  });
}

function inline(item: Item, options: YamlWriting, indent: number): string {
  return isScalarItem(item) ? scalar(item, options, indent) : flow(item, options, indent);
}

function scalar(item: Item, { secrecy }: YamlWriting, indent: number, inFlow = false): string {
  if (item === null) return 'null';
  if (typeof item === 'boolean') return String(item);
  if (typeof item === 'string') return textScalar(item, indent, inFlow);
  if (item instanceof Secret) return textScalar(secrecy.reveal(item), indent, inFlow);
  const number = numeric(item);
  if (number?.kind === 'integer') return String(number.value);
  if (number) return yamlFloat(number.value);
  throw new Fault(`cannot write ${kindOf(present(item))}`);
}

function yamlFloat(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? '.nan' : value > 0 ? '.inf' : '-.inf';
  const text = floatText(value);
  return text.includes('e') && !text.includes('.') ? text.replace('e', '.0e') : text;
}

const SPECIAL = /[^\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}\n]/u;

function textScalar(text: string, indent: number, inFlow: boolean): string {
  if (SPECIAL.test(text) || / \n|\n /.test(text)) return double(text);
  if (!text.includes('\n')) return isPlain(text, inFlow) ? text : `'${text.replaceAll("'", "''")}'`;
  // in single quotes a line break is an empty line, and what follows is indented
  const folded = text.replaceAll("'", "''").replace(/\n+/g, (breaks) => `${breaks}\n${' '.repeat(indent)}`);
  return `'${folded}'`;
}

function isPlain(text: string, inFlow: boolean): boolean {
  if (text === '' || /^\s|\s$/.test(text) || typeof plainScalar(text) !== 'string') return false;
  if (/^\d{4}-\d\d?-\d\d?(?:$|[Tt\s])/.test(text) || text === '=' || text === '<<') return false;
  if (/^[-?:](?:\s|$)|^[,[\]{}#&*!|>'"%@`]|^---|^\.\.\./.test(text)) return false;
  if (/: |:$| #/.test(text)) return false;
  return !inFlow || !/[,?[\]{}]|:/.test(text);
}

function double(text: string): string {
  const escaped = text.replace(
    /[\\"\n\t\r]|[^\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]/gu,
    (each) => {
      const short = {
        '\\': '\\\\',
        '"': '\\"',
        '\n': '\\n',
        '\t': '\\t',
        '\r': '\\r',
        '\0': '\\0',
        '\x07': '\\a',
        '\b': '\\b',
        '\x1b': '\\e',
      }[each];
      if (short !== undefined) return short;
      const code = each.codePointAt(0) ?? 0;
      return code < 0x100
        ? `\\x${code.toString(16).toUpperCase().padStart(2, '0')}`
        : `\\u${code.toString(16).toUpperCase().padStart(4, '0')}`;
    },
  );
  return `"${escaped}"`;
}
