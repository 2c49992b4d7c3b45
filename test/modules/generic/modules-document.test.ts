import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { genericModules } from '../../../lib/modules/generic/generic-modules.ts';
import type { Module } from '../../../lib/modules/module.ts';

/** What docs/modules.md must say of a module: a row for each argument that it takes. */
function rowsOf({ schema }: Module): readonly string[] {
  const shape = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as {
    readonly properties?: Readonly<Record<string, { readonly description?: string }>>;
    readonly required?: readonly string[];
  };
  return Object.entries(shape.properties ?? {}).map(([name, { description = '' }]) => {
    const given = defaultOf(schema, name);
    const otherwise = given === undefined ? '' : `\`${JSON.stringify(given)}\``;
    const needed = shape.required?.includes(name) === true ? 'needed' : otherwise;
    return `| \`${name}\` | ${needed} | ${description} |`;
  });
}

/** The value of an argument that is not given; JSON Schema has none of what is transformed. */
function defaultOf(schema: z.ZodType, name: string): unknown {
  const argument = (schema as { readonly shape?: Readonly<Record<string, z.ZodType>> }).shape?.[name];
  return argument instanceof z.ZodDefault ? argument.def.defaultValue : undefined;
}

/** A row of a table, however its columns are padded. */
const plain = (line: string): string => line.replace(/ +/g, ' ').replaceAll('\\|', '|').trim();

describe('docs/modules.md', () => {
  const lines = readFileSync('docs/modules.md', 'utf8').split('\n').map(plain);

  for (const module of genericModules) {
    it(`says what ${module.name} is and takes`, () => {
      const start = lines.findIndex((line) => line === `## ${module.name}`);
      const end = lines.findIndex((line, index) => index > start && line.startsWith('## '));
      expect(start, `a section on ${module.name}`).to.be.greaterThan(-1);
      const section = lines.slice(start, end < 0 ? undefined : end);
      const rows = section.filter((line) => line.startsWith('| `'));
      expect(section).to.include(plain(module.summary));
      expect(rows).to.have.members(rowsOf(module).map(plain));
    });
  }
});
