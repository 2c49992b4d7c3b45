import { readFileSync } from 'node:fs';

/** A playbook with mistakes in it. */
export interface MalformedPlaybook {
  readonly title: string;
  readonly text: string;
  /** `LINE:COLUMN CODE WORDS`: everything that must be said, in order. */
  readonly expected: readonly string[];
}

/** Cases of `malformed.txt`: a title, the playbook, and after `--- expected` what must be said, all of it. */
export const malformedPlaybooks: readonly MalformedPlaybook[] = readFileSync(
  'test/data/playbooks/malformed.txt',
  'utf8',
)
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
