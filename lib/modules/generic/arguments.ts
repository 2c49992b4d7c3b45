import { z } from 'zod';
import { Secret } from '../../secret.ts';

/**
 * The kinds of arguments that Ansible's modules take, with its leniency: `yes` is a boolean, `5` is a text where a text
 * is wanted, `a,b` is a list. Each says in its own words what it takes.
 */
const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ...['yes', 'on', 'true', '1', 'y', 't'].map((word) => [word, true] as const),
  ...['no', 'off', 'false', '0', 'n', 'f'].map((word) => [word, false] as const),
]);

export function boolean(description: string) {
  const takes = 'takes true or false';
  return z
    .union([z.boolean(), z.string(), z.number()], { error: takes })
    .transform((value, context) => {
      const found = typeof value === 'boolean' ? value : BOOLEANS.get(String(value).toLowerCase());
      if (found !== undefined) return found;
      context.addIssue({ code: 'invalid_union', errors: [], input: value, message: takes });
      return z.NEVER;
    })
    .describe(description);
}

export function text(description: string) {
  return z
    .union([z.string(), z.number(), z.boolean()], { error: 'takes a text' })
    .transform((value) => (typeof value === 'boolean' ? (value ? 'True' : 'False') : String(value)))
    .describe(description);
}

/** A text that may be secret: it goes to the host by standard input. */
export function secretText(description: string) {
  return z
    .union([z.string(), z.number(), z.instanceof(Secret)], { error: 'takes a text' })
    .transform((value) => (value instanceof Secret ? value : String(value)))
    .describe(description);
}

export function integer(description: string) {
  return numeric(description, 'takes a whole number', /^[-+]?\d+$/);
}

export function number(description: string) {
  return numeric(description, 'takes a number', /^[-+]?\d+(?:\.\d+)?$/);
}

function numeric(description: string, takes: string, pattern: RegExp) {
  return z
    .union([z.number(), z.string()], { error: takes })
    .transform((value, context) => {
      if (pattern.test(String(value).trim())) return Number(value);
      context.addIssue({ code: 'invalid_union', errors: [], input: value, message: takes });
      return z.NEVER;
    })
    .describe(description);
}

/** A list of texts, or one text with commas. */
export function words(description: string) {
  return z
    .union([z.array(z.union([z.string(), z.number()])), z.string(), z.number()], { error: 'takes a list of texts' })
    .transform((value) =>
      Array.isArray(value)
        ? value.map(String)
        : String(value)
            .split(',')
            .map((word) => word.trim())
            .filter((word) => word !== ''),
    )
    .describe(description);
}

/** A list of texts that may hold commas. */
export function texts(description: string) {
  return z
    .array(z.union([z.string(), z.number(), z.boolean()]), { error: 'takes a list of texts' })
    .transform((list) => list.map((value) => (typeof value === 'boolean' ? (value ? 'True' : 'False') : String(value))))
    .describe(description);
}

export function choice<const Choice extends string>(choices: readonly Choice[], description: string) {
  return z.enum(choices).describe(description);
}

/** What the file modules share: who owns a file, and what may be done with it. */
export const ownership = {
  owner: text('the user that owns it, by name or number').optional(),
  group: text('its group, by name or number').optional(),
  mode: z
    .union([z.string(), z.number()], { error: 'takes a mode such as "0644" or "u=rw,g=r"' })
    .describe('its permissions: "0644", or as chmod takes them; a number is decimal, as 0644 in YAML already is')
    .optional(),
};

export interface Ownership {
  readonly owner?: string | undefined;
  readonly group?: string | undefined;
  readonly mode?: string | number | undefined;
}
