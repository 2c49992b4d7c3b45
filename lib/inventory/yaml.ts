import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  visit,
  type Document,
  type Node,
  type Pair,
} from 'yaml';
import { problem, warning, type ErrorCode, type Position, type Problem } from '../errors.ts';
import { valueMap, type Value } from './inventory.ts';
import type { Secret } from '../secret.ts';
import { alignOffsets, type Places } from './places.ts';
import { jsonScalar, plainScalar, taggedScalar } from './yaml-scalars.ts';

export interface YamlOptions {
  readonly text: string;
  readonly file: string;
  /** Opens `!vault` values. Without it they are problems. */
  readonly openVault?: ((text: string) => Secret) | undefined;
  /** What a key that stands twice in a mapping is; Ansible only warns and takes the last. An error unless given. */
  readonly duplicates?: 'error' | 'warning' | undefined;
}

export interface YamlFile {
  /** Undefined where the file is empty, or cannot be read. */
  readonly value: Value | undefined;
  readonly places: Places;
  readonly problems: readonly Problem[];
}

/** Brackets inside brackets: more is no file that a person wrote. */
const DEEPEST = 400;

/** More syntax errors than this all have one cause. */
const MOST_ERRORS = 20;

/** More nodes than this, aliases expanded, is no file that a person wrote. */
const MOST_NODES = 1_000_000;

/** Reads one YAML document as Ansible does (YAML 1.1), every value with its place; all problems at once. */
export function readYaml(options: YamlOptions): YamlFile {
  const { text, file } = options;
  const deep = tooDeep(text);
  if (deep !== undefined) {
    const { length } = text.slice(0, deep).split('\n');
    const at = { file, line: length, column: deep - text.lastIndexOf('\n', deep - 1) };
    return { value: undefined, places: { at }, problems: [problem('yaml-syntax', 'nested too deeply', at)] };
  }
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, {
    lineCounter: lines,
    schema: 'failsafe',
    version: '1.1',
    merge: false,
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'silent',
  });
  const reader = new Reader(options, lines);
  const list: readonly Document.Parsed[] = 'empty' in documents ? [] : documents;
  const [first, second] = list;
  for (const document of list) reader.report(document);
  if (second?.contents) reader.refuse(second.contents, 'a second document: one file holds one');
  const start: Places = { at: reader.position(0) };
  if (!first?.contents || reader.problems.length > 0)
    return { value: undefined, places: start, problems: reader.problems };
  const [value, places] = reader.read(first.contents, first);
  return { value, places, problems: reader.problems };
}

/**
 * The offset where a text is nested deeper than any playbook. It must not reach the parser, which would exhaust the
 * stack, and Node ends the whole process where that happens inside a regular expression. Quotes are not looked at.
 */
function tooDeep(text: string): number | undefined {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '[' || character === '{') depth++;
    else if (character === ']' || character === '}') depth = Math.max(0, depth - 1);
    if (depth > DEEPEST) return at;
  }
  const line = /^[ \t]*(?:[-?:][ \t]+){200}/m.exec(text);
  return line ? line.index : undefined;
}

type Read = readonly [Value, Places];

class Reader {
  readonly problems: Problem[] = [];
  readonly #text: string;
  readonly #file: string;
  readonly #lines: LineCounter;
  readonly #openVault: YamlOptions['openVault'];
  readonly #duplicates: 'error' | 'warning';
  readonly #plainScalar: (text: string) => Value;
  #nodes = 0;

  constructor({ text, file, openVault, duplicates }: YamlOptions, lines: LineCounter) {
    this.#text = text;
    this.#file = file;
    this.#lines = lines;
    this.#openVault = openVault;
    this.#duplicates = duplicates ?? 'error';
    // JSON is nearly YAML, but `1e3` is a number in it.
    this.#plainScalar = isJson(text) ? jsonScalar : plainScalar;
  }

  position(offset: number): Position {
    const { line, col } = this.#lines.linePos(offset);
    return { file: this.#file, line: Math.max(1, line), column: Math.max(1, col) };
  }

  refuse(node: Node, text: string, code: ErrorCode = 'yaml-syntax'): void {
    this.problems.push(problem(code, text, this.position(node.range?.[0] ?? 0)));
  }

  /** The syntax errors that the parser found, one a line: what follows in a line only follows from it. */
  report(document: Document.Parsed): void {
    const told = new Set<number>();
    for (const { pos, code, message } of document.errors.slice(0, MOST_ERRORS)) {
      const start = code === 'MISSING_CHAR' ? (openedAt(document, this.#text, pos[0]) ?? pos[0]) : pos[0];
      const lineStart = this.#text.lastIndexOf('\n', start - 1) + 1;
      const line = this.#text.slice(lineStart).split('\n', 1)[0] ?? '';
      const { line: number } = this.position(start);
      if (told.has(number)) continue;
      told.add(number);
      const said = message.replace(/\s*\n[^]*$/, '').replace(/^./, (first) => first.toLowerCase());
      const hint = hintFor(code, said, line);
      const offset = hint?.wholeLine ? lineStart + line.search(/\S/) : start;
      this.problems.push(problem('yaml-syntax', hint?.text ?? said, this.position(offset)));
    }
  }

  read(node: Node, document: Document.Parsed): Read {
    const at = this.position(node.range?.[0] ?? 0);
    if (++this.#nodes > MOST_NODES) {
      if (this.#nodes === MOST_NODES + 1) this.refuse(node, 'too many values: do aliases repeat each other?');
      return [null, { at }];
    }
    if (isAlias(node)) {
      const target = node.resolve(document);
      if (!target) {
        this.refuse(node, `the alias "*${node.source}" stands for nothing: no anchor "&${node.source}" before it`);
        return [null, { at }];
      }
      const [value, places] = this.read(target, document);
      return [value, { ...places, at }];
    }
    if (isMap(node)) return this.#map(node.items as Pair<Node, Node | null>[], at, document);
    if (isSeq(node)) {
      const items = node.items.map((each) => this.read(each as Node, document));
      const inside = new Map(items.map(([, places], index) => [String(index), places]));
      return [Object.freeze(items.map(([value]) => value)), { at, inside }];
    }
    return isScalar(node) ? this.#scalar(node, at) : [null, { at }];
  }

  #map(pairs: readonly Pair<Node, Node | null>[], at: Position, document: Document.Parsed): Read {
    const values = new Map<string, Value>();
    const inside = new Map<string, Places>();
    const keys = new Map<string, Position>();
    for (const { key, value } of pairs) {
      const name = isScalar(key) ? String(key.value) : undefined;
      if (name === undefined) {
        const braces = isMap(key);
        const text = braces ? 'a value that begins with "{{" needs quotes around it' : 'a key must be a text';
        this.problems.push(problem('yaml-syntax', text, braces ? at : this.position(key.range?.[0] ?? 0)));
        continue;
      }
      const place = this.position(key.range?.[0] ?? 0);
      const read = value ? this.read(value, document) : ([null, { at: place }] as const);
      if (name === '<<' && isScalar(key) && key.type === 'PLAIN') {
        this.#merge(read, key, values, inside, keys);
        continue;
      }
      const earlier = keys.get(name);
      if (earlier && values.has(name) && !this.#merged.has(earlier)) {
        const complain = this.#duplicates === 'error' ? problem : warning;
        this.problems.push(
          complain('yaml-syntax', `"${name}" stands here twice: first in line ${earlier.line}`, place),
        );
      }
      values.delete(name);
      values.set(name, read[0]);
      inside.set(name, read[1]);
      keys.set(name, place);
    }
    return [valueMap(values), { at, inside, keys }];
  }

  readonly #merged = new WeakSet<Position>();

  /** `<<: *defaults`: what is written in the mapping itself wins, whatever the order. */
  #merge(
    [value, places]: Read,
    key: Node,
    values: Map<string, Value>,
    inside: Map<string, Places>,
    keys: Map<string, Position>,
  ): void {
    const sources: readonly Read[] = Array.isArray(value)
      ? value.map((each: Value, index) => [each, places.inside?.get(String(index)) ?? places] as const)
      : [[value, places]];
    for (const [source, place] of sources) {
      if (typeof source !== 'object' || source === null || !place.keys) {
        this.refuse(key, '"<<" needs a mapping, or a list of mappings');
        continue;
      }
      for (const [name, item] of Object.entries(source) as [string, Value][]) {
        if (values.has(name)) continue;
        values.set(name, item);
        inside.set(name, place.inside?.get(name) ?? place);
        const at = { ...(place.keys.get(name) ?? place.at) };
        this.#merged.add(at);
        keys.set(name, at);
      }
    }
  }

  #scalar(node: Node & { readonly value: unknown; readonly type?: string | null }, at: Position): Read {
    const text = typeof node.value === 'string' ? node.value : '';
    const [start = 0, end = start] = node.range ?? [];
    const source = this.#text.slice(start, end);
    const locate = this.#locator(start, source, text, node.type === 'PLAIN');
    const plain = node.type === 'PLAIN' || node.type === undefined || node.type === null;
    switch (node.tag) {
      case '!vault':
        return this.#vault(text, this.#tagPosition(start));
      case '!unsafe':
        return [text, { at, locate, literal: true }];
      case undefined:
      case '!':
        break;
      case 'tag:yaml.org,2002:str':
        return [text, { at, locate }];
      case 'tag:yaml.org,2002:int':
      case 'tag:yaml.org,2002:float':
      case 'tag:yaml.org,2002:bool':
      case 'tag:yaml.org,2002:null': {
        const tagged = taggedScalar(node.tag, text);
        const word = node.tag.replace('tag:yaml.org,2002:', '!!');
        if (tagged === undefined) this.problems.push(problem('yaml-syntax', `"${text}" is not what ${word} says`, at));
        return [tagged ?? null, { at, locate }];
      }
      default:
        this.problems.push(
          problem(
            'yaml-syntax',
            `the tag "${node.tag}" is not known: !vault and !unsafe are`,
            this.#tagPosition(start),
          ),
        );
    }
    const value = plain ? this.#plainScalar(text) : text;
    return [value, typeof value === 'string' ? { at, locate } : { at, text }];
  }

  #tagPosition(start: number): Position {
    return this.position(Math.max(0, this.#text.lastIndexOf('!', start)));
  }

  #vault(text: string, at: Position): Read {
    try {
      if (this.#openVault) return [this.#openVault(text), { at }];
      throw new Error('this value is encrypted: give --vault-password-file or --ask-vault-pass');
    } catch (thrown) {
      this.problems.push(problem('vault', thrown instanceof Error ? thrown.message : String(thrown), at));
      return [null, { at }];
    }
  }

  #locator(start: number, source: string, text: string, plain: boolean): (offset: number) => Position {
    let offsets: readonly number[] | undefined;
    return (offset) => {
      const opening = plain ? 0 : (/^(?:["']|[|>][^\n]*\n)/.exec(source)?.[0].length ?? 0);
      offsets ??= alignOffsets(source.slice(opening), text);
      return this.position(start + opening + (offsets[offset] ?? offsets.at(-1) ?? 0));
    };
  }
}

function isJson(text: string): boolean {
  if (!/^\s*[[{]/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Where the quote stands that is not closed before `end`. */
function openedAt(document: Document.Parsed, text: string, end: number): number | undefined {
  let found: number | undefined;
  visit(document, {
    Scalar(_key, node) {
      const [start, stop] = node.range ?? [];
      const quoted = node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE';
      if (quoted && start !== undefined && stop !== undefined && stop >= end && /["']/.test(text[start] ?? ''))
        found = start;
    },
  });
  return found;
}

interface Hint {
  readonly text: string;
  /** The fault is the line's indentation, not what stands at the offset. */
  readonly wholeLine?: boolean;
}

const INDENTATION: Hint = { text: 'the indentation does not fit what stands above', wholeLine: true };

function hintFor(code: string, said: string, line: string): Hint | undefined {
  if (/^ *\t/.test(line)) return { text: 'a tab in the indentation: YAML is indented with spaces', wholeLine: true };
  if (/^\s*(?:- )?(?:[\w.-]+:)?\s*\{\{/.test(line))
    return { text: 'a value that begins with "{{" needs quotes around it' };
  if (said.startsWith('sequence item')) return INDENTATION;
  switch (code) {
    case 'BLOCK_AS_IMPLICIT_KEY':
    case 'MULTILINE_IMPLICIT_KEY':
      return { text: 'a second ": " in one line: put quotes around the value, or indent what belongs to it' };
    case 'BAD_INDENT':
      return said.startsWith('flow') ? { text: 'a bracket or brace is never closed' } : INDENTATION;
    case 'TAB_AS_INDENT':
      return INDENTATION;
    case 'MISSING_CHAR':
      return said.includes('quote') ? { text: 'the text that begins with a quote here is never closed' } : undefined;
    default:
      return undefined;
  }
}
