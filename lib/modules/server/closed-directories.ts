import { workPaths } from '../../postgresql/host-paths.ts';
import { sh } from '../../shell/sh.ts';
import type { Step } from '../module.ts';
import type { Upgrade } from '../upgrade.ts';

/** The socket directory lies in /run, which a reboot empties. */
export function makeDirectories({ new: fresh }: Upgrade): Step {
  const { owner, group, closedSocketDirectory } = fresh;
  return {
    kind: 'change',
    says: `make the private directories ${closedSocketDirectory} and ${workPaths(fresh).directory}`,
    command: sh`install -d -m 0700 -o ${owner} -g ${group} ${[closedSocketDirectory, workPaths(fresh).directory]}`,
  };
}
