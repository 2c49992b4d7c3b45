import { expect } from 'chai';
import { deploymentsOf } from '../../lib/inventory/deployments.ts';
import { readIni } from './helpers.ts';

const ROLES = '[nautobot]\na1\na2\nb1\n[postgresql]\nadb\nbdb\n';
const FLEET = `${ROLES}[alpha]\na1\na2\nadb\n[beta]\nb1\nbdb\n[deployments:children]\nalpha\nbeta\n`;

function complaints(ini: string): readonly string[] {
  const { problems } = deploymentsOf(readIni(ini).inventory);
  return problems.map((each) => `${each.code} ${each.at?.line}:${each.at?.column} ${each.text}`);
}

describe('inventory: deployments', () => {
  it('takes each child group of "deployments" as one', () => {
    const { deployments, problems } = deploymentsOf(readIni(FLEET).inventory);
    expect(problems).to.deep.equal([]);
    expect(deployments).to.deep.equal([
      {
        kind: 'deployment',
        name: 'alpha',
        hosts: ['a1', 'a2', 'adb'],
        applications: ['a1', 'a2'],
        databases: ['adb'],
        docker: [],
      },
      { kind: 'deployment', name: 'beta', hosts: ['b1', 'bdb'], applications: ['b1'], databases: ['bdb'], docker: [] },
    ]);
  });

  it('takes the whole inventory as one without that group, named after the file', () => {
    const { deployments, problems } = deploymentsOf(readIni('[nautobot]\nh\n[postgresql]\nh\n').inventory);
    expect(problems).to.deep.equal([]);
    expect(deployments).to.deep.equal([
      { kind: 'deployment', name: 'hosts', hosts: ['h'], applications: ['h'], databases: ['h'], docker: [] },
    ]);
  });

  it('needs neither role group where the Docker flow runs', () => {
    const { deployments, problems } = deploymentsOf(readIni('[docker]\nd\n').inventory);
    expect(problems).to.deep.equal([]);
    expect(deployments[0]).to.deep.include({ docker: ['d'], applications: [], databases: [] });
  });

  it('finds roles through child groups', () => {
    const ini = '[web]\nw\n[nautobot:children]\nweb\n[pg]\nd\n[postgresql:children]\npg\n';
    expect(deploymentsOf(readIni(ini).inventory).deployments[0]).to.deep.include({
      applications: ['w'],
      databases: ['d'],
    });
  });

  const refused: readonly [string, string, readonly string[]][] = [
    [
      'a deployment without a database host',
      '[nautobot]\nw\n',
      [
        'inventory-deployment 2:1 deployment "hosts" has no database host: one of its hosts must be in group "postgresql" (or "docker")',
      ],
    ],
    [
      'a deployment without an application host',
      '[postgresql]\nd\n',
      [
        'inventory-deployment 2:1 deployment "hosts" has no application host: at least one of its hosts must be in group "nautobot"',
      ],
    ],
    [
      'a second database host',
      '[nautobot]\nw\n[postgresql]\nd\ne\n',
      [
        'inventory-deployment 5:1 deployment "hosts" has a second database host "e" beside "d": only one is carried yet',
      ],
    ],
    [
      'a host with a role outside all deployments',
      FLEET.replace('bdb\n[alpha]', 'bdb\nlost\n[alpha]'),
      ['inventory-deployment 8:1 database host "lost" is in no deployment: no child group of "deployments" has it'],
    ],
    [
      'a database host of two deployments',
      FLEET.replace('[beta]\nb1\n', '[beta]\nb1\nadb\n').replace('b1\nadb\nbdb', 'b1\nadb'),
      [
        'inventory-deployment 6:1 database host "adb" is in more than one deployment: "alpha" and "beta"',
        'inventory-deployment 7:1 database host "bdb" is in no deployment: no child group of "deployments" has it',
      ],
    ],
  ];
  for (const [what, ini, wanted] of refused) {
    it(`refuses ${what}`, () => {
      expect(complaints(ini)).to.deep.equal(wanted);
    });
  }
});
