import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { deploymentsOf } from '../../lib/inventory/deployments.ts';
import { loadInventory } from '../../lib/inventory/load-inventory.ts';
import { moduleCatalogue } from '../../lib/modules/catalogue.ts';
import { parsePlaybook } from '../../lib/playbook/parse-playbook.ts';
import { makePlan } from '../../lib/playbook/plan.ts';
import type { Json } from '../../lib/playbook/plan-shape.ts';
import { frozenDeployment, hashOfFrozen, partOf } from '../../lib/run/frozen-plan.ts';
import { differencesFrom, parseHostPlan, type HostPlan } from '../../lib/run/host-plan.ts';

const PLAYBOOK = `
- hosts: postgresql
  tasks:
    - { debug: { msg: '{{ pgup_target }}' }, undo: { debug: { msg: back } } }
- hosts: nautobot
  tasks: [{ debug: { msg: web } }]
`;

function frozen(inventoryText: string): Json {
  const folder = mkdtempSync(join(tmpdir(), 'pgup-frozen-'));
  writeFileSync(join(folder, 'ams.ini'), inventoryText);
  const { inventory } = loadInventory({ sources: ['ams.ini'], cwd: folder });
  const { playbook } = parsePlaybook({ text: PLAYBOOK, file: 'p.yml', modules: moduleCatalogue });
  if (!inventory || !playbook) throw new Error('not read');
  const { plan } = makePlan({ playbook, inventory, deployments: deploymentsOf(inventory).deployments });
  const [planned] = plan?.deployments ?? [];
  if (!planned) throw new Error('no plan');
  return frozenDeployment(planned, inventory);
}

const inventory = (more = '', target = '17'): string =>
  `[nautobot]\napp1\n[postgresql]\ndb1 ${more}\n[all:vars]\npgup_target=${target}\nansible_password=hunter2\ndb_password=hunter3\n`;
const hosts = ['app1', 'db1'];
const header = { kind: 'run', playbook: 'p.yml' } as HostPlan['header'];
const kept = (plan: Json, whole: Json): HostPlan => ({
  ...{ version: 1, run: 'r1', deployment: 'ams', home: 'db1', hosts, header },
  hash: hashOfFrozen(whole),
  plan,
});

describe('the plan that hosts keep', () => {
  it('has no secret in it', () => {
    const text = JSON.stringify(frozen(inventory()));
    expect(text)
      .to.contain('***')
      .and.not.match(/hunter/);
  });

  it('is the same however a host is reached, and another where anything else differs', () => {
    const hash = (text: string): string => hashOfFrozen(frozen(text));
    expect(hash(inventory('ansible_host=10.0.0.1 ansible_user=x'))).to.equal(hash(inventory()));
    expect(hash(inventory('pgup_backup=none'))).to.not.equal(hash(inventory()));
    expect(hash(inventory('', '16'))).to.not.equal(hash(inventory()));
  });

  it('is for a host that is no database host its own part of it', () => {
    const part = partOf(frozen(inventory()), 'app1') as unknown as {
      readonly plays: readonly { readonly hosts: readonly string[] }[];
      readonly variables: Readonly<Record<string, Json>>;
    };
    expect(part.plays.map((play) => play.hosts)).to.deep.equal([['app1']]);
    expect(Object.keys(part.variables)).to.deep.equal(['app1']);
  });

  it('tells what is not as it was when the run began', () => {
    const [then, now] = [frozen(inventory('', '16')), frozen(inventory())];
    const changed = differencesFrom([kept(then, then)], now);
    expect(changed.join('\n')).to.match(/pgup_target of app1 was "16" and is "17"|pgup_target.*"?16"? and is "?17"?/);
    expect(differencesFrom([kept(now, now), kept(partOf(now, 'app1'), now)], now)).to.deep.equal([]);
    expect(differencesFrom([kept(partOf(then, 'app1'), then)], now)).to.deep.equal([
      'the host that keeps the whole plan did not give it',
    ]);
  });

  it('is read where it is one of this version, and is none else', () => {
    const plan = kept({}, {});
    expect(parseHostPlan(JSON.stringify(plan))?.run).to.equal('r1');
    for (const text of [undefined, '', '{"version":1', JSON.stringify({ ...plan, version: 2 }), '[]', 'null'])
      expect(parseHostPlan(text), String(text)).to.equal(undefined);
  });
});
