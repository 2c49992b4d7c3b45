import { resolve } from 'node:path';
import { problem, type Problem } from '../errors.ts';
import { splitPattern, type PatternTerm } from './pattern-terms.ts';
import { indentOf, splitLines, strip } from './python-text.ts';
import { decodeText, readBytes } from './read-text.ts';

export interface Limit {
  readonly terms: readonly PatternTerm[];
  readonly problems: readonly Problem[];
}

/** The terms of a `--limit`. An `@file` holds one term a line; a comma or a colon there is part of the term. */
export function readLimit({ limit, cwd }: { limit: string; cwd?: string | undefined }): Limit {
  const terms: PatternTerm[] = [];
  const problems: Problem[] = [];
  // For Ansible it is no limit at all; here it is most likely a shell variable that was not set.
  if (splitPattern(limit).length === 0) {
    problems.push(problem('limit-empty', '--limit is empty: leave it out to mean all hosts'));
  }
  for (const text of splitPattern(limit)) {
    if (!text.startsWith('@')) {
      terms.push({ text, limit: true });
      continue;
    }
    const file = text.slice(1);
    const bytes = readBytes(resolve(cwd ?? '.', file), file);
    if (!Buffer.isBuffer(bytes)) {
      problems.push(bytes);
      continue;
    }
    const decoded = decodeText(bytes, file, 'pattern');
    problems.push(...decoded.problems);
    for (const line of splitLines(decoded.text)) {
      const term = strip(line.text);
      if (term !== '')
        terms.push({
          text: term,
          limit: true,
          at: { file, line: line.line, column: line.column + indentOf(line.text) },
        });
    }
  }
  return { terms, problems };
}
