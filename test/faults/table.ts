import { KINDS, type Kind } from './breakage.ts';
import type { CaseResult } from './fault-case.ts';
import type { Case } from './schedule.ts';

/** The table of docs/reliability.md: a line for each kind of fault, and one for two of them. */
export function table(cases: readonly Case[], results: Readonly<Record<string, CaseResult>>): string {
  const groups: readonly (readonly [string, readonly Case[]])[] = [
    ...(Object.keys(KINDS) as Kind[]).map((kind): readonly [string, readonly Case[]] => [
      KINDS[kind],
      cases.filter(({ faults }) => faults.length === 1 && faults[0]?.kind === kind),
    ]),
    ['two of these, chosen by seed', cases.filter(({ faults }) => faults.length > 1)],
  ];
  const head = ['fault', 'points', 'upgraded', 'put back', 'resumes', 'survived'];
  const rows = groups
    .filter(([, members]) => members.length > 0)
    .map(([says, members]) => {
      const found = members.flatMap(({ name }) => results[name] ?? []);
      const count = (test: (result: CaseResult) => boolean): string => String(found.filter(test).length);
      return [
        says,
        String(members.length),
        count(({ ended }) => ended === 'upgraded'),
        count(({ ended }) => ended === 'put back'),
        String(found.reduce((sum, { resumes }) => sum + resumes, 0)),
        count(({ problems }) => problems.length === 0),
      ];
    });
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}
