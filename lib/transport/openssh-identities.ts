import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Target } from './transport.ts';

/** sshd's default MaxAuthTries is 6; the last is kept for the password. */
export const MOST_KEYS = 5;

export interface Identities {
  readonly files: readonly string[];
  /** Nothing but these files is offered. */
  readonly only: boolean;
  /** Keys of the agent that are left out. */
  readonly unused: number;
}

/**
 * Which keys ssh offers. It offers all that the agent holds before the files that were named, and a server refuses
 * after a few: where there are too many, the agent's are named too, as files with their public halves, as many as fit.
 * With a password at hand the keys that nobody named are left out, as they would come before it.
 */
export async function identitiesOf(options: {
  target: Target;
  folder: string;
  agentKeys: readonly string[];
}): Promise<Identities> {
  const { target, folder, agentKeys } = options;
  const named = target.privateKeyFiles;
  if (target.identitiesOnly === true) return { files: named, only: true, unused: 0 };
  if (agentKeys.length === 0) return { files: named, only: false, unused: 0 };
  const room = target.password === undefined ? Math.max(0, MOST_KEYS - named.length) : 0;
  if (agentKeys.length <= room) return { files: named, only: false, unused: 0 };
  const chosen = agentKeys.slice(0, room).map((key, index) => ({ key, file: join(folder, `agent${index}.pub`) }));
  await Promise.all(chosen.map(({ key, file }) => writeFile(file, `${key}\n`, { mode: 0o600 })));
  return {
    files: [...named, ...chosen.map(({ file }) => file)],
    only: true,
    unused: agentKeys.length - chosen.length,
  };
}

/** The public keys that an agent holds, those on tokens among them; none where it cannot be asked. */
export function listAgent(options: {
  socket: string;
  environment: Readonly<Record<string, string | undefined>>;
}): Promise<readonly string[]> {
  const { socket, environment } = options;
  return new Promise((resolve) => {
    const env = { ...environment, SSH_AUTH_SOCK: socket };
    execFile('ssh-add', ['-L'], { env, timeout: 10_000 }, (_error, stdout) => {
      // Without keys it says so on this output, and ends with 1.
      resolve(stdout.split('\n').filter((line) => /^[a-z0-9@.-]+ AAAA/.test(line)));
    });
  });
}
