import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { formatProblem } from '../../../lib/errors.ts';
import type { Variables } from '../../../lib/inventory/inventory.ts';
import { loadInventory } from '../../../lib/inventory/load-inventory.ts';
import { errorsOf } from '../helpers.ts';
import {
  isOdd,
  compareGroups,
  differs,
  sortedVariables,
  written,
  type Answer,
  type Verdict,
  type Written,
} from './compare.ts';
import type { TreeCase } from './tree-cases.ts';

export interface TreeAnswer extends Pick<Answer, 'error' | 'groups' | 'variables'> {
  readonly extra: Readonly<Record<string, Written>>;
}

/** What only pgup refuses (docs/inventory.md). */
const STRICTER =
  /stands for no host|has an unknown key|must be a mapping \(a name with|is not name=value|cannot be marked !unsafe|mixes secret|may not stand in YAML|the tag "|is not what !!/;

/** Holds our reading of a tree against Ansible's. */
export function compareTree({ files, sources, extraVars }: TreeCase, answer: TreeAnswer): Verdict {
  const cwd = mkdtempSync(join(tmpdir(), 'pgup-tree-'));
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(cwd, path)), { recursive: true });
      writeFileSync(join(cwd, path), text);
    }
    const { inventory, problems } = loadInventory({ sources, cwd, extraVars });
    const errors = errorsOf(problems).map(formatProblem);
    if (answer.error !== undefined)
      return inventory === undefined ? { kind: 'same' } : differs(`not refused: ${answer.error}`);
    if (!inventory) {
      return errors.every((text) => STRICTER.test(text) || isUnread(text, answer))
        ? { kind: 'stricter' }
        : differs(`refused: ${errors.join('; ')}`);
    }
    const extra = sortedVariables(plainOf(inventory.extra));
    const theirs = sortedVariables(answer.extra);
    if (extra !== theirs) return differs(`-e: ${extra} for ${theirs}`);
    if (isOdd(inventory)) return { kind: 'same' };
    const wrong = compareGroups(inventory, { ...answer, patterns: [] });
    if (wrong !== undefined) return differs(wrong);
    for (const [host, wanted] of answer.variables) {
      const [left, right] = [sortedVariables(plainOf(inventory.hosts.get(host)?.variables)), sortedVariables(wanted)];
      if (left !== right) return differs(`variables of ${host}: ${left} for ${right}`);
    }
    return { kind: 'same' };
  } finally {
    rmSync(cwd, { recursive: true });
  }
}

/** True for an error in a file of variables that Ansible never opens, because no host would get them. */
function isUnread(error: string, { groups, variables }: TreeAnswer): boolean {
  const [, side, name] = /\/(group_vars|host_vars)\/([^:]+?)(?:\.ya?ml|\.json)?(?:\/[^:]*)?:\d/.exec(error) ?? [];
  if (name === undefined) return false;
  return side === 'group_vars'
    ? !groups.some(([group, hosts]) => group === name && hosts.length > 0)
    : !variables.some(([host]) => host === name);
}

function plainOf(variables: Variables | undefined): Readonly<Record<string, Written>> {
  return Object.fromEntries([...(variables?.values() ?? [])].map(({ name, value }) => [name, written(value)]));
}
