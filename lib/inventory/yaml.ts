import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  type Document,
  type Node,
  type Pair,
} from 'yaml';
import { problem, warning, type ErrorCode, type Position, type Problem } from '../errors.ts';
import { valueMap, type Value } from './inventory.ts';
import type { Secret } from '../secret.ts';
import { alignOffsets, type Places } from './places.ts';
import { jsonScalar, plainScalar } from './yaml-scalars.ts';

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

/** More nodes than this, aliases expanded, is no file that a person wrote. */
const MOST_NODES = 1_000_000;

/** Reads one YAML document as Ansible does (YAML 1.1), every value with its place; all problems at once. */
export function readYaml(options: YamlOptions): YamlFile {
  const { text } = options;
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
  for (const document of list)
    for (const error of document.errors) reader.report(error.pos[0], error.code, error.message);
  if (second?.contents) reader.refuse(second.contents, 'a second document: one file holds one');
  const start: Places = { at: reader.position(0) };
  if (!first?.contents || reader.problems.length > 0)
    return { value: undefined, places: start, problems: reader.problems };
  const [value, places] = reader.read(first.contents, first);
  return { value, places, problems: reader.problems };
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

  /** A syntax error that the parser found, in our words where it has a common cause. */
  report(offset: number, code: string, message: string): void {
    const line = this.#text.slice(this.#text.lastIndexOf('\n', offset - 1) + 1).split('\n', 1)[0] ?? '';
    const hint = hintFor(code, line);
    const said = message.replace(/\s*\n[^]*$/, '').replace(/^./, (first) => first.toLowerCase());
    this.problems.push(problem('yaml-syntax', hint ?? said, this.position(offset)));
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
        this.refuse(
          key,
          isMap(key) || isSeq(key)
            ? 'a mapping or list as key: is this a "{{ }}" that needs quotes?'
            : 'this key cannot be used',
        );
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
        return this.#vault(node, text, at);
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
      case 'tag:yaml.org,2002:null':
        return [plainScalar(text), { at, locate }];
      default:
        this.refuse(node, `the tag "${node.tag}" is not known: !vault and !unsafe are`);
    }
    const value = plain ? this.#plainScalar(text) : text;
    return [value, typeof value === 'string' ? { at, locate } : { at, text }];
  }

  #vault(node: Node, text: string, at: Position): Read {
    if (!this.#openVault) {
      this.refuse(node, 'this value is encrypted: give --vault-password-file or --ask-vault-pass', 'vault');
      return [null, { at }];
    }
    try {
      return [this.#openVault(text), { at }];
    } catch (thrown) {
      this.refuse(node, thrown instanceof Error ? thrown.message : String(thrown), 'vault');
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

function hintFor(code: string, line: string): string | undefined {
  if (/^\s*(?:- )?(?:[\w.-]+:)?\s*\{\{/.test(line)) return 'a value that begins with "{{" needs quotes around it';
  switch (code) {
    case 'TAB_AS_INDENT':
      return 'a tab in the indentation: YAML is indented with spaces';
    case 'BLOCK_AS_IMPLICIT_KEY':
    case 'MULTILINE_IMPLICIT_KEY':
      return 'a second ": " in one line: put quotes around the value, or indent what belongs to it';
    case 'BAD_INDENT':
      return 'the indentation does not fit what stands above';
    case 'MISSING_CHAR':
      return /["']/.test(line) ? 'a quote or bracket is never closed' : undefined;
    default:
      return undefined;
  }
}
