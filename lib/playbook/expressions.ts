import { problem, ProblemsError, type Position, type Problem } from '../errors.ts';
import { Float, type Value, type ValueMap } from '../inventory/inventory.ts';
import { Secret } from '../secret.ts';
import { evaluateNode } from './expressions/evaluate.ts';
import { Fault, missed } from './expressions/fault.ts';
import { finish } from './expressions/finish.ts';
import { kindOf, mapOf, Missing, type Item } from './expressions/items.ts';
import { namesIn, type NameUse } from './expressions/names.ts';
import { hasMarkers, joinParts, parseCondition, parseTemplate, scanTemplate } from './expressions/template.ts';
import { shown } from './expressions/text.ts';
import type { Places } from '../inventory/places.ts';
import type { Expression, Scope, Template } from './playbook.ts';

/**
 * The value of a template for one scope: every `{{ }}` in it evaluated, types kept. Throws ProblemsError with the place
 * of the expression at fault: `undefined-name` where something is not defined, `expression` for the rest.
 */
export function render(template: Template, scope: Scope): Value {
  const value = renderOptional(template, scope);
  if (value !== undefined) return value;
  throw new ProblemsError([
    problem('expression', '"omit" leaves out an argument or a list item, not a whole value', template.at),
  ]);
}

/** As `render`; undefined where the whole is `omit`, which means that it was not given. */
export function renderOptional(template: Template, scope: Scope): Value | undefined {
  return template.constant
    ? template.source
    : renderValue(template.source, template.places ?? { at: template.at }, scope);
}

function renderValue(source: Value, places: Places, scope: Scope): Value | undefined {
  if (typeof source === 'string') return places.literal ? source : renderText(source, places, scope);
  if (source === null || typeof source !== 'object' || source instanceof Float || source instanceof Secret)
    return source;
  const child = (key: string): Places => places.inside?.get(key) ?? { at: places.at };
  if (Array.isArray(source)) {
    const items = source.map((each: Value, index) => renderValue(each, child(String(index)), scope));
    return Object.freeze(items.filter((each) => each !== undefined));
  }
  const entries: (readonly [string, Value])[] = [];
  for (const [name, each] of Object.entries<Value>(source as ValueMap)) {
    const value = renderValue(each, child(name), scope);
    if (value !== undefined) entries.push([name, value]);
  }
  return mapOf(entries) as Value;
}

/** Renders one text. The places are those of the text. */
export function renderText(text: string, places: Places, scope: Scope): Value | undefined {
  if (!hasMarkers(text)) return text;
  return placed(places, () => {
    const parts = parseTemplate(text);
    const item = joinParts(text, parts, (node) => {
      const result = evaluateNode(node, scope);
      if (result === Missing.choice && parts.length > 1) return '';
      if (result instanceof Missing) throw missed(result, node);
      return result;
    });
    return finish(item);
  });
}

/** The value of an expression written without braces. */
export function evaluate(expression: Expression, scope: Scope): Value {
  const value = placed(expression, () => finish(evaluateNode(parseCondition(expression.text), scope)));
  return value ?? null;
}

/** Whether all conditions hold. Each must give a boolean: a text or number is a mistake, as in ansible-core 2.19. */
export function condition(expressions: readonly Expression[], scope: Scope): boolean {
  return expressions.every((expression) =>
    placed(expression, () => {
      const node = parseCondition(expression.text);
      const item: Item = evaluateNode(node, scope);
      if (typeof item === 'boolean') return item;
      if (item instanceof Missing) throw missed(item, node);
      throw new Fault(
        `a condition must be true or false, this is ${kindOf(item)}: ${shown(item)}${asCondition(item)}`,
        node,
      );
    }),
  );
}

function asCondition(item: Item): string {
  if (typeof item === 'string') return '; compare it, or use "| bool" or "| length > 0"';
  if (item === null) return '; write "is not none"';
  return typeof item === 'object' ? '; write "| length > 0"' : '; compare it';
}

/** What is wrong with the syntax and the words of every template in a value; nothing is evaluated. */
export function checkTemplate(template: Template): readonly Problem[] {
  if (template.constant) return [];
  const problems: Problem[] = [];
  eachText(template.source, template.places ?? { at: template.at }, (text, places) => {
    problems.push(...scanTemplate(text).faults.map((fault) => placedFault(fault, places)));
  });
  return problems;
}

/** What is wrong with the syntax and the words of a condition. */
export function checkCondition(expression: Expression): readonly Problem[] {
  try {
    parseCondition(expression.text);
    return [];
  } catch (thrown) {
    if (!(thrown instanceof Fault)) throw thrown;
    return [placedFault(thrown, expression)];
  }
}

/** A name that an expression reads, and where. */
export interface UsedName {
  readonly name: string;
  readonly at: Position;
  /** `is defined`, `default()` or the like allow for its not being there. */
  readonly guarded: boolean;
}

/** The names that a template or condition reads. Texts that cannot be parsed have none. */
export function namesUsed(from: Template | Expression): readonly UsedName[] {
  const found: UsedName[] = [];
  const add = (places: Places, uses: readonly NameUse[]): void => {
    for (const { name, span, guarded } of uses)
      found.push({ name, guarded, at: places.locate?.(span.start) ?? places.at });
  };
  if (from.kind === 'expression') {
    if (checkCondition(from).length === 0) add(from, namesIn([parseCondition(from.text)]));
  } else if (!from.constant) {
    eachText(from.source, from.places ?? { at: from.at }, (text, places) => {
      add(places, namesIn(scanTemplate(text).nodes));
    });
  }
  return found;
}

/** Calls for every text in a value that rendering would change. */
function eachText(source: Value, places: Places, visit: (text: string, places: Places) => void): void {
  if (typeof source === 'string') {
    if (!places.literal && hasMarkers(source)) visit(source, places);
  } else if (
    source !== null &&
    typeof source === 'object' &&
    !(source instanceof Float) &&
    !(source instanceof Secret)
  ) {
    for (const [key, each] of Object.entries<Value>(source as ValueMap)) {
      eachText(each, places.inside?.get(key) ?? { at: places.at }, visit);
    }
  }
}

/** Whether rendering a value changes nothing. */
export function isConstant(source: Value, places?: Places): boolean {
  let constant = true;
  eachText(source, places ?? { at: { file: '', line: 1, column: 1 } }, () => {
    constant = false;
  });
  return constant;
}

function placedFault({ code, message, span }: Fault, places: Places): Problem {
  return problem(code, message, (span && places.locate?.(span.start)) ?? places.at);
}

/** Turns faults into problems at their place in the file. */
function placed<Result>(places: Places, apply: () => Result): Result {
  try {
    return apply();
  } catch (thrown) {
    if (thrown instanceof ProblemsError) throw thrown;
    if (thrown instanceof Fault) throw new ProblemsError([placedFault(thrown, places)]);
    if (thrown instanceof RangeError)
      throw new ProblemsError([problem('expression', 'the expression or its value is nested too deeply', places.at)]);
    throw thrown;
  }
}
