import { z } from 'zod';
import { ProblemsError } from '../../errors.ts';
import { condition } from '../../playbook/expressions.ts';
import type { Module } from '../module.ts';
import { boolean } from './arguments.ts';

const conditions = z.union([z.array(z.union([z.string(), z.boolean()])), z.string(), z.boolean()], {
  error: 'takes conditions',
});
const message = z.union([z.string(), z.array(z.string())], { error: 'takes a text' });

const schema = z.strictObject({
  that: conditions.describe('conditions, all of which must be true'),
  fail_msg: message.describe('what to say where one is not').optional(),
  msg: message.describe('the same as fail_msg').optional(),
  success_msg: message.describe('what to say where all are').optional(),
  quiet: boolean('say nothing of each condition').default(false),
});

/** Fails where a condition is not true. */
export const assert: Module<z.output<typeof schema>> = {
  name: 'assert',
  summary: 'Fails where a condition is not true.',
  schema,
  scope: 'host',
  generic: true,
  expressions: ['that'],
  decide: ({ arguments: { that, fail_msg: failMessage, msg, success_msg: success }, scope }) => {
    for (const each of Array.isArray(that) ? that : [that]) {
      const text = String(each)
        .replace(/^True$/, 'true')
        .replace(/^False$/, 'false');
      const at = { file: 'that', line: 1, column: 1 };
      try {
        if (condition([{ kind: 'expression', text, at }], scope)) continue;
      } catch (thrown) {
        if (!(thrown instanceof ProblemsError)) throw thrown;
        const why = thrown.problems.map((problem) => problem.text).join('; ');
        return { kind: 'failed', says: `the condition "${text}" cannot be told: ${why}` };
      }
      const said = failMessage ?? msg ?? 'Assertion failed';
      return {
        kind: 'failed',
        says: `not true: ${text}${said === 'Assertion failed' ? '' : `: ${textOf(said)}`}`,
        values: { assertion: each, evaluated_to: false, msg: said },
      };
    }
    const said = success ?? 'All assertions passed';
    return { kind: 'nothing', reason: textOf(said), values: { msg: said } };
  },
};

function textOf(message: string | readonly string[]): string {
  return typeof message === 'string' ? message : message.join('; ');
}
