import { didYouMean } from '../../nearest.ts';
import { ProblemsError } from '../../errors.ts';
import { Float, type Value } from '../../inventory/inventory.ts';
import { Secret } from '../../secret.ts';
import type { Scope } from '../playbook.ts';
import { call, type CallContext, type Given } from './call.ts';
import { contains, equal, isTrue, keyOf, order } from './compare.ts';
import { Fault, present, type Span } from './fault.ts';
import { FILTERS } from './filters/filters.ts';
import { FUNCTIONS } from './functions.ts';
import { isList, isMap, kindOf, mapOf, Missing, Omitted, own, type Item } from './items.ts';
import { methodOf, methodsOf } from './methods.ts';
import type { Argument, Comparison, Node } from './nodes.ts';
import { asFloat, calculate, integer, numeric, type Operator } from './numbers.ts';
import { pick, slice } from './sequences.ts';
import { TESTS } from './tests.ts';
import { Secrecy, textOf } from './text.ts';

/** Longer texts and lists are refused: `"x" * 1000000000` would take the memory of the run. */
const LONGEST = 10_000_000;

/** Evaluates a parsed expression. Looks up names, reads own properties, calls what is in our tables: nothing else. */
export function evaluateNode(node: Node, scope: Scope): Item {
  return new Evaluation(scope).value(node);
}

class Evaluation {
  readonly #scope: Scope;

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  value(node: Node): Item {
    switch (node.kind) {
      case 'literal':
        return node.value;
      case 'name':
        return this.#name(node.name, node);
      case 'list':
        return Object.freeze(node.items.map((each) => this.value(each)));
      case 'map':
        return mapOf(node.entries.map(([key, item]) => [this.#key(key), this.value(item)] as const));
      case 'attribute':
        return this.#attribute(this.value(node.of), node.name, node);
      case 'subscript':
        return this.#subscript(this.value(node.of), this.#present(node.index), node);
      case 'slice':
        return this.#slice(node);
      case 'call':
        return this.#call(node.callee, node.arguments, node);
      case 'filter':
        return this.#filter(node.name, this.value(node.input), this.#given(node.arguments), node);
      case 'test':
        return this.#test(node.name, this.value(node.input), this.#given(node.arguments), node) !== node.negated;
      case 'sign':
        return this.#sign(node.operator, this.#present(node.operand), node);
      case 'not':
        return !this.#truth(node.operand);
      case 'arithmetic':
        return this.#arithmetic(node.operator, this.#present(node.left), this.#present(node.right), node);
      case 'concatenation': {
        const secrecy = new Secrecy();
        const parts = node.parts.map((each) => {
          const item = this.value(each);
          return item === Missing.choice ? '' : textOf(present(item, each), secrecy);
        });
        return secrecy.seal(parts.join(''));
      }
      case 'comparison':
        return this.#comparison(node);
      case 'logic': {
        const left = this.#present(node.left);
        return isTrue(left) === (node.operator === 'and') ? this.value(node.right) : left;
      }
      case 'choice':
        if (this.#truth(node.condition)) return this.value(node.then);
        if (node.otherwise) return this.value(node.otherwise);
        return Missing.choice;
    }
  }

  #present(node: Node): Exclude<Item, Missing> {
    return present(this.value(node), node);
  }

  #truth(node: Node): boolean {
    return isTrue(this.#present(node));
  }

  #name(name: string, span: Span): Item {
    let value: Value | undefined;
    try {
      value = this.#scope.lookup(name);
    } catch (thrown) {
      return missingWithin(thrown);
    }
    if (value !== undefined) return value;
    if (name === 'omit') return Omitted.value;
    if (FUNCTIONS.has(name)) throw new Fault(`"${name}" is a function: call it`, span);
    return new Missing(`"${name}" is not defined${didYouMean(name, this.#scope.names())}`, name);
  }

  #key(node: Node): string {
    const item = this.#present(node);
    return keyOf(item) ?? textOf(item, new Secrecy());
  }

  #attribute(of: Item, name: string, span: Span): Item {
    if (of instanceof Missing) return of;
    const index = /^\d+$/.test(name) && !isMap(of) ? Number(name) : undefined;
    if (index !== undefined) return this.#subscript(of, index, span);
    const found = isMap(of) ? reading(of, name) : undefined;
    if (methodOf(of, name)) {
      const instead = found === undefined ? `call it: ".${name}()"` : `write "['${name}']" for the key`;
      throw new Fault(`"${name}" is a method of ${kindOf(of)}: ${instead}`, span);
    }
    return found ?? lacking(of, name);
  }

  #subscript(of: Item, index: Exclude<Item, Missing>, span: Span): Item {
    if (of instanceof Missing) return of;
    if (isMap(of)) {
      const key = keyOf(index);
      if (key === undefined) throw new Fault(`a key must be a string or an integer, not ${kindOf(index)}`, span);
      return reading(of, key) ?? lacking(of, key);
    }
    const number = numeric(index);
    if (number?.kind !== 'integer') return lacking(of, keyOf(index) ?? kindOf(index));
    try {
      return pick(of, Number(number.value)) ?? lacking(of, String(number.value));
    } catch (thrown) {
      return missingWithin(thrown);
    }
  }

  #slice(node: Node & { readonly kind: 'slice' }): Item {
    const bound = (each: Node | undefined): number | undefined => {
      const item = each && this.#present(each);
      if (item === undefined || item === null) return undefined;
      const number = numeric(item);
      if (number?.kind !== 'integer') throw new Fault(`a slice needs integers, not ${kindOf(item)}`, each);
      return Number(number.value);
    };
    const of = this.#present(node.of);
    return within(node, () => slice(of, bound(node.from), bound(node.to), bound(node.step)));
  }

  #call(callee: Node, list: readonly Argument[], span: Span): Item {
    if (callee.kind === 'name') {
      const apply = FUNCTIONS.get(callee.name);
      if (apply === undefined) {
        const missing = this.#name(callee.name, callee);
        present(missing, callee);
        throw new Fault(`"${callee.name}" is no function${didYouMean(callee.name, FUNCTIONS.keys())}`, callee);
      }
      return within(span, () => apply(this.#given(list)));
    }
    if (callee.kind !== 'attribute') throw new Fault('only functions and methods can be called', span);
    const of = this.#present(callee.of);
    const method = methodOf(of, callee.name);
    if (!method) {
      const nearest = didYouMean(callee.name, methodsOf(of));
      throw new Fault(`${kindOf(of)} has no method "${callee.name}"${nearest}`, callee, 'undefined-name');
    }
    const given = this.#given(list);
    return within(span, () => this.#sealed((context) => call(method, of, given, context)), `method "${callee.name}": `);
  }

  #filter(name: string, input: Item, given: Given, span: Span): Item {
    const found = FILTERS.get(name);
    if (!found) throw new Fault(`no filter is called "${name}"${didYouMean(name, FILTERS.keys())}`, span);
    const prefix = `filter "${name}": `;
    return within(span, () => this.#sealed((context) => call(found, input, given, context)), prefix);
  }

  #test(name: string, input: Item, given: Given, span: Span): boolean {
    const found = TESTS.get(name);
    if (!found) throw new Fault(`no test is called "${name}"${didYouMean(name, TESTS.keys())}`, span);
    const secrecy = new Secrecy();
    const apply = (): boolean => discreet(secrecy, () => call(found, input, given, this.#context(secrecy)));
    return within(span, apply, `test "${name}": `);
  }

  #sealed(apply: (context: CallContext) => Item): Item {
    const secrecy = new Secrecy();
    return secrecy.seal(discreet(secrecy, () => apply(this.#context(secrecy))));
  }

  #context(secrecy: Secrecy): CallContext {
    const nowhere = { start: 0, end: 0 };
    return {
      secrecy,
      filter: (name, input, given) => unplaced(() => this.#filter(name, input, given, nowhere)),
      test: (name, input, given) => unplaced(() => this.#test(name, input, given, nowhere)),
      attribute: (item, path) => unplaced(() => this.#path(item, path, nowhere)),
    };
  }

  #path(item: Item, path: Item, span: Span): Item {
    const names = typeof path === 'string' ? path.split('.') : [present(path)];
    return names.reduce<Item>((of, name) => {
      const index = typeof name === 'string' && /^\d+$/.test(name) && !isMap(of) ? Number(name) : name;
      return this.#subscript(of, present(index), span);
    }, item);
  }

  #given(list: readonly Argument[]): Given {
    const positional: Item[] = [];
    const named = new Map<string, Item>();
    for (const { value, name, spread } of list) {
      const item = this.value(value);
      if (name !== undefined) named.set(name, item);
      else if (spread === undefined) positional.push(item);
      else if (spread === '*' && isList(item)) positional.push(...item);
      else if (spread === '**' && isMap(item)) for (const [key, each] of Object.entries(item)) named.set(key, each);
      else
        throw new Fault(
          `"${spread}" needs ${spread === '*' ? 'a list' : 'a mapping'}, not ${kindOf(present(item, value))}`,
          value,
        );
    }
    return { positional, named };
  }

  #sign(operator: '+' | '-', operand: Item, span: Span): Item {
    const number = numeric(operand);
    if (!number) throw new Fault(`"${operator}" needs a number, not ${kindOf(operand)}`, span);
    const factor = operator === '-' ? -1 : 1;
    return number.kind === 'integer' ? integer(BigInt(factor) * number.value) : new Float(factor * number.value);
  }

  #arithmetic(operator: Operator, left: Item, right: Item, span: Span): Item {
    const [x, y] = [numeric(left), numeric(right)];
    if (x && y) return within(span, () => calculate(operator, x, y));
    if (operator === '+' && isList(left) && isList(right)) return Object.freeze([...left, ...right]);
    const texts = isText(left) && isText(right);
    if (operator === '+' && texts) {
      const secrecy = new Secrecy();
      return secrecy.seal(textOf(left, secrecy) + textOf(right, secrecy));
    }
    if (operator === '*' && x && !y) return this.#repeated(right, asFloat(x), x.kind, span);
    if (operator === '*' && y && !x) return this.#repeated(left, asFloat(y), y.kind, span);
    if (operator === '%' && isText(left))
      return this.#filter('format', left, { positional: isList(right) ? right : [right], named: new Map() }, span);
    const hint =
      operator === '+' && (isText(left) || isText(right)) ? ': "~" joins anything as text, "| int" makes a number' : '';
    throw new Fault(`"${operator}" cannot take ${kindOf(left)} and ${kindOf(right)}${hint}`, span);
  }

  #repeated(item: Item, times: number, kind: string, span: Span): Item {
    if (kind !== 'integer' || !(isText(item) || isList(item))) {
      throw new Fault(`"*" cannot take ${kindOf(item)} and a number`, span);
    }
    const count = Math.max(0, times);
    const secrecy = new Secrecy();
    const unit = isList(item) ? item : textOf(item, secrecy);
    if (unit.length * count > LONGEST) throw new Fault('the result is too long', span);
    if (typeof unit === 'string') return secrecy.seal(unit.repeat(unit === '' ? 0 : count));
    return Object.freeze(unit.length === 0 ? [] : Array.from({ length: count }, () => unit).flat());
  }

  #comparison({ first, links }: Node & { readonly kind: 'comparison' }): Item {
    let left = this.#present(first);
    let leftNode = first;
    for (const { operator, operand } of links) {
      const right = this.#present(operand);
      const span = { start: leftNode.start, end: operand.end };
      if (!within(span, () => compared(operator, left, right))) return false;
      [left, leftNode] = [right, operand];
    }
    return true;
  }
}

function compared(operator: Comparison, left: Item, right: Item): boolean {
  switch (operator) {
    case '==':
      return equal(left, right);
    case '!=':
      return !equal(left, right);
    case '<':
      return order(left, right) < 0;
    case '<=':
      return order(left, right) <= 0;
    case '>':
      return order(left, right) > 0;
    case '>=':
      return order(left, right) >= 0;
    case 'in':
      return contains(right, left);
    case 'not in':
      return !contains(right, left);
  }
}

function isText(item: Item): item is string | Secret {
  return typeof item === 'string' || item instanceof Secret;
}

/** Reads a mapping's own key. Variables are rendered when they are read, which may meet what is missing. */
function reading(map: Item, name: string): Item | undefined {
  try {
    return isMap(map) ? own(map, name) : undefined;
  } catch (thrown) {
    return missingWithin(thrown);
  }
}

function missingWithin(thrown: unknown): Missing {
  if (thrown instanceof ProblemsError && thrown.code === 'undefined-name') {
    return new Missing(thrown.message, undefined, thrown);
  }
  throw thrown;
}

function lacking(of: Item, name: string): Missing {
  const known = isMap(of) ? didYouMean(name, Object.keys(of)) : '';
  return new Missing(`${kindOf(of)} has nothing called "${name}"${known}`);
}

/** Gives a fault that does not know its place the place of what was being evaluated. */
function within<Result>(span: Span, apply: () => Result, prefix = ''): Result {
  try {
    return apply();
  } catch (thrown) {
    if (!(thrown instanceof Fault) || thrown.span) throw thrown;
    const named = thrown.code === 'undefined-name' ? '' : prefix;
    throw new Fault(named + thrown.message, span, thrown.code);
  }
}

/** A fault of an operation that a secret went into says nothing of it: its words may hold the secret. */
function discreet<Result>(secrecy: Secrecy, apply: () => Result): Result {
  try {
    return apply();
  } catch (thrown) {
    if (!(thrown instanceof Fault) || !secrecy.touched) throw thrown;
    throw new Fault('cannot do this with a secret, of which nothing is shown', undefined, thrown.code);
  }
}

/** A fault inside `map('upper')` stands where the outer filter stands. */
function unplaced<Result>(apply: () => Result): Result {
  try {
    return apply();
  } catch (thrown) {
    throw thrown instanceof Fault ? new Fault(thrown.message, undefined, thrown.code) : thrown;
  }
}
