import { z } from 'zod';
import { WORDS, wordsAt, type Level, type WordKind, type WordName } from '../playbook/keywords.ts';
import { PLAYBOOK_BECOME_METHODS } from '../playbook/read-shared.ts';
import type { Module } from './module.ts';

/** JSON Schema, draft 7: what editors read. */
type Schema = { readonly [name: string]: unknown };

const EXPRESSION: Schema = { type: 'string', pattern: '\\{\\{' };
const VARIABLE: Schema = {
  type: 'string',
  pattern: '^[A-Za-z_][A-Za-z0-9_]*$',
  not: { enum: ['true', 'false', 'none', 'True', 'False', 'None', 'and', 'or', 'not', 'in', 'is', 'if', 'else'] },
};
const TEXT: Schema = { type: 'string', minLength: 1 };
const WORD: Schema = { type: ['string', 'number'] };
const CONDITION: Schema = { anyOf: [{ type: 'boolean' }, { type: 'string', pattern: '\\S' }] };
const PATTERN: Schema = { anyOf: [{ type: 'string', pattern: '\\S' }, { type: 'number' }] };
const NAMES: Schema = { anyOf: [{ type: 'object' }, EXPRESSION] };

/** What each kind of word takes, as `lib/playbook/values.ts` reads it. */
const KINDS: Readonly<Record<WordKind, Schema>> = {
  boolean: {
    anyOf: [
      { type: 'boolean' },
      {
        type: 'string',
        pattern: '^([Yy][Ee][Ss]|[Nn][Oo]|[Oo][NnFf][Ff]?|[Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee]|[YyNnTtFf01])$',
      },
      { enum: [0, 1] },
      EXPRESSION,
    ],
  },
  text: TEXT,
  identifier: VARIABLE,
  integer: { anyOf: [{ type: 'integer', minimum: 0 }, { type: 'string', pattern: '^\\d+$' }, EXPRESSION] },
  number: { anyOf: [{ type: 'number', minimum: 0 }, { type: 'string', pattern: '^\\d+(\\.\\d+)?$' }, EXPRESSION] },
  variables: { type: ['object', 'null'], propertyNames: VARIABLE },
  environment: { anyOf: [NAMES, { type: 'array', items: NAMES }] },
  words: { anyOf: [WORD, { type: 'array', items: WORD }] },
  texts: { anyOf: [PATTERN, { type: 'array', items: PATTERN, minItems: 1 }] },
  conditions: { anyOf: [CONDITION, { type: 'array', items: CONDITION }] },
  value: { anyOf: [{ type: 'array' }, EXPRESSION] },
  tasks: { type: ['array', 'null'], items: { $ref: '#/definitions/task-or-block' } },
  handlers: { type: ['array', 'null'], items: { $ref: '#/definitions/task' } },
  undo: {
    anyOf: [
      { $ref: '#/definitions/undo-task' },
      { type: 'array', items: { $ref: '#/definitions/undo-task' }, minItems: 1 },
    ],
  },
  arguments: { type: 'object' },
  'loop-control': {
    type: 'object',
    properties: { loop_var: VARIABLE, index_var: VARIABLE, label: {} },
    additionalProperties: false,
  },
  mark: { const: true },
};

const TAG: Schema = { ...WORD, not: { pattern: '\\{\\{' } };

/** Words of which their readers ask more than their kind says. */
const OWN: Partial<Record<WordName, Schema>> = {
  block: { minItems: 1 },
  become_method: { anyOf: [{ enum: PLAYBOOK_BECOME_METHODS }, EXPRESSION] },
  tags: { anyOf: [TAG, { type: 'array', items: TAG }] },
};

/** The schema of playbooks, of the same tables that read them: for editors. Conditions between words are not in it. */
export function playbookSchema(modules: Iterable<Module>): Schema {
  const all = [...modules];
  const byName = all.flatMap((module) => {
    const schema = { $ref: `#/definitions/module-${module.name}` };
    return [module.name, `ansible.builtin.${module.name}`].map((name) => [name, schema] as const);
  });
  const blockParts: readonly Schema[] = ['block', 'rescue', 'always'].map((word) => ({ required: [word] }));
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'pgup playbook',
    description: 'Plays of tasks, as pgup reads them: docs/playbooks.md',
    type: 'array',
    items: { $ref: '#/definitions/play' },
    minItems: 1,
    definitions: {
      play: { ...levelSchema('play'), required: ['hosts'] },
      block: { ...levelSchema('block'), required: ['block'] },
      task: {
        ...levelSchema('task', Object.fromEntries(byName)),
        oneOf: byName.map(([name]) => ({ required: [name] })),
        dependencies: { loop_control: ['loop'] },
      },
      'undo-task': {
        allOf: [
          { $ref: '#/definitions/task' },
          { properties: { undo: false, point_of_no_return: false, notify: false } },
        ],
      },
      'task-or-block': {
        type: 'object',
        if: { anyOf: blockParts },
        then: { $ref: '#/definitions/block' },
        else: { $ref: '#/definitions/task' },
      },
      ...Object.fromEntries(
        all.map((module) => [`module-${module.name}`, { description: module.summary, ...moduleSchema(module) }]),
      ),
    },
  };
}

function levelSchema(level: Level, more: Schema = {}): Schema {
  const words = wordsAt(level).map((name) => {
    const { kind, summary } = WORDS[name];
    return [name, { description: summary, ...KINDS[kind], ...OWN[name] }] as const;
  });
  return { type: 'object', properties: { ...Object.fromEntries(words), ...more }, additionalProperties: false };
}

/** The arguments of a module by name, as one text, or none at all where it needs none. */
function moduleSchema(module: Module): Schema {
  const named = z.toJSONSchema(module.schema, {
    io: 'input',
    target: 'draft-7',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      // an instance: of a secret, which YAML writes as a text
      if (zodSchema._zod.def.type === 'custom') jsonSchema.type = 'string';
    },
  });
  const required = Array.isArray(named['required']) ? named['required'].length > 0 : false;
  const text = module.freeForm === undefined ? { type: 'string', pattern: '=' } : { type: 'string' };
  return { anyOf: [withExpressions(without(named, '$schema')), text, ...(required ? [] : [{ type: 'null' }])] };
}

/** The same schema where every value inside may be an expression, too. */
function withExpressions(schema: Schema): Schema {
  const inside = (each: unknown): unknown => {
    if (!isSchema(each)) return each;
    const { description } = each;
    const rest = without(withExpressions(each), 'description', 'default');
    return { ...(description === undefined ? {} : { description }), anyOf: [rest, EXPRESSION] };
  };
  return Object.fromEntries(
    Object.entries(schema).map(([name, value]): [string, unknown] => {
      if (name === 'properties' && isSchema(value)) {
        return [name, Object.fromEntries(Object.entries(value).map(([key, each]) => [key, inside(each)]))];
      }
      if (name === 'items' || name === 'additionalProperties') return [name, inside(value)];
      if (name === 'anyOf' && Array.isArray(value))
        return [name, value.map((each: unknown) => (isSchema(each) ? withExpressions(each) : each))];
      return [name, value];
    }),
  );
}

function without(schema: Schema, ...names: readonly string[]): Schema {
  return Object.fromEntries(Object.entries(schema).filter(([name]) => !names.includes(name)));
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
