import { problem, ProblemsError, type Position } from '../errors.ts';
import { Float, type Value, type ValueMap, type Variables } from '../inventory/inventory.ts';
import { Secret } from '../secret.ts';
import { isConstant, renderText } from './expressions.ts';
import type { Places } from '../inventory/places.ts';
import type { Scope, Template } from './playbook.ts';

/** A variable as it was written, and where. */
export interface Written {
  readonly value: Value;
  readonly at: Position;
  readonly places?: Places | undefined;
}

/** One source of variables. */
export interface Layer {
  /**
   * Whether `{{ }}` in its values is evaluated. Only what people wrote (inventory, playbook, `-e`) is; what hosts said
   * is data, whatever it looks like.
   */
  readonly trusted: boolean;
  get(name: string): Written | undefined;
  names(): Iterable<string>;
}

export interface ScopeOptions {
  /** The first that has a name wins. */
  readonly layers: readonly Layer[];
}

/** Variables of the inventory. */
export function layerOfVariables(variables: Variables): Layer {
  return { trusted: true, get: (name) => variables.get(name), names: () => variables.keys() };
}

/** `vars` of a play, block or task. */
export function layerOfTemplates(templates: ReadonlyMap<string, Template>): Layer {
  return {
    trusted: true,
    get: (name) => {
      const template = templates.get(name);
      return template && { value: template.source, at: template.at, places: template.places };
    },
    names: () => templates.keys(),
  };
}

const NOWHERE: Position = Object.freeze({ file: '', line: 1, column: 1 });

/** Values that are not to be evaluated: registered results, facts, magic variables. A function is called when asked. */
export function layerOfValues(values: ReadonlyMap<string, Value | (() => Value)>): Layer {
  return {
    trusted: false,
    get: (name) => {
      const value = values.get(name);
      if (value === undefined) return undefined;
      return { value: typeof value === 'function' ? value() : value, at: NOWHERE };
    },
    names: () => values.keys(),
  };
}

/**
 * The variables of one host at one task. Values are rendered when they are read, inside mappings and lists too, so that
 * a variable that nobody reads may name what is not there.
 */
export function makeScope({ layers }: ScopeOptions): Scope {
  const rendered = new Map<string, Value>();
  const rendering: string[] = [];
  const scope: Scope = {
    lookup(name) {
      const known = rendered.get(name);
      if (known !== undefined) return known;
      for (const layer of layers) {
        const written = layer.get(name);
        if (!written) continue;
        const value = layer.trusted
          ? lazy(name, written.value, written.places ?? { at: written.at }, renderOnce)
          : written.value;
        rendered.set(name, value);
        return value;
      }
      return undefined;
    },
    *names() {
      for (const layer of layers) yield* layer.names();
    },
  };

  function renderOnce(label: string, text: string, places: Places): Value {
    if (rendering.includes(label)) {
      const circle = [...rendering.slice(rendering.indexOf(label)), label].join(' -> ');
      throw new ProblemsError([
        problem('expression', `the variable "${label}" is made of itself: ${circle}`, places.at),
      ]);
    }
    rendering.push(label);
    try {
      const value = renderText(text, places, scope);
      if (value !== undefined) return value;
    } finally {
      rendering.pop();
    }
    throw new ProblemsError([
      problem('expression', '"omit" is for arguments, not for the value of a variable', places.at),
    ]);
  }

  return scope;
}

type RenderText = (label: string, text: string, places: Places) => Value;

/** A value whose texts are rendered once, when they are first read. `label` names it for messages: `a.b.0`. */
function lazy(label: string, value: Value, places: Places, text: RenderText): Value {
  if (isConstant(value, places)) return value;
  if (typeof value === 'string') return text(label, value, places);
  if (value === null || typeof value !== 'object' || value instanceof Float || value instanceof Secret) return value;
  const result: object = Array.isArray(value) ? [] : (Object.create(null) as object);
  for (const [key, each] of Object.entries<Value>(value as ValueMap)) {
    const inside = places.inside?.get(key) ?? { at: places.at };
    let found: { readonly value: Value } | undefined;
    Object.defineProperty(result, key, {
      enumerable: true,
      get: () => (found ??= { value: lazy(`${label}.${key}`, each, inside, text) }).value,
    });
  }
  return Object.freeze(result) as Value;
}
