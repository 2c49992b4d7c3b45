import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { command } from './command.ts';

/** The kinds of key that every host has, strongest habit first. */
const KINDS = ['ed25519', 'ecdsa', 'rsa'] as const;

async function generate(file: string, kind: (typeof KINDS)[number], comment: string): Promise<void> {
  if (existsSync(file)) return;
  const size = kind === 'rsa' ? ['-b', '2048'] : [];
  await command(['ssh-keygen', '-q', '-t', kind, ...size, '-N', '', '-C', comment, '-f', file]);
}

/** Makes the key that the lab's user logs in with. */
export async function makeClientKey(file: string, lab: string): Promise<void> {
  await generate(file, 'ed25519', `pgup lab ${lab}`);
}

/** A host's own keys: the names of sshd's files, where the lab keeps them, and lines for known_hosts. */
export interface HostKeys {
  readonly files: readonly { readonly name: string; readonly path: string }[];
  readonly knownHosts: readonly string[];
}

/** Makes a host's keys before it exists, so that its first connection can be checked as strictly as any later one. */
export async function makeHostKeys(folder: string, names: readonly string[]): Promise<HostKeys> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const files = KINDS.map((kind) => ({
    kind,
    name: `ssh_host_${kind}_key`,
    path: join(folder, `ssh_host_${kind}_key`),
  }));
  await Promise.all(files.map(({ kind, path }) => generate(path, kind, names[0] ?? 'lab')));
  const knownHosts = files.map(({ path }) => {
    const [type = '', key = ''] = readFileSync(`${path}.pub`, 'utf8').split(' ');
    return `${names.join(',')} ${type} ${key}`;
  });
  return { files, knownHosts };
}
