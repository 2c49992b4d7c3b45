import type { KeyFile } from './keyring.ts';
import { nextFor } from './letters.ts';
import type { Target } from './transport.ts';

/** What is wrong with a key file, for a login that was refused. */
export function fileTrouble(file: KeyFile): readonly string[] {
  switch (file.kind) {
    case 'key':
      return file.certificate ? [`${file.file} has a certificate, which only the openssh transport can show`] : [];
    case 'locked':
      return [file.wrong ? `the passphrase for ${file.file} is wrong` : `${file.file} has a passphrase`];
    case 'missing':
      return [`${file.file} does not exist`];
    case 'token':
      return [`${file.file} is on a FIDO token, which only the openssh transport can ask`];
    case 'unusable':
      return [`${file.file} cannot be used: ${file.why}`];
  }
}

/** What to type after a login that was refused. */
export function nextForKeys(target: Target, files: readonly KeyFile[]): string {
  const locked = files.find((file) => file.kind === 'locked');
  if (locked) return `ssh-add ${locked.file}, or run pgup on a terminal, where it asks for the passphrase once`;
  const special = files.some((file) => file.kind === 'token' || (file.kind === 'key' && file.certificate));
  if (special && target.transport === 'ssh2') return `set ansible_connection=openssh for ${target.host}`;
  return nextFor(target).next;
}
