import type { z } from 'zod';
import type { Section } from '../../shell/sections.ts';

/** What came of a question to psql: the one JSON object on its `J ` line, or what psql said instead. */
export type Answer<Type> =
  { readonly kind: 'answer'; readonly value: Type } | { readonly kind: 'refusal'; readonly text: string };

/** Warnings, which psql prints among its answers, are passed over. */
export function parseAnswer<Type>(section: Section | undefined, schema: z.ZodType<Type>): Answer<Type> {
  if (!section) return { kind: 'refusal', text: 'it was not asked' };
  const line = section.text.split('\n').find((each) => each.startsWith('J {'));
  if (line === undefined || section.code !== 0) return { kind: 'refusal', text: lastWords(section) };
  const parsed = schema.safeParse(readJson(line.slice(2)));
  if (parsed.success) return { kind: 'answer', value: parsed.data };
  const [issue] = parsed.error.issues;
  return {
    kind: 'refusal',
    text: `an answer of an unknown shape: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`,
  };
}

/** What a command said last, in one line; its exit code where it said nothing. */
export function lastWords({ code, text }: Section): string {
  const said = text
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('J {') && !line.startsWith('L '));
  if (code === 124 || code === 137) return 'no answer in the time allowed';
  return said.slice(-3).join(' · ').slice(0, 600) || `exit code ${code}`;
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
