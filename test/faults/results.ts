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

/** What a case exercises, or is made of: results stand for as long as none of it changes. */
const EXERCISED = [
  'bin',
  'cli',
  'lib',
  'lab',
  'playbooks',
  'test/faults',
  'test/lab',
  'package-lock.json',
  'tsconfig.json',
];

/** The last commit that changed what the cases exercise, and a hash of what differs from it. */
export function sourceKey(): string {
  const commit = git('log', '-1', '--format=%h', '--abbrev=12', '--', ...EXERCISED);
  const others = git('ls-files', '--others', '--exclude-standard', '--', ...EXERCISED);
  const hash = createHash('sha256').update(git('diff', 'HEAD', '--', ...EXERCISED));
  for (const file of others.split('\n').filter((name) => name !== '')) {
    hash.update(`${file}\0`).update(readFileSync(join(projectRoot, file)));
  }
  const clean = git('status', '--porcelain', '--', ...EXERCISED) === '';
  return clean ? commit : `${commit}-${hash.digest('hex').slice(0, 8)}`;
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
