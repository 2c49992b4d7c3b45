import { z } from 'zod';
import type { Value } from '../../inventory/inventory.ts';
import { isVariableName } from '../../playbook/values.ts';
import type { Module } from '../module.ts';

const schema = z
  .record(z.string(), z.unknown())
  .describe('variables by name; "cacheable" is accepted and changes nothing');

/** Gives variables to the host, for the rest of the run. */
export const setFact: Module<z.output<typeof schema>> = {
  name: 'set_fact',
  summary: 'Gives the host variables that it has for the rest of the run.',
  schema,
  verbatim: true,
  scope: 'host',
  generic: true,
  decide: ({ arguments: args }) => {
    const names = Object.keys(args).filter((name) => name !== 'cacheable');
    const wrong = names.find((name) => !isVariableName(name));
    if (names.length === 0) return { kind: 'failed', says: '"set_fact" needs at least one variable' };
    if (wrong !== undefined) return { kind: 'failed', says: `"${wrong}" cannot be the name of a variable` };
    const variables = Object.fromEntries(names.map((name) => [name, args[name] as Value]));
    return {
      kind: 'nothing',
      reason: `sets ${names.join(', ')}`,
      variables,
      values: { ansible_facts: variables },
    };
  },
};
