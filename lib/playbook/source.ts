import { problem, warning, type ErrorCode, type Position, type Problem } from '../errors.ts';
import { Float, isValueList, isValueMap, type Value } from '../inventory/inventory.ts';
import { Secret } from '../secret.ts';
import { isConstant } from './expressions.ts';
import type { Places } from '../inventory/places.ts';
import type { Expression, Template } from './playbook.ts';

/** A YAML value with its place: what the readers of playbooks pass on. */
export interface Source {
  readonly value: Value;
  readonly places: Places;
}

/** Collects what is wrong, so that all of it is told at once. */
export class Findings {
  readonly problems: Problem[] = [];

  error(code: ErrorCode, text: string, at: Position): void {
    this.problems.push(problem(code, text, at));
  }

  warn(code: ErrorCode, text: string, at: Position): void {
    this.problems.push(warning(code, text, at));
  }
}

/** The entries of a mapping, each with the position of its key. */
export function entriesOf({ value, places }: Source): readonly (readonly [string, Source, Position])[] {
  if (!isValueMap(value)) return [];
  return Object.entries(value).map(([name, each]) => {
    const inside = places.inside?.get(name) ?? { at: places.at };
    return [name, { value: each, places: inside }, places.keys?.get(name) ?? inside.at] as const;
  });
}

/** The items of a list. */
export function itemsOf({ value, places }: Source): readonly Source[] {
  if (!isValueList(value)) return [];
  return value.map((each, index) => ({ value: each, places: places.inside?.get(String(index)) ?? { at: places.at } }));
}

export function templateOf({ value, places }: Source): Template {
  return Object.freeze({ kind: 'template', source: value, constant: isConstant(value, places), at: places.at, places });
}

export function expressionOf(text: string, { places }: Source): Expression {
  return Object.freeze({
    kind: 'expression',
    text,
    at: places.at,
    ...(places.locate ? { locate: places.locate } : {}),
  });
}

/** What a value is, for messages. */
export function kindOfValue(value: Value): string {
  if (value === null) return 'nothing';
  if (typeof value === 'string') return `"${value.length > 40 ? `${value.slice(0, 37)}...` : value}"`;
  if (typeof value === 'boolean' || typeof value === 'number' || typeof value === 'bigint') return String(value);
  if (value instanceof Float || value instanceof Secret) return value.toString();
  return isValueList(value) ? 'a list' : 'a mapping';
}
