import { didYouMean } from '../../nearest.ts';
import { Float } from '../../inventory/inventory.ts';
import { Fault, type Span } from './fault.ts';
import type { Argument, Comparison, Link, Node } from './nodes.ts';
import { integer, type Operator } from './numbers.ts';
import { tokenize, type Token, type TokenOptions } from './tokens.ts';

/** The words that an expression may use, so that a mistyped one is found without evaluating anything. */
export interface Vocabulary {
  readonly filters: ReadonlySet<string>;
  readonly tests: ReadonlySet<string>;
}

/** Nested deeper than this is a mistake or an attack, and would exhaust the stack. */
const DEEPEST = 200;

const LITERALS: ReadonlyMap<string, boolean | null> = new Map<string, boolean | null>([
  ['true', true],
  ['True', true],
  ['false', false],
  ['False', false],
  ['none', null],
  ['None', null],
]);
const COMPARISONS: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>=']);
const RESERVED: ReadonlySet<string> = new Set(['and', 'or', 'not', 'in', 'is', 'if', 'else']);

/**
 * Parses one expression; `end` is the offset after it and what closed it. Jinja's grammar, with its precedences: filters
 * and tests bind to what stands left of them after its sign, `**` groups to the left, comparisons chain.
 */
export function parse(text: string, options: TokenOptions, vocabulary: Vocabulary): { node: Node; end: Token } {
  const parser = new Parser(tokenize(text, options), vocabulary);
  return parser.whole();
}

class Parser {
  readonly #tokens: readonly Token[];
  readonly #vocabulary: Vocabulary;
  #position = 0;
  #depth = 0;

  constructor(tokens: readonly Token[], vocabulary: Vocabulary) {
    this.#tokens = tokens;
    this.#vocabulary = vocabulary;
  }

  whole(): { node: Node; end: Token } {
    const node = this.#tuple();
    const end = this.#peek();
    if (end.kind !== 'end') throw new Fault(`${described(end)} where the expression should end${hint(end)}`, end);
    return { node, end };
  }

  // Tokens

  #peek(ahead = 0): Token {
    const token = this.#tokens[Math.min(this.#position + ahead, this.#tokens.length - 1)];
    if (!token) throw new Fault('an expression is missing');
    return token;
  }

  #advance(): Token {
    const token = this.#peek();
    this.#position++;
    return token;
  }

  #isSymbol(text: string): boolean {
    const token = this.#peek();
    return token.kind === 'symbol' && token.text === text;
  }

  #isWord(text: string, ahead = 0): boolean {
    const token = this.#peek(ahead);
    return token.kind === 'name' && token.text === text;
  }

  #skip(text: string): boolean {
    const found = this.#isSymbol(text) || this.#isWord(text);
    if (found) this.#position++;
    return found;
  }

  #expect(text: string): Token {
    const token = this.#peek();
    if (!this.#skip(text)) throw new Fault(`${described(token)} where "${text}" is expected`, token);
    return token;
  }

  #name(what: string): Token & { readonly kind: 'name' } {
    const token = this.#advance();
    if (token.kind !== 'name') throw new Fault(`${described(token)} where ${what} is expected`, token);
    return token;
  }

  #from(first: Span): Span {
    const last = this.#tokens[this.#position - 1];
    return { start: first.start, end: last?.end ?? first.end };
  }

  // Grammar, loosest binding first

  /** `a, b` without parentheses is a list, as in Jinja. */
  #tuple(): Node {
    const first = this.#expression();
    if (!this.#isSymbol(',')) return first;
    const items = [first];
    while (this.#skip(',')) {
      if (this.#peek().kind === 'end' || this.#isSymbol(')')) break;
      items.push(this.#expression());
    }
    return { kind: 'list', items, ...this.#from(first) };
  }

  #expression(): Node {
    if (++this.#depth > DEEPEST) throw new Fault('the expression is nested too deeply', this.#peek());
    let node = this.#or();
    while (this.#skip('if')) {
      const condition = this.#or();
      const otherwise = this.#skip('else') ? this.#expression() : undefined;
      node = { kind: 'choice', condition, then: node, otherwise, ...this.#from(node) };
    }
    this.#depth--;
    return node;
  }

  #or(): Node {
    let left = this.#and();
    while (this.#skip('or')) {
      const right = this.#and();
      left = { kind: 'logic', operator: 'or', left, right, start: left.start, end: right.end };
    }
    return left;
  }

  #and(): Node {
    let left = this.#not();
    while (this.#skip('and')) {
      const right = this.#not();
      left = { kind: 'logic', operator: 'and', left, right, start: left.start, end: right.end };
    }
    return left;
  }

  #not(): Node {
    const token = this.#peek();
    if (!this.#skip('not')) return this.#comparison();
    if (++this.#depth > DEEPEST) throw new Fault('the expression is nested too deeply', token);
    const operand = this.#not();
    this.#depth--;
    return { kind: 'not', operand, start: token.start, end: operand.end };
  }

  #comparison(): Node {
    const first = this.#sum();
    const links: Link[] = [];
    for (let operator = this.#comparisonSign(); operator !== undefined; operator = this.#comparisonSign()) {
      links.push({ operator, operand: this.#sum() });
    }
    return links.length === 0 ? first : { kind: 'comparison', first, links, ...this.#from(first) };
  }

  #comparisonSign(): Comparison | undefined {
    const token = this.#peek();
    if (token.kind === 'symbol' && COMPARISONS.has(token.text)) {
      this.#position++;
      return token.text as Comparison;
    }
    if (this.#skip('in')) return 'in';
    if (!this.#isWord('not') || !this.#isWord('in', 1)) return undefined;
    this.#position += 2;
    return 'not in';
  }

  #sum(): Node {
    return this.#arithmetic(['+', '-'], () => this.#concatenation());
  }

  #concatenation(): Node {
    const first = this.#product();
    const parts = [first];
    while (this.#skip('~')) parts.push(this.#product());
    return parts.length === 1 ? first : { kind: 'concatenation', parts, ...this.#from(first) };
  }

  #product(): Node {
    return this.#arithmetic(['*', '/', '//', '%'], () => this.#arithmetic(['**'], () => this.#signed(true)));
  }

  #arithmetic(operators: readonly Operator[], operand: () => Node): Node {
    let left = operand();
    for (;;) {
      const operator = operators.find((each) => this.#isSymbol(each));
      if (operator === undefined) return left;
      this.#position++;
      const right = operand();
      left = { kind: 'arithmetic', operator, left, right, start: left.start, end: right.end };
    }
  }

  #signed(filtered: boolean): Node {
    const token = this.#peek();
    let node: Node;
    if (token.kind === 'symbol' && (token.text === '-' || token.text === '+')) {
      if (++this.#depth > DEEPEST) throw new Fault('the expression is nested too deeply', token);
      this.#position++;
      const operand = this.#signed(false);
      this.#depth--;
      node = { kind: 'sign', operator: token.text, operand, start: token.start, end: operand.end };
    } else {
      node = this.#primary();
    }
    node = this.#postfix(node);
    return filtered ? this.#filters(node) : node;
  }

  #primary(): Node {
    const token = this.#advance();
    const span = { start: token.start, end: token.end };
    switch (token.kind) {
      case 'name': {
        const literal = LITERALS.get(token.text);
        if (literal !== undefined) return { kind: 'literal', value: literal, ...span };
        if (RESERVED.has(token.text)) throw new Fault(`"${token.text}" where a value is expected`, token);
        return { kind: 'name', name: token.text, ...span };
      }
      case 'string': {
        let value = token.text;
        for (let more = this.#peek(); more.kind === 'string'; more = this.#peek()) {
          value += more.text;
          this.#position++;
        }
        return { kind: 'literal', value, ...this.#from(token) };
      }
      case 'integer':
        return { kind: 'literal', value: integer(token.value), ...span };
      case 'float':
        return { kind: 'literal', value: new Float(token.value), ...span };
      case 'symbol':
        if (token.text === '(') return this.#parenthesis(token);
        if (token.text === '[') return this.#list(token);
        if (token.text === '{') return this.#map(token);
        throw new Fault(
          `"${token.text}" where a value is expected${token.text === '.' ? ': write 0.5 for .5' : ''}`,
          token,
        );
      case 'end':
        throw new Fault(
          token.start === this.#tokens[0]?.start
            ? 'the expression is empty'
            : 'the expression ends where a value is expected',
          token,
        );
    }
  }

  #parenthesis(first: Token): Node {
    if (this.#skip(')')) return { kind: 'list', items: [], ...this.#from(first) };
    const node = this.#tuple();
    this.#expect(')');
    return node;
  }

  #list(first: Token): Node {
    const items: Node[] = [];
    while (!this.#skip(']')) {
      items.push(this.#expression());
      if (!this.#isSymbol(']')) this.#expect(',');
    }
    return { kind: 'list', items, ...this.#from(first) };
  }

  #map(first: Token): Node {
    const entries: [Node, Node][] = [];
    while (!this.#skip('}')) {
      const key = this.#expression();
      this.#expect(':');
      entries.push([key, this.#expression()]);
      if (!this.#isSymbol('}')) this.#expect(',');
    }
    return { kind: 'map', entries, ...this.#from(first) };
  }

  #postfix(first: Node): Node {
    let node = first;
    for (;;) {
      if (this.#skip('.')) {
        const token = this.#advance();
        if (token.kind !== 'name' && token.kind !== 'integer')
          throw new Fault(`${described(token)} where a name is expected after "."`, token);
        const name = token.kind === 'name' ? token.text : String(token.value);
        node = { kind: 'attribute', of: node, name, start: first.start, end: token.end };
      } else if (this.#skip('[')) {
        node = this.#subscript(node);
      } else if (this.#isSymbol('(')) {
        node = { kind: 'call', callee: node, arguments: this.#arguments(), ...this.#from(first) };
      } else {
        return node;
      }
    }
  }

  #subscript(of: Node): Node {
    const bound = (): Node | undefined => (this.#isSymbol(':') || this.#isSymbol(']') ? undefined : this.#expression());
    const from = bound();
    if (this.#skip(':')) {
      const to = bound();
      const step = this.#skip(':') ? bound() : undefined;
      this.#expect(']');
      return { kind: 'slice', of, from, to, step, ...this.#from(of) };
    }
    const closing = this.#expect(']');
    if (from === undefined) throw new Fault('"[]" needs an index or a key', closing);
    return { kind: 'subscript', of, index: from, ...this.#from(of) };
  }

  #arguments(): readonly Argument[] {
    const list: Argument[] = [];
    this.#expect('(');
    while (!this.#skip(')')) {
      const token = this.#peek();
      const after = this.#peek(1);
      const spread = this.#skip('**') ? '**' : this.#skip('*') ? '*' : undefined;
      const named = spread === undefined && token.kind === 'name' && after.kind === 'symbol' && after.text === '=';
      if (named) this.#position += 2;
      else if (spread === undefined && list.some((each) => each.name !== undefined)) {
        throw new Fault('an argument without a name after one with a name', token);
      }
      const value = this.#expression();
      list.push({ value, ...(named ? { name: token.text } : {}), ...(spread === undefined ? {} : { spread }) });
      if (!this.#isSymbol(')')) this.#expect(',');
    }
    return list;
  }

  #filters(first: Node): Node {
    let node = first;
    for (;;) {
      if (this.#skip('|')) {
        const name = this.#word('filter');
        const list = this.#isSymbol('(') ? this.#arguments() : [];
        node = { kind: 'filter', input: node, name, arguments: list, ...this.#from(first) };
      } else if (this.#skip('is')) {
        node = this.#test(node);
      } else if (this.#isSymbol('(')) {
        node = { kind: 'call', callee: node, arguments: this.#arguments(), ...this.#from(first) };
      } else {
        return node;
      }
    }
  }

  #test(input: Node): Node {
    const negated = this.#skip('not');
    const name = this.#word('test');
    return { kind: 'test', input, name, negated, arguments: this.#testArguments(), ...this.#from(input) };
  }

  /** `is divisibleby 3`: one argument may stand without parentheses. */
  #testArguments(): readonly Argument[] {
    if (this.#isSymbol('(')) return this.#arguments();
    const token = this.#peek();
    const begins =
      token.kind === 'name'
        ? !['else', 'or', 'and', 'if', 'is', 'in', 'not'].includes(token.text)
        : token.kind === 'symbol'
          ? token.text === '[' || token.text === '{'
          : token.kind !== 'end';
    return begins ? [{ value: this.#postfix(this.#primary()) }] : [];
  }

  /** The name of a filter or test, without the collection that Ansible users may write before it. */
  #word(kind: 'filter' | 'test'): string {
    const first = this.#name(`the name of a ${kind}`);
    let name = first.text;
    while (this.#skip('.')) name += `.${this.#name(`the name of a ${kind}`).text}`;
    const known = this.#vocabulary[kind === 'filter' ? 'filters' : 'tests'];
    const short = name.replace(/^ansible\.builtin\./, '');
    if (known.has(short)) return short;
    const other = this.#vocabulary[kind === 'filter' ? 'tests' : 'filters'].has(short);
    const instead = !other
      ? didYouMean(short, known)
      : kind === 'filter'
        ? `: it is a test, write "is ${short}"`
        : `: it is a filter, write "| ${short}"`;
    throw new Fault(`no ${kind} is called "${name}"${instead}`, this.#from(first));
  }
}

function described(token: Token): string {
  switch (token.kind) {
    case 'end':
      return token.text === 'the end' ? token.text : `"${token.text}"`;
    case 'integer':
    case 'float':
      return `"${String(token.value)}"`;
    case 'string':
      return 'a string';
    case 'name':
    case 'symbol':
      return `"${token.text}"`;
  }
}

function hint(token: Token): string {
  return token.kind === 'symbol' && token.text === '=' ? ': "==" compares' : '';
}
