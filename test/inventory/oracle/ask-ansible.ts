import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Answer } from './compare.ts';
import type { RandomCase } from './random-cases.ts';

/** Kept answers: with the version that gave them. */
export interface Recorded {
  readonly ansible: string;
  readonly cases: readonly (readonly [RandomCase, Answer])[];
}

const ORACLE = fileURLToPath(new URL('../../../../test/inventory/oracle/ansible-oracle.py', import.meta.url));

/** What the ansible-core of that Python makes of the cases. */
export function askAnsible(python: string, cases: readonly RandomCase[]): readonly Answer[] {
  return record(python, cases).cases.map(([, answer]) => answer);
}

export function record(python: string, cases: readonly RandomCase[]): Recorded {
  const input = JSON.stringify(cases);
  const { status, stdout, stderr } = spawnSync(python, [ORACLE], { input, encoding: 'utf8', maxBuffer: 2 ** 30 });
  if (status !== 0) throw new Error(`${python} failed: ${stderr.slice(-2000)}`);
  const { ansible, answers } = JSON.parse(stdout) as { readonly ansible: string; readonly answers: readonly Answer[] };
  return { ansible, cases: cases.map((each, index) => [each, answers[index] ?? noAnswer()] as const) };
}

function noAnswer(): never {
  throw new Error('an answer is missing');
}
