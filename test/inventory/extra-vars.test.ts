import { expect } from 'chai';
import { readExtraVars } from '../../lib/inventory/extra-vars.ts';
import { Vault } from '../../lib/inventory/vault.ts';
import { plain, readData } from './helpers.ts';

interface Case {
  readonly typed: readonly string[];
  readonly variables: Readonly<Record<string, unknown>>;
}

/** With what `ansible -m debug -a var=vars` of ansible-core 2.19 had for them. */
const cases = JSON.parse(readData('extra-vars.json')) as readonly Case[];

function read(typed: readonly string[]): { readonly variables: object; readonly problems: readonly string[] } {
  const { variables, problems } = readExtraVars({ extraVars: typed, cwd: '/', vault: new Vault(undefined) });
  return {
    variables: Object.fromEntries([...variables.values()].map(({ name, value }) => [name, plain(value)])),
    problems: problems.map((each) => each.text),
  };
}

describe('inventory: extra variables', () => {
  for (const { typed, variables } of cases) {
    it(`reads ${typed.map((each) => `-e ${JSON.stringify(each)}`).join(' ')}`, () => {
      expect(read(typed)).to.deep.equal({ variables, problems: [] });
    });
  }

  it('knows where each was typed', () => {
    const { variables } = readExtraVars({ extraVars: ['a=1 b=2'], cwd: '/', vault: new Vault(undefined) });
    expect([...variables.values()].map((each) => each.at)).to.deep.equal([
      { file: '-e', line: 1, column: 1 },
      { file: '-e', line: 1, column: 5 },
    ]);
  });
});
