import { z } from 'zod';
import type { Value } from '../../inventory/inventory.ts';
import { render } from '../../playbook/expressions.ts';
import type { Scope } from '../../playbook/playbook.ts';
import { isVariableName } from '../../playbook/values.ts';
import type { Module } from '../module.ts';

const schema = z
  .record(z.string(), z.unknown())
  .superRefine((given, context) => {
    const names = Object.keys(given).filter((name) => name !== 'cacheable');
    if (names.length === 0) context.addIssue({ code: 'custom', message: '"set_fact" needs at least one variable' });
    for (const name of names) {
      if (name.includes('{{') || isVariableName(name)) continue;
      const message = `"${name}" cannot be the name of a variable: letters, digits and _`;
      context.addIssue({ code: 'custom', message, path: [name], params: { key: true } });
    }
  })
  .describe('variables by name; "cacheable" is accepted and changes nothing');

/** Gives variables to the host, for the rest of the run. */
export const setFact: Module<z.output<typeof schema>> = {
  name: 'set_fact',
  summary: 'Gives the host variables that it has for the rest of the run.',
  schema,
  verbatim: true,
  scope: 'host',
  generic: true,
  decide: ({ arguments: args, scope }) => {
    const given = Object.entries(args).filter(([name]) => name !== 'cacheable');
    const facts = new Map(given.map(([name, value]) => [nameOf(name, scope), value as Value]));
    const names = [...facts.keys()];
    const wrong = names.find((name) => !isVariableName(name));
    if (wrong !== undefined) return { kind: 'failed', says: `"${wrong}" cannot be the name of a variable` };
    const variables = Object.fromEntries(facts);
    return {
      kind: 'nothing',
      reason: `sets ${names.join(', ')}`,
      variables,
      values: { ansible_facts: variables },
    };
  },
};

/** The name of a variable may be made of others. */
function nameOf(name: string, scope: Scope): string {
  if (!name.includes('{{')) return name;
  const at = { file: 'set_fact', line: 1, column: 1 };
  const made = render({ kind: 'template', source: name, constant: false, at }, scope);
  return typeof made === 'string' ? made : name;
}
