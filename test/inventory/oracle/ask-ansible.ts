import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { TreeAnswer } from './compare-tree.ts';
import type { Answer } from './compare.ts';
import type { RandomCase } from './random-cases.ts';
import type { TreeCase } from './tree-cases.ts';

/** Kept answers: with the version that gave them. */
export interface Recorded {
  readonly ansible: string;
  readonly cases: readonly (readonly [RandomCase, Answer])[];
}

/** What the ansible-core of that Python makes of the cases. */
export function askAnsible(python: string, cases: readonly RandomCase[]): readonly Answer[] {
  return record(python, cases).cases.map(([, answer]) => answer);
}

export function askAnsibleOfTrees(python: string, cases: readonly TreeCase[]): readonly TreeAnswer[] {
  return ask<TreeAnswer>(python, 'tree-oracle.py', cases).answers;
}

export function record(python: string, cases: readonly RandomCase[]): Recorded {
  const { ansible, answers } = ask<Answer>(python, 'ansible-oracle.py', cases);
  return { ansible, cases: cases.map((each, index) => [each, answers[index] ?? noAnswer()] as const) };
}

interface Answers<Each> {
  readonly ansible: string;
  readonly answers: readonly Each[];
}

function ask<Each>(python: string, oracle: string, cases: readonly unknown[]): Answers<Each> {
  const program = fileURLToPath(new URL(`../../../../test/inventory/oracle/${oracle}`, import.meta.url));
  const input = JSON.stringify(cases);
  const { status, stdout, stderr } = spawnSync(python, [program], { input, encoding: 'utf8', maxBuffer: 2 ** 30 });
  if (status !== 0) throw new Error(`${python} failed: ${stderr.slice(-2000)}`);
  return JSON.parse(stdout) as Answers<Each>;
}

function noAnswer(): never {
  throw new Error('an answer is missing');
}
