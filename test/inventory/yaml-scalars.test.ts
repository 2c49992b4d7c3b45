import { expect } from 'chai';
import { readVariables } from '../../lib/inventory/variables-file.ts';
import { Vault } from '../../lib/inventory/vault.ts';
import { errorsOf, readData } from './helpers.ts';
import { written, type Written } from './oracle/compare.ts';

/** Documents with one variable `v`, and what Ansible's loader (PyYAML, JSON first) makes of it. */
const cases = JSON.parse(readData('yaml-scalars.json')) as readonly (readonly [string, Written | readonly ['error']])[];

describe('inventory: YAML as Ansible reads it', () => {
  for (const [text, wanted] of cases) {
    it(JSON.stringify(text), () => {
      const { variables, problems } = readVariables({ text, file: 'vars.yml', vault: new Vault(undefined) });
      if (wanted[0] === 'error') expect(errorsOf(problems)).not.to.be.empty;
      else expect([written(variables.get('v')?.value ?? null), errorsOf(problems)]).to.deep.equal([wanted, []]);
    });
  }
});
