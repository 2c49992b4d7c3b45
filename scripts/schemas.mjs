// Writes schemas/ from the definitions that validate: `npm run schemas`, after a build.
import { mkdirSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { schemaText } from '../dist/lib/modules/schema-files.js';

const folder = resolve(import.meta.dirname, '../schemas');
mkdirSync(folder, { recursive: true });
writeFileSync(resolve(folder, 'playbook.schema.json'), schemaText());
