import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cacheFolder, projectRoot } from '../../lab/paths.ts';
import type { CaseResult } from './fault-case.ts';
import type { Recording } from './record.ts';

/** What was found out at one commit. */
export interface Results {
  readonly recordings: Record<string, Recording>;
  readonly cases: Record<string, CaseResult>;
}

function git(...argv: readonly string[]): string {
  return execFileSync('git', ['-C', projectRoot, ...argv], { encoding: 'utf8' }).trim();
}

/** The commit, and a hash of what differs from it. */
export function sourceKey(): string {
  const changes = `${git('diff', 'HEAD')}${git('ls-files', '--others', '--exclude-standard')}`;
  const commit = git('rev-parse', '--short=12', 'HEAD');
  return changes === '' ? commit : `${commit}-${createHash('sha256').update(changes).digest('hex').slice(0, 8)}`;
}

export function resultsFile(key: string): string {
  return join(cacheFolder(), 'faults', `${key}.json`);
}

export function readResults(key: string): Results {
  const file = resultsFile(key);
  if (!existsSync(file)) return { recordings: {}, cases: {} };
  return JSON.parse(readFileSync(file, 'utf8'), (name, value: unknown) =>
    name === 'tables' ? new Map(value as [string, string][]) : value,
  ) as Results;
}

export function writeResults(key: string, results: Results): void {
  const file = resultsFile(key);
  mkdirSync(dirname(file), { recursive: true });
  const text = JSON.stringify(
    results,
    (_name, value: unknown) => (value instanceof Map ? [...(value as Map<string, string>)] : value),
    1,
  );
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}
