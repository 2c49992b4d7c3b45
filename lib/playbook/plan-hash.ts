import { createHash } from 'node:crypto';
import { contentShape, type Json, type PlanContent } from './plan-shape.ts';

/** SHA-256 of the plan's canonical JSON. The playbook's path is not in it: the same text at another place is the same. */
export function hashOf(content: PlanContent): string {
  const shape = contentShape({ ...content, playbookFile: '' });
  return createHash('sha256').update(canonical(shape)).digest('hex');
}

/** JSON with sorted names and no spaces, so that equal values have equal texts. */
export function canonical(value: Json): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((each: Json) => canonical(each)).join(',')}]`;
  const entries = Object.entries<Json>(value as { readonly [name: string]: Json }).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([name, each]) => `${JSON.stringify(name)}:${canonical(each)}`).join(',')}}`;
}
