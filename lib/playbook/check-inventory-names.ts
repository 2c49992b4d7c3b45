import { problem, type Problem } from '../errors.ts';
import type { Inventory, Variable } from '../inventory/inventory.ts';
import { didYouMean } from '../nearest.ts';
import type { CheckedNames } from './check-names.ts';
import { isConstant, namesUsed } from './expressions.ts';

export interface InventoryNameCheck {
  readonly inventory: Inventory;
  /** The hosts that tasks are for: what others have may be for another playbook. */
  readonly hosts: readonly string[];
  readonly names: CheckedNames;
}

/**
 * Names that nothing can define in those variables of hosts that the playbook reads, also by way of other variables.
 * Of a mapping or list only what is read is ever rendered: those are left to the run.
 */
export function checkInventoryNames({ inventory, hosts, names }: InventoryNameCheck): readonly Problem[] {
  const problems: Problem[] = [];
  // Hosts share the variables of their groups: each is looked at once.
  const seen = new Set<Variable>();
  const visit = (name: string, host: string): void => {
    const variable = names.definedByPlays.has(name) ? undefined : inventory.hosts.get(host)?.variables.get(name);
    if (!variable || typeof variable.value !== 'string' || seen.has(variable)) return;
    seen.add(variable);
    const { value: source, at } = variable;
    for (const use of namesUsed({ kind: 'template', source, constant: isConstant(source), at })) {
      if (use.guarded) continue;
      if (names.isKnown(use.name)) visit(use.name, host);
      else {
        const text = `nothing defines "${use.name}"${didYouMean(use.name, names.known)}`;
        problems.push(problem('undefined-name', text, use.at));
      }
    }
  };
  for (const host of hosts) for (const name of names.used) visit(name, host);
  return problems;
}
