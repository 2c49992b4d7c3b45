import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Lab } from '../../lab/open-lab.ts';

/** The first host of a lab as a deployment of its own, and a playbook for it. */
export interface BareDeployment {
  readonly host: string;
  readonly folder: string;
  readonly inventory: string;
  readonly playbook: string;
  /** A path of the host as this machine sees it. */
  readonly onHost: (path: string) => string;
}

export function bareDeployment(lab: Lab, name: string, text: string): BareDeployment {
  const folder = mkdtempSync(join(tmpdir(), 'pgup-bare-'));
  const [inventory, playbook] = [join(folder, `${name}.ini`), join(folder, 'work.yml')];
  const { name: host, address, root } = lab.hosts[0]!;
  const line = `${host} ansible_host=${address} ansible_user=root ansible_ssh_private_key_file=${lab.clientKeyFile}`;
  writeFileSync(inventory, `[nautobot]\n${line}\n[postgresql]\n${host}\n[all:vars]\npgup_target="17"\n`);
  writeFileSync(playbook, text);
  return { host, folder, inventory, playbook, onHost: (path) => join(root, path) };
}
