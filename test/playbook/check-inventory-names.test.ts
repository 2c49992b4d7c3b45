import { expect } from 'chai';
import { checkInventoryNames } from '../../lib/playbook/check-inventory-names.ts';
import { checkNames } from '../../lib/playbook/check-names.ts';
import { readIni } from '../inventory/helpers.ts';
import { linesOf, playbookOf } from './support.ts';

const HOSTS = `[web]
w1 greeting='hello {{ nobody }}' way='{{ greeting }}' safe='{{ gone | default(1) }}' fine='{{ site }}'
[db]
d1 greeting='{{ other }}'
[all:vars]
site=here
`;

/** What is said where a play of these hosts prints this. */
function said(text: string, hosts: readonly string[], more = ''): readonly string[] {
  const { inventory } = readIni(HOSTS);
  const playbook = playbookOf(`- hosts: all\n${more}  tasks:\n    - debug: { msg: '${text}' }\n`);
  const names = checkNames({ playbook, inventory });
  expect(names.problems).to.deep.equal([]);
  return linesOf(checkInventoryNames({ inventory, hosts, names }));
}

describe('checkInventoryNames', () => {
  const NOBODY = '2:4 undefined-name nothing defines "nobody"';

  it('finds a name that nothing defines in a variable that is read, also through another one', () => {
    expect(said('{{ greeting }}', ['w1'])).to.deep.equal([NOBODY]);
    expect(said('{{ way }} {{ greeting }}', ['w1'])).to.deep.equal([NOBODY]);
  });

  it('looks at hosts of the run only', () => {
    expect(said('{{ greeting }}', ['d1'])).to.deep.equal(['4:4 undefined-name nothing defines "other"']);
  });

  it('leaves alone what is not read, what allows for it, and what the play itself defines', () => {
    expect(said('{{ fine }} {{ safe }}', ['w1', 'd1'])).to.deep.equal([]);
    expect(said('{{ greeting | default(1) }}', ['w1'])).to.deep.equal([]);
    expect(said('{{ greeting }}', ['w1'], "  vars: { greeting: 'hi' }\n")).to.deep.equal([]);
  });
});
