import { z } from 'zod';
import { ProblemsError } from '../../errors.ts';
import type { Value } from '../../inventory/inventory.ts';
import { evaluate } from '../../playbook/expressions.ts';
import type { Module } from '../module.ts';
import { toPythonJson } from '../../inventory/python-format.ts';
import { integer } from './arguments.ts';

const schema = z
  .strictObject({
    msg: z.unknown().describe('what to show: any value').optional(),
    var: z.string().describe('an expression whose value is shown').optional(),
    verbosity: integer('only shown where -v is given at least so often').default(0),
  })
  .refine(({ msg, var: name }) => msg === undefined || name === undefined, {
    error: '"debug" takes "msg" or "var", not both',
  });

/** Shows a text or the value of an expression. */
export const debug: Module<z.output<typeof schema>> = {
  name: 'debug',
  summary: 'Shows a text or the value of an expression.',
  schema,
  verbatim: true,
  scope: 'host',
  generic: true,
  decide: ({ arguments: { msg, var: name, verbosity }, scope }) => {
    if (verbosity > 0) {
      const values = { skipped_reason: 'Verbosity threshold not met.' };
      return { kind: 'elsewhere', reason: `shown with -${'v'.repeat(verbosity)} only`, values };
    }
    if (name === undefined) {
      const value = msg === undefined ? 'Hello world!' : (msg as Value);
      return { kind: 'nothing', reason: shown(value), values: { msg: value } };
    }
    const value = valueOf(name, scope);
    return { kind: 'nothing', reason: `${name}: ${shown(value)}`, values: { [name]: value } };
  },
};

function valueOf(name: string, scope: Parameters<typeof evaluate>[1]): Value {
  try {
    return evaluate({ kind: 'expression', text: name, at: { file: 'var', line: 1, column: 1 } }, scope);
  } catch (thrown) {
    if (!(thrown instanceof ProblemsError)) throw thrown;
    return `not to be had: ${thrown.problems.map((each) => each.text).join('; ')}`;
  }
}

function shown(value: Value): string {
  return typeof value === 'string' ? value : toPythonJson(value);
}
