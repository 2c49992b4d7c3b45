import { expect } from 'chai';
import { deploymentsOf } from '../../lib/inventory/deployments.ts';
import { loadInventory } from '../../lib/inventory/load-inventory.ts';
import type { Inventory, Value } from '../../lib/inventory/inventory.ts';
import { parsePlaybook } from '../../lib/playbook/parse-playbook.ts';
import { makePlan, type Plan, type Planned } from '../../lib/playbook/plan.ts';
import type { Playbook } from '../../lib/playbook/playbook.ts';
import { testModules } from './modules.ts';

/** A playbook that must be free of problems. */
export function playbookOf(text: string, file = 'p.yml'): Playbook {
  const { playbook, problems } = parsePlaybook({ text, file, modules: testModules });
  expect(problems).to.deep.equal([]);
  if (!playbook) throw new Error('no playbook');
  return playbook;
}

export function inventoryOf(source: string, extra: Readonly<Record<string, Value>> = {}): Inventory {
  const { inventory, problems } = loadInventory({ sources: [source], cwd: '.' });
  expect(problems).to.deep.equal([]);
  if (!inventory) throw new Error('no inventory');
  const at = { file: '-e', line: 1, column: 1 };
  return { ...inventory, extra: new Map(Object.entries(extra).map(([name, value]) => [name, { name, value, at }])) };
}

export const FLEET = 'test/data/playbooks/fleet.ini';

export function planned(text: string, limit?: string): Planned {
  const inventory = inventoryOf(FLEET);
  const playbook = playbookOf(text);
  const { deployments } = deploymentsOf(inventory);
  return makePlan({ playbook, inventory, deployments, limit });
}

export function planOf(text: string, limit?: string): Plan {
  const { plan, problems } = planned(text, limit);
  expect(problems).to.deep.equal([]);
  if (!plan) throw new Error('no plan');
  return plan;
}

/** Problems as lines: place, code, text. */
export function linesOf(problems: Planned['problems']): readonly string[] {
  return problems.map(({ code, text, at }) => `${at ? `${at.line}:${at.column} ` : ''}${code} ${text}`);
}
