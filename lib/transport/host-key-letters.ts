import { PgupError } from '../errors.ts';
import { fingerprint } from './fingerprint.ts';
import type { KnownHost } from './known-hosts.ts';
import { placeOf } from './letters.ts';
import type { Target } from './transport.ts';

/** The key that a host showed. */
export interface ShownKey {
  readonly type: string;
  readonly fingerprint: string;
}

export function hostKeyUnknown(options: {
  target: Target;
  key: ShownKey;
  authority: KnownHost | undefined;
  /** What is wrong with the host's certificate, from a transport that checks it. */
  certificate?: string;
}): PgupError {
  const { target, key, authority, certificate } = options;
  if (authority && certificate === undefined) {
    return new PgupError(
      'host-key-unknown',
      `${placeOf(target)} is known by a certificate authority only ` +
        `(${authority.file}:${authority.line}), which the ssh2 transport cannot check`,
      {
        host: target.host,
        next: `set ansible_connection=openssh for ${target.host}: the system's ssh checks host certificates`,
      },
    );
  }
  if (authority) {
    return new PgupError(
      'host-key-unknown',
      `${placeOf(target)} is known by a certificate authority only (${authority.file}:${authority.line}), ` +
        `and its certificate does not hold: ${certificate ?? ''}`,
      {
        host: target.host,
        next: `look at its certificate there: ssh-keygen -Lf /etc/ssh/ssh_host_${shortType(key)}_key-cert.pub`,
      },
    );
  }
  const file = target.knownHostsFiles[0] ?? '~/.ssh/known_hosts';
  const port = target.port === 22 ? '' : `-p ${target.port} `;
  const type = shortType(key);
  return new PgupError(
    'host-key-unknown',
    `the host key of ${placeOf(target)} is in no known_hosts file: ${key.type} ${key.fingerprint}`,
    {
      host: target.host,
      next:
        `compare the fingerprint with the host's own (there: ssh-keygen -lf /etc/ssh/ssh_host_${type}_key.pub), ` +
        `then: ssh-keyscan ${port}-t ${type} ${target.address} >> ${file}`,
    },
  );
}

export function hostKeyChanged(options: { target: Target; name: string; key: ShownKey; entry: KnownHost }): PgupError {
  const { target, name, key, entry } = options;
  const place = `${entry.file}:${entry.line}`;
  const other =
    entry.keyType === key.type
      ? `${place} has ${fingerprint(entry.key)}`
      : `${place} knows it by a key of type ${entry.keyType}, which it no longer shows`;
  return new PgupError(
    'host-key-changed',
    `${placeOf(target)} shows another host key: ${key.type} ${key.fingerprint}, but ${other}. ` +
      'Somebody may be listening in between, or the host was set up anew',
    {
      host: target.host,
      next: `ask whoever set up ${target.host}; if the new key is right: ssh-keygen -f ${entry.file} -R '${name}'`,
    },
  );
}

export function hostKeyRevoked(options: { target: Target; key: ShownKey; entry: KnownHost }): PgupError {
  const { target, key, entry } = options;
  return new PgupError(
    'host-key-changed',
    `${placeOf(target)} shows a host key that ${entry.file}:${entry.line} has revoked: ${key.type} ${key.fingerprint}`,
    { host: target.host, next: `give ${target.host} a new host key; a revoked one must not be trusted again` },
  );
}

/** The word that ssh-keyscan and the names of key files have for a type. */
function shortType({ type }: ShownKey): string {
  return type.replace(/^ssh-/, '').replace(/-.*/, '');
}
