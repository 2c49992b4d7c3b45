import { expect } from 'chai';
import { inventoryText } from '../../lab/inventory-file.ts';
import type { LabState } from '../../lab/state.ts';
import { readTopology } from '../../lab/topology.ts';

/** The state of a lab of this topology, as far as its inventory depends on it. */
function stateOf(topology: string): LabState {
  return {
    ...{
      name: 'some-lab',
      topology,
      topologyHash: '',
      boot: '',
      phase: 'up',
      clone: '/c',
      inventory: '/i',
      runtime: '/r',
    },
    network: { prefix: '198.18.7', bridge: 'pglx' },
    opsPassword: 'secret',
    served: {},
    hosts: readTopology(topology).hosts.map((spec, index) => ({
      ...{ name: spec.name, address: `198.18.7.${11 + index}`, machine: 'm', lower: [], spec },
    })),
  };
}

/** The lines of one section. */
function section(text: string, head: string): string[] {
  const body = text.split(`[${head}]\n`)[1]?.split('\n[')[0] ?? '';
  return body.split('\n').filter((line) => line !== '');
}

describe("a lab's inventory", () => {
  it('has each host with its address, its way in and its password', () => {
    const text = inventoryText(stateOf('demo'));
    expect(section(text, 'nautobot')).to.deep.equal(['app1 ansible_host=198.18.7.11']);
    expect(section(text, 'postgresql')).to.deep.equal([
      "db1 ansible_host=198.18.7.12 ansible_become_password='secret'",
    ]);
    expect(section(text, 'deployments:children')).to.deep.equal(['demo']);
    expect(section(text, 'demo:children')).to.deep.equal(['nautobot', 'postgresql']);
  });

  it('says how to log in, where the keys of the hosts are, and what to upgrade to', () => {
    const variables = section(inventoryText(stateOf('demo')), 'all:vars');
    expect(variables).to.include.members(['ansible_user=ops', 'ansible_become=True', 'pgup_target="17"']);
    expect(variables.join('\n')).to.match(/^ansible_ssh_private_key_file=\/.*\/some-lab\/client$/m);
    expect(variables.join('\n')).to.match(
      /^ansible_ssh_common_args='-o UserKnownHostsFile=\/.*\/some-lab\/known_hosts'$/m,
    );
  });

  it('gives the variables of a host with both roles once', () => {
    const text = inventoryText(stateOf('single'));
    expect(section(text, 'nautobot')).to.deep.equal(["one1 ansible_host=198.18.7.11 ansible_become_password='secret'"]);
    expect(section(text, 'postgresql')).to.deep.equal(['one1']);
  });

  it('logs in as root where there is no sudo', () => {
    expect(section(inventoryText(stateOf('bare')), 'postgresql')).to.deep.equal([
      'db1 ansible_host=198.18.7.12 ansible_user=root ansible_become=False',
    ]);
  });

  it('does not know a host without a role', () => {
    expect(inventoryText(stateOf('writers'))).to.not.contain('other1');
  });

  it('has a group for each of several deployments, and a line for each of their clusters on one host', () => {
    const text = inventoryText(stateOf('clusters'));
    expect(section(text, 'alpha')).to.deep.equal(['app1', 'db1']);
    expect(section(text, 'beta')).to.deep.equal(['app2', 'db1-beta']);
    expect(section(text, 'deployments:children')).to.deep.equal(['alpha', 'beta']);
    expect(section(text, 'postgresql')).to.deep.equal([
      "db1 ansible_host=198.18.7.13 ansible_become_password='secret' pgup_old_cluster=15/main",
      "db1-beta ansible_host=198.18.7.13 ansible_become_password='secret' pgup_old_cluster=15/beta",
    ]);
  });
});
