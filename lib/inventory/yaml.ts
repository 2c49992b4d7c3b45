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
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { problem, warning, type ErrorCode, type Position, type Problem } from '../errors.ts';
import { Float, valueMap, type Value } from './inventory.ts';
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
export function readYaml(given: YamlOptions): YamlFile {
  // editors do not show the mark, and the parser counts it as a column of the first line
  const options = { ...given, text: given.text.replace(/^\ufeff/, '') };
  const { text, file } = options;
  const deep = tooDeep(text);
  if (deep !== undefined) {
    const at = placeOf(text, deep, file);
    return { value: undefined, places: { at }, problems: [problem('yaml-syntax', 'nested too deeply', at)] };
  }
  const strange = strangeCharacter(text);
  if (strange) {
    const at = placeOf(text, strange.offset, file);
    return { value: undefined, places: { at }, problems: [problem('yaml-syntax', strange.text, at)] };
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

function placeOf(text: string, offset: number, file: string): Position {
  const before = text.slice(0, offset);
  return { file, line: before.split('\n').length, column: offset - before.lastIndexOf('\n') };
}

/** What YAML does not allow in a file at all, or what its version 1.1 takes for the end of a line, unseen by editors. */
function strangeCharacter(text: string): { readonly offset: number; readonly text: string } | undefined {
  if (isJson(text)) return undefined;
  const found = /[\0-\x08\v\f\x0e-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]|\ufeff/.exec(text);
  if (!found) return undefined;
  const code = (found[0].codePointAt(0) ?? 0).toString(16).padStart(4, '0');
  return {
    offset: found.index,
    text: `the character U+${code.toUpperCase()} may not stand in YAML: write it as an escape inside double quotes`,
  };
}

type Read = readonly [Value, Places];

class Reader {
  readonly problems: Problem[] = [];
  readonly #text: string;
  readonly #file: string;
  readonly #lines: LineCounter;
  readonly #openVault: YamlOptions['openVault'];
  readonly #duplicates: 'error' | 'warning';
  readonly #json: boolean;
  readonly #plainScalar: (text: string) => Value;
  readonly #anchors = new Map<string, Node>();
  /** The mappings and lists that are being read: an alias to one of them would have no end. */
  readonly #open = new Set<Node>();
  #nodes = 0;

  constructor({ text, file, openVault, duplicates }: YamlOptions, lines: LineCounter) {
    this.#text = text;
    this.#file = file;
    this.#lines = lines;
    this.#openVault = openVault;
    this.#duplicates = duplicates ?? 'error';
    // JSON is nearly YAML, but `1e3` is a number in it.
    this.#json = isJson(text);
    this.#plainScalar = this.#json ? jsonScalar : plainScalar;
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
      const hint = hintFor(code, said, line, this.#text.slice(pos[0]));
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
      if (this.#open.has(target)) {
        this.refuse(node, `the alias "*${node.source}" stands inside what it stands for`);
        return [null, { at }];
      }
      const [value, places] = this.read(target, document);
      return [value, { ...places, at }];
    }
    this.#name(node, at);
    if (!isMap(node) && !isSeq(node)) return isScalar(node) ? this.#scalar(node, at) : [null, { at }];
    this.#open.add(node);
    try {
      return this.#collection(node, at, document);
    } finally {
      this.#open.delete(node);
    }
  }

  /** An anchor names one value of the file, as PyYAML has it. */
  #name(node: Node, at: Position): void {
    const { anchor } = node as Node & { readonly anchor?: string };
    if (anchor === undefined) return;
    const earlier = this.#anchors.get(anchor);
    if (earlier === undefined) this.#anchors.set(anchor, node);
    else if (earlier !== node)
      this.problems.push(problem('yaml-syntax', `a second anchor "&${anchor}": an anchor names one value`, at));
  }

  #collection(node: YAMLMap | YAMLSeq, at: Position, document: Document.Parsed): Read {
    const fitting = isMap(node) ? 'tag:yaml.org,2002:map' : 'tag:yaml.org,2002:seq';
    if (node.tag !== undefined && node.tag !== '!' && node.tag !== fitting) {
      const word = node.tag.replace('tag:yaml.org,2002:', '!!');
      const text = `the tag "${word}" does not fit ${isMap(node) ? 'a mapping' : 'a list'}`;
      this.problems.push(problem('yaml-syntax', text, this.#tagPosition(node.range?.[0] ?? 0)));
    }
    if (isMap(node)) return this.#map(node.items as Pair<Node, Node | null>[], at, document);
    const items = node.items.map((each) => this.read(each as Node, document));
    const inside = new Map(items.map(([, places], index) => [String(index), places]));
    return [Object.freeze(items.map(([value]) => value)), { at, inside }];
  }

  #map(pairs: readonly Pair<Node, Node | null>[], at: Position, document: Document.Parsed): Read {
    const values = new Map<string, Value>();
    const inside = new Map<string, Places>();
    const keys = new Map<string, Position>();
    const notText = new Set<string>();
    for (const { key, value } of pairs) {
      const name = isScalar(key) ? keyText(key) : undefined;
      if (name === undefined) {
        const braces = isMap(key);
        const text = braces ? 'a value that begins with "{{" needs quotes around it' : 'a key must be a text';
        this.problems.push(problem('yaml-syntax', text, braces ? at : this.position(key.range?.[0] ?? 0)));
        continue;
      }
      if (isScalar(key) && key.type === 'PLAIN' && typeof plainScalar(String(key.value)) !== 'string')
        notText.add(name);
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
      values.set(name, read[0]);
      inside.set(name, read[1]);
      keys.set(name, place);
    }
    return [valueMap(values), { at, inside, keys, notText }];
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
            `the tag "${node.tag.replace('tag:yaml.org,2002:', '!!')}" is not known: !vault and !unsafe are`,
            this.#tagPosition(start),
          ),
        );
    }
    if (node.type === 'QUOTE_DOUBLE' && !this.#json && /(?<!\\)(?:\\\\)*\\u[dD][89a-fA-F]/.test(source)) {
      const hint = 'half a character may not be written as "\\uD…": write the character itself, or "\\U0001F600"';
      this.problems.push(problem('yaml-syntax', hint, at));
    }
    if (node.type === 'PLAIN' && (text === '=' || text === '<<')) {
      this.problems.push(problem('yaml-syntax', `"${text}" means something to YAML: put quotes around it`, at));
    }
    const value = plain ? this.#plainScalar(text) : text;
    return [value, typeof value === 'string' ? { at, locate } : { at, text }];
  }

  #tagPosition(start: number): Position {
    const last = Math.max(0, this.#text.lastIndexOf('!', start));
    return this.position(this.#text[last - 1] === '!' ? last - 1 : last);
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

/** A key as text. An unquoted `yes`, `~` or `0x10` is what it is as a value, written as JSON writes it: `true`, `null`, `16`. */
function keyText({ value, type }: Scalar): string {
  const text = String(value);
  if (type !== 'PLAIN') return text;
  const read = plainScalar(text);
  return read instanceof Float ? read.toString() : typeof read === 'object' && read !== null ? text : String(read);
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

function hintFor(code: string, said: string, line: string, rest: string): Hint | undefined {
  if (/^ *\t/.test(line)) return { text: 'a tab in the indentation: YAML is indented with spaces', wholeLine: true };
  if (/^\s*(?:- )?(?:[\w.-]+:)?\s*\{\{/.test(line))
    return { text: 'a value that begins with "{{" needs quotes around it' };
  if (said.startsWith('sequence item')) return INDENTATION;
  switch (code) {
    case 'BLOCK_AS_IMPLICIT_KEY':
    case 'MULTILINE_IMPLICIT_KEY':
      return { text: 'a second ": " in one line: put quotes around the value, or indent what belongs to it' };
    case 'BAD_INDENT':
      if (!said.startsWith('flow')) return INDENTATION;
      return /^ *[\]}]/m.test(rest)
        ? { text: 'what stands between brackets over several lines must be indented, and the closing bracket too' }
        : { text: 'a bracket or brace is never closed' };
    case 'TAB_AS_INDENT':
      return INDENTATION;
    case 'MISSING_CHAR':
      return said.includes('quote') ? { text: 'the text that begins with a quote here is never closed' } : undefined;
    default:
      return undefined;
  }
}
