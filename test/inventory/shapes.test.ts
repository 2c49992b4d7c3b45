import { expect } from 'chai';
import { loadInventory } from '../../lib/inventory/load-inventory.ts';
import { toPythonJson, toPythonText } from '../../lib/inventory/python-format.ts';
import { exportShape, graphText, hostShape, listShape } from '../../lib/inventory/shapes.ts';
import { Float, valueMap } from '../../lib/inventory/inventory.ts';
import { dataPath, readData, readIni } from './helpers.ts';

/** Folders of inventories with what ansible-inventory 2.19.14 printed for them, byte for byte. */
const TREES: Readonly<Record<string, readonly string[]>> = {
  precedence: ['inv1/hosts.ini', 'inv2'],
  folder: ['inv'],
  yaml: ['hosts.yaml', 'hosts'],
  ini: ['types.ini', 'x1:22,y[1:2],z,'],
};

describe('inventory: shapes of ansible-inventory', () => {
  for (const [tree, sources] of Object.entries(TREES)) {
    const expected = (mode: string): string => readData(`trees/${tree}/expected.${mode}`);
    const load = () => {
      const { inventory, problems } = loadInventory({ sources, cwd: dataPath(`trees/${tree}`) });
      expect(problems).to.deep.equal([]);
      return inventory!;
    };
    it(`lists ${tree}`, () => {
      expect(`${toPythonJson(listShape({ inventory: load() }))}\n`).to.equal(expected('list'));
    });
    it(`exports ${tree}`, () => {
      expect(`${toPythonJson(exportShape({ inventory: load() }))}\n`).to.equal(expected('export'));
    });
    it(`draws ${tree}`, () => {
      const inventory = load();
      const text = graphText({ inventory, group: inventory.groups.get('all')!, variables: true });
      expect(`${text}\n`).to.equal(expected('graph'));
    });
  }

  it('lists only the hosts of a limit', () => {
    const { inventory } = readIni('[a]\nh1 x=1\nh2 x=2\n[b]\nh1\n[c]\nh2\n');
    const shape = listShape({ inventory, only: new Set(['h1']) });
    expect(JSON.parse(toPythonJson(shape))).to.deep.equal({
      _meta: { hostvars: { h1: { x: 1 } }, profile: 'inventory_legacy' },
      all: { children: ['ungrouped', 'a', 'b', 'c'] },
      a: { hosts: ['h1'] },
      b: { hosts: ['h1'] },
    });
  });

  it('draws from a group, without variables', () => {
    const { inventory } = readIni('[p:children]\na\n[a]\nh1 x=1\n');
    const text = graphText({ inventory, group: inventory.groups.get('p')!, variables: false });
    expect(text).to.equal('@p:\n  |--@a:\n  |  |--h1');
  });

  it('never prints a secret', () => {
    const { inventory } = readIni('h ansible_password=s3cret db_passphrase=s3cret\n');
    expect(toPythonJson(hostShape(inventory.hosts.get('h')!))).to.equal(
      '{\n    "ansible_password": "***",\n    "db_passphrase": "***"\n}',
    );
    expect(toPythonJson(listShape({ inventory }))).not.to.contain('s3cret');
    expect(graphText({ inventory, group: inventory.groups.get('all')!, variables: true })).not.to.contain('s3cret');
  });

  it('writes values as Python does', () => {
    const value = valueMap([
      ['a', [null, true, new Float(1), 10n ** 20n, "it's", 'say "x"\n']],
      ['b', valueMap([])],
    ]);
    expect(toPythonText(value)).to.equal(
      `{'a': [None, True, 1.0, 100000000000000000000, "it's", 'say "x"\\n'], 'b': {}}`,
    );
    expect(toPythonText('plain')).to.equal('plain');
    expect(toPythonJson([new Float(Infinity), new Float(-Infinity), new Float(NaN), []])).to.equal(
      '[\n    Infinity,\n    -Infinity,\n    NaN,\n    []\n]',
    );
  });
});
