import { z } from 'zod';
import { Secret } from '../secret.ts';
import { Float, type Value, type ValueMap } from '../inventory/inventory.ts';
import { didYouMean } from '../nearest.ts';
import type { ArgumentIssue, ModuleCatalogue } from '../playbook/catalogue.ts';
import type { Module } from './module.ts';

/** What a playbook must know of modules, from their own definitions. */
export function catalogueOf(modules: ReadonlyMap<string, Module>): ModuleCatalogue {
  return {
    has: (name) => modules.has(name),
    names: () => modules.keys(),
    freeForm: (name) => modules.get(name)?.freeForm,
    expressionsOf: (name) => modules.get(name)?.expressions ?? [],
    argumentsOf: (name) => argumentNames(modules.get(name)?.schema),
    validate: (name, args) => {
      const module = modules.get(name);
      return module ? argumentIssues(module, args) : [];
    },
  };
}

/** Rendered arguments as the module takes them, or what is wrong with them. */
export function parseArguments(
  module: Module,
  args: ValueMap,
): { readonly ok: true; readonly arguments: unknown } | { readonly ok: false; readonly says: string } {
  const result = module.schema.safeParse(module.verbatim === true ? args : plainArguments(args));
  if (result.success) return { ok: true, arguments: result.data };
  return {
    ok: false,
    says: argumentIssues(module, args)
      .map((each) => each.text)
      .join('; '),
  };
}

/** What a module's schema says against arguments, in our words; the empty list where it takes them. */
export function argumentIssues(module: Module, args: ValueMap): readonly ArgumentIssue[] {
  const result = module.schema.safeParse(module.verbatim === true ? args : plainArguments(args));
  if (result.success) return [];
  const known = argumentNames(module.schema);
  return result.error.issues.flatMap((issue) => {
    const path = issue.path.map(String);
    if (issue.code !== 'unrecognized_keys') {
      const key = issue.code === 'custom' && issue.params?.['key'] === true;
      return [{ path, text: wordsOf(issue, module.name, args), ...(key ? { key } : {}) }];
    }
    const at = path.length === 0 ? `"${module.name}"` : `"${path.join('.')}"`;
    return issue.keys.map((key) => ({
      path: [...path, key],
      key: true,
      text: `${at} has no argument "${key}"${path.length === 0 ? didYouMean(key, known) : ''}`,
    }));
  });
}

/** Values as schemas take them: floats as numbers; secrets stay what they are. */
export function plainArguments(value: Value): unknown {
  if (value instanceof Float) return value.value;
  if (Array.isArray(value)) return value.map((each: Value) => plainArguments(each));
  if (value === null || typeof value !== 'object' || Object.getPrototypeOf(value) !== null) {
    if (!isPlainObject(value)) return value;
  }
  return Object.fromEntries(
    Object.entries<Value>(value as ValueMap).map(([name, each]) => [name, plainArguments(each)]),
  );
}

function isPlainObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function argumentNames(schema: z.ZodType | undefined): readonly string[] {
  if (!schema) return [];
  const { shape } = schema as { readonly shape?: Readonly<Record<string, unknown>> };
  return Object.keys(shape ?? z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }).properties ?? {});
}

type Issue = z.core.$ZodIssue;

function wordsOf(issue: Issue, module: string, args: ValueMap): string {
  const name = issue.path.map(String).join('.');
  const given = shown(valueAt(args, issue.path));
  const what = name === '' ? `"${module}"` : `"${name}"`;
  if (valueAt(args, issue.path) instanceof Secret) {
    return `${what} cannot be a secret, which would stand in a command line: use "stdin" or "environment"`;
  }
  switch (issue.code) {
    case 'invalid_type':
      if (valueAt(args, issue.path) === undefined && name !== '') return `"${module}" needs the argument "${name}"`;
      return `${what} takes ${article(issue.expected)}, not ${given}`;
    case 'invalid_value': {
      const values = issue.values.map(String);
      return `${what} is ${values.join(', ')}, not ${given}${didYouMean(given.replaceAll('"', ''), values)}`;
    }
    case 'custom':
      return issue.message;
    case 'invalid_element':
    case 'invalid_format':
    case 'invalid_key':
    case 'invalid_union': {
      const value = valueAt(args, issue.path);
      if (value === undefined && name !== '') return `"${module}" needs the argument "${name}"`;
      const inner = Array.isArray(value) ? value.findIndex((each) => each === null || typeof each === 'object') : -1;
      const takes = issue.message.replace(/^./, (first) => first.toLowerCase());
      if (!Array.isArray(value) || inner < 0) return `${what}: ${takes}, not ${given}`;
      return `${what}: ${takes}; its item ${inner + 1} is ${shown(value[inner] as Value)}`;
    }
    case 'not_multiple_of':
    case 'too_big':
    case 'too_small':
    case 'unrecognized_keys':
      return `${what}: ${issue.message.replace(/^./, (first) => first.toLowerCase())}, not ${given}`;
  }
}

function article(type: string): string {
  const words: Readonly<Record<string, string>> = {
    int: 'a whole number',
    number: 'a number',
    boolean: 'true or false',
    string: 'a text',
    array: 'a list',
    object: 'a mapping',
    record: 'a mapping',
  };
  return words[type] ?? type;
}

function valueAt(args: ValueMap, path: readonly PropertyKey[]): Value | undefined {
  let value: Value | undefined = args;
  for (const name of path) {
    const inside: object | undefined = typeof value === 'object' && value !== null ? value : undefined;
    value = inside && Object.hasOwn(inside, name) ? (inside as Readonly<Record<PropertyKey, Value>>)[name] : undefined;
  }
  return value;
}

function shown(value: Value | undefined): string {
  if (value === undefined || value === null) return 'nothing';
  if (typeof value === 'object')
    return value instanceof Float ? value.toString() : Array.isArray(value) ? 'a list' : 'a mapping';
  return typeof value === 'string' ? `"${value}"` : String(value);
}
