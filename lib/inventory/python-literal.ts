import { Float, valueMap, type Value } from './inventory.ts';
import { addImaginary, formatComplex, negate, readPythonNumber, type PythonNumber } from './python-number.ts';
import { bytesToText, readPythonString } from './python-string.ts';
import { formatFloat } from './python-text.ts';

/**
 * What a text of an inventory means. Ansible asks Python whether it is a literal; where it is none, it is text.
 * `refused`: a literal that Ansible fails on (a list as a mapping's key), or that cannot be carried here.
 */
export type Literal =
  | { readonly kind: 'value'; readonly value: Value }
  | { readonly kind: 'text' }
  | { readonly kind: 'refused'; readonly reason: string };

/** `ast.literal_eval`, and what ansible-core 2.19 makes of its result: tuples and sets are lists, the rest is text. */
export function readPythonLiteral(source: string): Literal {
  if (source.includes('\0')) return { kind: 'text' };
  const node = new Reader(source).readAll();
  if (!node) return { kind: 'text' };
  const result = evaluate(node);
  if (result === 'malformed') return { kind: 'text' };
  if ('refused' in result) return { kind: 'refused', reason: result.refused };
  return { kind: 'value', value: result.value };
}

type Node =
  | { readonly kind: 'number'; readonly number: PythonNumber }
  | { readonly kind: 'constant'; readonly constant: Evaluated }
  | { readonly kind: 'tuple' | 'list' | 'set'; readonly items: readonly Node[] }
  | { readonly kind: 'dict'; readonly items: readonly (readonly [Node, Node])[] }
  | { readonly kind: 'signed'; readonly sign: '+' | '-'; readonly operand: Node }
  | { readonly kind: 'sum'; readonly sign: '+' | '-'; readonly left: Node; readonly right: Node }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'refused'; readonly reason: string };

interface Evaluated {
  readonly value: Value;
  /** Equal for what Python finds equal (`1`, `1.0`, `True`); undefined for what cannot be a key. */
  readonly identity: string | undefined;
  /** As a key of a JSON object; undefined where JSON has none for it. */
  readonly key?: string | undefined;
}

type Result = Evaluated | 'malformed' | { readonly refused: string };

/** Python's tokenizer gives up on deeper nesting. */
const MAX_DEPTH = 199;

/** Recursive descent over the part of Python's expressions that literals are made of. */
class Reader {
  readonly #source: string;
  #at = 0;
  #depth = 0;

  constructor(source: string) {
    this.#source = source;
  }

  /** The whole text as one literal. Undefined: it is none. */
  readAll(): Node | undefined {
    const first = this.#sum();
    if (!first) return undefined;
    const node = this.#peek() === ',' ? this.#items(first, '') : first;
    return node && this.#peek() === '' ? node : undefined;
  }

  /** The next character that is neither blank nor comment; empty at the end. */
  #peek(): string {
    for (; this.#at < this.#source.length; this.#at++) {
      const character = this.#source.charAt(this.#at);
      if (character === '#') this.#at = this.#source.length;
      else if (!' \t\f'.includes(character)) return character;
    }
    return '';
  }

  #take(expected: string): boolean {
    if (this.#peek() !== expected) return false;
    this.#at += 1;
    return true;
  }

  #sum(): Node | undefined {
    let left = this.#signed();
    for (let sign = this.#peek(); left && (sign === '+' || sign === '-'); sign = this.#peek()) {
      this.#at += 1;
      const right = this.#signed();
      left = right && { kind: 'sum', sign, left, right };
    }
    return left;
  }

  #signed(): Node | undefined {
    const signs: ('+' | '-')[] = [];
    for (let sign = this.#peek(); sign === '+' || sign === '-'; sign = this.#peek()) {
      signs.push(sign);
      this.#at += 1;
    }
    const atom = this.#atom();
    return atom && signs.reduceRight<Node>((operand, sign) => ({ kind: 'signed', sign, operand }), atom);
  }

  #atom(): Node | undefined {
    const character = this.#peek();
    if (character === '(') return this.#call(this.#bracketed(')'));
    if (character === '[') return this.#bracketed(']');
    if (character === '{') return this.#bracketed('}');
    if (this.#source.startsWith('...', this.#at)) {
      this.#at += 3;
      return { kind: 'constant', constant: { value: '...', identity: '...' } };
    }
    return this.#number() ?? this.#strings() ?? this.#call(this.#name());
  }

  #number(): Node | undefined {
    const read = readPythonNumber(this.#source, this.#at);
    if (!read) return undefined;
    this.#at = read.end;
    return { kind: 'number', number: read.number };
  }

  /** Adjacent strings are one; text and bytes do not mix. */
  #strings(): Node | undefined {
    let text: string | undefined;
    let bytes: number[] | undefined;
    let other: Node | undefined;
    this.#peek();
    for (;;) {
      const read = readPythonString(this.#source, this.#at);
      if (!read) break;
      this.#at = read.end;
      if (read.kind === 'bytes') bytes = [...(bytes ?? []), ...read.bytes];
      else text = (text ?? '') + (read.kind === 'text' ? read.text : '');
      if (read.kind === 'format') other = { kind: 'name', name: 'f-string' };
      if (read.kind === 'named-character') {
        other ??= {
          kind: 'refused',
          reason: 'characters by name (\\N{...}) are not known here: write the character itself',
        };
      }
      this.#peek();
    }
    if (text !== undefined && bytes !== undefined) return undefined;
    if (other) return other;
    if (text !== undefined) return { kind: 'constant', constant: { value: text, identity: `s${text}`, key: text } };
    if (bytes === undefined) return undefined;
    const decoded = bytesToText(bytes);
    return { kind: 'constant', constant: { value: decoded, identity: `b${decoded}` } };
  }

  #name(): Node | undefined {
    const name = /^[\p{L}_][\p{L}\p{N}_]*/u.exec(this.#source.slice(this.#at))?.[0];
    if (name === undefined) return undefined;
    this.#at += name.length;
    if (name === 'None') return { kind: 'constant', constant: { value: null, identity: 'None', key: 'null' } };
    if (name === 'True') return { kind: 'constant', constant: { value: true, identity: 'n1', key: 'true' } };
    if (name === 'False') return { kind: 'constant', constant: { value: false, identity: 'n0', key: 'false' } };
    return { kind: 'name', name };
  }

  /** `set()` is the one call that is a literal. */
  #call(callee: Node | undefined): Node | undefined {
    if (callee?.kind !== 'name' || callee.name !== 'set' || this.#peek() !== '(') return callee;
    this.#at += 1;
    return this.#take(')') ? { kind: 'set', items: [] } : undefined;
  }

  #bracketed(close: ')' | ']' | '}'): Node | undefined {
    this.#at += 1;
    if (++this.#depth > MAX_DEPTH) return undefined;
    const node = this.#inside(close);
    this.#depth -= 1;
    return node && this.#take(close) ? node : undefined;
  }

  #inside(close: ')' | ']' | '}'): Node | undefined {
    if (this.#peek() === close) {
      if (close === '}') return { kind: 'dict', items: [] };
      return { kind: close === ']' ? 'list' : 'tuple', items: [] };
    }
    const first = this.#sum();
    if (!first) return undefined;
    if (close === '}' && this.#peek() === ':') return this.#pairs(first);
    if (close === ')' && this.#peek() !== ',') return first;
    return this.#items(first, close);
  }

  #items(first: Node, close: '' | ')' | ']' | '}'): Node | undefined {
    const items = [first];
    while (this.#take(',') && this.#peek() !== close) {
      const item = this.#sum();
      if (!item) return undefined;
      items.push(item);
    }
    return { kind: close === ']' ? 'list' : close === '}' ? 'set' : 'tuple', items };
  }

  #pairs(firstKey: Node): Node | undefined {
    const items: [Node, Node][] = [];
    for (let key: Node | undefined = firstKey; key; key = this.#sum()) {
      const value = this.#take(':') ? this.#sum() : undefined;
      if (!value) return undefined;
      items.push([key, value]);
      if (!this.#take(',') || this.#peek() === '}') return { kind: 'dict', items };
    }
    return undefined;
  }
}

/** In Python's order, because it decides which of two faults is met first. */
function evaluate(node: Node): Result {
  switch (node.kind) {
    case 'constant':
      return node.constant;
    case 'name':
      return 'malformed';
    case 'refused':
      return { refused: node.reason };
    case 'number':
    case 'signed':
    case 'sum': {
      const number = evaluateNumber(node);
      return number ? fromNumber(number) : 'malformed';
    }
    case 'dict':
      return evaluateDict(node.items);
    case 'tuple':
    case 'list':
    case 'set':
      return evaluateItems(node.kind, node.items);
  }
}

function evaluateItems(kind: 'tuple' | 'list' | 'set', items: readonly Node[]): Result {
  const values: Evaluated[] = [];
  for (const item of items) {
    const result = evaluate(item);
    if (result === 'malformed' || 'refused' in result) return result;
    if (kind === 'set' && result.identity === undefined) return { refused: 'a list or mapping cannot be in a set' };
    const seen = kind === 'set' && values.some((each) => each.identity === result.identity);
    if (!seen) values.push(result);
  }
  const hashable = kind === 'tuple' && values.every((each) => each.identity !== undefined);
  return {
    value: Object.freeze(values.map((each) => each.value)),
    identity: hashable ? `(${values.map((each) => JSON.stringify(each.identity)).join()})` : undefined,
  };
}

function evaluateDict(items: readonly (readonly [Node, Node])[]): Result {
  const entries = new Map<string, readonly [string, Value]>();
  let unprintable: string | undefined;
  for (const [keyNode, valueNode] of items) {
    const key = evaluate(keyNode);
    if (key === 'malformed' || 'refused' in key) return key;
    const value = evaluate(valueNode);
    if (value === 'malformed' || 'refused' in value) return value;
    if (key.identity === undefined) return { refused: 'a list or mapping cannot be the key of a mapping' };
    if (key.key === undefined) unprintable ??= 'the keys of a mapping must be text, numbers, True, False or None';
    // An equal key later takes the value and leaves the first key standing.
    entries.set(key.identity, [entries.get(key.identity)?.[0] ?? key.key ?? '', value.value]);
  }
  if (unprintable !== undefined) return { refused: unprintable };
  return { value: valueMap(entries.values()), identity: undefined };
}

/** A number, at most one sign, or a real plus an imaginary one; anything else that is written with signs is none. */
function evaluateNumber(node: Node): PythonNumber | undefined {
  if (node.kind === 'number') return node.number;
  if (node.kind === 'signed') {
    if (node.operand.kind !== 'number') return undefined;
    return node.sign === '-' ? negate(node.operand.number) : node.operand.number;
  }
  if (node.kind !== 'sum' || node.left.kind === 'sum' || node.right.kind !== 'number') return undefined;
  const left = evaluateNumber(node.left);
  return left && addImaginary(left, node.sign, node.right.number);
}

function fromNumber(number: PythonNumber): Evaluated {
  switch (number.kind) {
    case 'int': {
      const value = Number(number.value);
      return {
        value: Number.isSafeInteger(value) ? value : number.value,
        identity: `n${number.value}`,
        key: String(number.value),
      };
    }
    case 'float': {
      const whole = Number.isInteger(number.value);
      const text = formatFloat(number.value);
      return { value: new Float(number.value), identity: `n${whole ? String(BigInt(number.value)) : text}`, key: text };
    }
    case 'complex': {
      const text = formatComplex(number.real, number.imaginary);
      return { value: text, identity: number.imaginary === 0 ? `n${number.real}` : `c${text}` };
    }
  }
}
