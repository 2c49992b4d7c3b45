import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { connectionsOf } from '../../lib/inventory/connection.ts';
import { deploymentsOf } from '../../lib/inventory/deployments.ts';
import type { Inventory } from '../../lib/inventory/inventory.ts';
import { loadInventory } from '../../lib/inventory/load-inventory.ts';
import { VARIABLES } from '../../lib/modules/variable-table.ts';
import { checkVariables } from '../../lib/modules/variables.ts';
import { inventoryRender } from '../../lib/playbook/inventory-names.ts';
import { readIni } from './helpers.ts';

const FOLDER = fileURLToPath(new URL('../../../inventories/', import.meta.url));
const EXAMPLES = ['single-host.ini', 'one-deployment.ini', 'fleet.ini'];

function expectUsable(inventory: Inventory): readonly string[] {
  const { deployments, problems } = deploymentsOf(inventory);
  expect(problems).to.deep.equal([]);
  expect(connectionsOf({ hosts: inventory.hosts.values(), render: inventoryRender(inventory) }).problems).to.deep.equal(
    [],
  );
  expect(checkVariables(inventory, deployments, 'upgrade')).to.deep.equal([]);
  return deployments.map((each) => each.name);
}

describe('inventory: examples', () => {
  it('are all there and all tested', () => {
    // The lab writes its inventories beside them.
    expect(
      readdirSync(FOLDER)
        .filter((name) => !name.startsWith('lab'))
        .sort(),
    ).to.deep.equal([...EXAMPLES].sort());
  });

  for (const name of EXAMPLES) {
    it(`${name} can be used as it is`, () => {
      const { inventory, problems } = loadInventory({ sources: [name], cwd: FOLDER });
      expect(problems).to.deep.equal([]);
      expectUsable(inventory!);
    });
  }

  it('fleet.ini has its deployments', () => {
    const { inventory } = loadInventory({ sources: ['fleet.ini'], cwd: FOLDER });
    expect(expectUsable(inventory!)).to.deep.equal(['berlin', 'paris', 'oslo']);
  });

  it('one-deployment.ini explains every pgup variable, and what it shows can be used', () => {
    const text = readFileSync(`${FOLDER}one-deployment.ini`, 'utf8');
    const shown = [...text.matchAll(/^#?(pgup_\w+)=/gm)].map((match) => match[1]);
    expect(shown.sort()).to.deep.equal(
      Object.values(VARIABLES)
        .map((each) => each.name)
        .sort(),
    );
    const { inventory, problems } = readIni(text.replace(/^#((?:pgup|ansible)_\w+=(?!.*\{\{))/gm, '$1'));
    expect(problems).to.deep.equal([]);
    expectUsable(inventory);
  });
});
