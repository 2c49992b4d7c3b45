import { moduleCatalogue, modules } from './catalogue.ts';
import { playbookSchema } from './playbook-schema.ts';

/** The text of `schemas/playbook.schema.json`. */
export function schemaText(): string {
  const named = [...moduleCatalogue.names()].flatMap((name) => modules.get(name) ?? []);
  return `${JSON.stringify(playbookSchema(named), null, 2)}\n`;
}
