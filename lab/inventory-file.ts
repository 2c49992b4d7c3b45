import { clientKeyFile, knownHostsFile } from './state.ts';
import type { HostState, LabState } from './state.ts';
import type { HostSpec } from './topology.ts';

interface Line {
  readonly name: string;
  readonly roles: HostSpec['roles'];
  readonly deployment: string;
  readonly variables: readonly string[];
}

/** A host's lines: its own, and one for each cluster that belongs to another deployment. */
function linesOf(host: HostState, opsPassword: string): Line[] {
  const { spec } = host;
  const login =
    spec.sudo === 'none'
      ? ['ansible_user=root', 'ansible_become=False']
      : spec.sudo === 'password'
        ? [`ansible_become_password='${opsPassword}'`]
        : [];
  const own = { name: spec.name, roles: spec.roles, deployment: spec.deployment };
  const address = `ansible_host=${host.address}`;
  const several = spec.roles.includes('postgresql') && spec.clusters.length > 1;
  const cluster = (name: string | undefined): string[] => (several ? [`pgup_old_cluster=15/${name ?? 'main'}`] : []);
  return [
    { ...own, variables: [address, ...login, ...cluster(spec.clusters[0]?.name)] },
    ...spec.clusters.flatMap(({ name, deployment }) =>
      deployment === undefined
        ? []
        : [
            {
              name: `${spec.name}-${name}`,
              roles: ['postgresql' as const],
              deployment,
              variables: [address, ...login, ...cluster(name)],
            },
          ],
    ),
  ];
}

function section(head: string, lines: readonly string[]): string {
  return `[${head}]\n${lines.map((line) => `${line}\n`).join('')}`;
}

/** The lab as an inventory in Ansible's INI format. Hosts without a role are left out: pgup shall not know them. */
export function inventoryText(state: LabState): string {
  const lines = state.hosts
    .filter(({ spec }) => spec.roles.length > 0)
    .flatMap((host) => linesOf(host, state.opsPassword));
  const deployments = [...new Set(lines.map(({ deployment }) => deployment))];
  const written = new Set<string>();
  const members = (role: 'nautobot' | 'postgresql'): string[] =>
    lines
      .filter(({ roles }) => roles.includes(role))
      .map(({ name, variables }) => {
        // A host in both groups has its variables on its first line only.
        if (written.has(name)) return name;
        written.add(name);
        return [name, ...variables].join(' ');
      });
  const groups = deployments.map((deployment) =>
    deployments.length === 1
      ? section(`${deployment}:children`, ['nautobot', 'postgresql'])
      : section(
          deployment,
          lines.filter((line) => line.deployment === deployment).map(({ name }) => name),
        ),
  );
  return [
    `# The lab \`${state.name}\` (topology ${state.topology}), written by \`lab up\`: changes are lost. It holds a password.\n`,
    section('nautobot', members('nautobot')),
    section('postgresql', members('postgresql')),
    ...groups,
    section('deployments:children', deployments),
    section('all:vars', [
      'ansible_user=ops',
      `ansible_ssh_private_key_file=${clientKeyFile(state.name)}`,
      `ansible_ssh_common_args='-o UserKnownHostsFile=${knownHostsFile(state.name)}'`,
      'ansible_become=True',
      'pgup_target="17"',
    ]),
  ].join('\n');
}
