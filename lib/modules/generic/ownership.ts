import type { Command } from '../../shell/host-shell.ts';
import { sh } from '../../shell/sh.ts';
import type { Ownership } from './arguments.ts';
import { chmodText, modeText, wantedMode } from './mode.ts';
import type { PathFacts } from './path-facts.ts';

/** What has to be done to a path for it to have the wanted owner, group and mode. */
export interface OwnershipChange {
  readonly commands: readonly Command[];
  readonly says: readonly string[];
  /** The mode cannot be read. */
  readonly wrong?: string;
}

/** A path as it is, or as it will be made. */
export type Present = Pick<PathFacts, 'path' | 'kind' | 'mode' | 'uid' | 'gid' | 'owner' | 'group'>;

/** Only what differs. A link's own mode means nothing and is left alone. */
export function ownershipChange(facts: Present, { owner, group, mode }: Ownership): OwnershipChange {
  const { path } = facts;
  const commands: Command[] = [];
  const says: string[] = [];
  const newOwner = owner === undefined || owner === facts.owner || owner === String(facts.uid) ? '' : owner;
  const newGroup = group === undefined || group === facts.group || group === String(facts.gid) ? '' : group;
  if (newOwner !== '' || newGroup !== '') {
    const whom = newGroup === '' ? newOwner : `${newOwner}:${newGroup}`;
    commands.push(sh`chown -h ${whom} -- ${path}`);
    says.push(`give ${path} to ${whom}`);
  }
  if (mode === undefined || facts.kind === 'link') return { commands, says };
  const wanted = wantedMode(mode, { current: facts.mode, directory: facts.kind === 'directory' });
  if (wanted === undefined) return { commands, says, wrong: `the mode "${mode}" cannot be read` };
  // chown takes the set-id bits away, so that the mode is set again after it
  if (wanted !== facts.mode || (commands.length > 0 && (wanted & 0o6000) !== 0)) {
    commands.push(sh`chmod ${chmodText(wanted)} -- ${path}`);
    if (wanted !== facts.mode) says.push(`set the mode of ${path} from ${modeText(facts.mode)} to ${modeText(wanted)}`);
  }
  return { commands, says };
}

/** What a path is right after it was made by a user whose umask is `umask`. */
export function madeBy({
  path,
  kind,
  umask,
  uid,
  gid,
}: {
  path: string;
  kind: 'file' | 'directory';
  umask: number;
  uid: number;
  gid: number;
}): Present {
  const mode = (kind === 'directory' ? 0o777 : 0o666) & ~umask;
  return { path, kind, mode, uid, gid, owner: String(uid), group: String(gid) };
}
