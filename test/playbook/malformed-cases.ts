import { readFileSync } from 'node:fs';

/** A playbook with mistakes in it. */
export interface MalformedPlaybook {
  readonly title: string;
  readonly text: string;
  /** `LINE:COLUMN CODE WORDS`: everything that must be said, in order. */
  readonly expected: readonly string[];
}

/** A file of cases: a title, the playbook, and after `--- expected` what must be said, all of it. */
const casesOf = (file: string): readonly MalformedPlaybook[] =>
  readFileSync(`test/data/playbooks/${file}`, 'utf8')
    .split(/^=== /m)
    .slice(1)
    .map((text) => {
      const [title = '', ...lines] = text.split('\n');
      const end = lines.lastIndexOf('--- expected');
      return {
        title,
        text: `${lines.slice(0, end).join('\n')}\n`,
        expected: lines.slice(end + 1).filter((line) => line.trim() !== ''),
      };
    });

/** What reading a playbook finds by itself. */
export const malformedPlaybooks = casesOf('malformed.txt');
/** What takes the modules, or the inventory, or both. */
export const malformedTogether = casesOf('malformed-together.txt');
