import { appendFileSync, chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { command } from './command.ts';
import type { HostKeys } from './keys.ts';
import { DATABASE_PASSWORD } from './recipe.ts';
import type { HostState, LabState } from './state.ts';
import { databaseOf, redisOf } from './topology.ts';

export interface HostFiles {
  readonly state: LabState;
  readonly host: HostState;
  readonly keys: HostKeys;
  readonly clientPublicKey: string;
}

/** Writes into a host's mounted root what makes it this host: name, address, keys, users, Nautobot's settings. */
export async function writeHostFiles(root: string, files: HostFiles): Promise<void> {
  writeIdentity(root, files);
  await writeUsers(root, files);
  if (files.host.spec.roles.includes('nautobot')) await writeNautobot(root, files);
  await writeRedis(root, files);
}

function put(root: string, path: string, text: string, mode = 0o644): void {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  chmodSync(file, mode);
}

function writeIdentity(root: string, { state, host, keys }: HostFiles): void {
  const known = state.hosts.map(({ name, address }) => `${address} ${name}\n`).join('');
  put(root, 'etc/hostname', `${host.name}\n`);
  put(root, 'etc/hosts', `127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n\n${known}`);
  put(root, 'etc/machine-id', `${createHash('md5').update(`${state.name}/${host.name}`).digest('hex')}\n`, 0o444);
  // Must sort before systemd's own 80-container-host0.network, which would ask a DHCP server that is not there.
  put(
    root,
    'etc/systemd/network/10-host0.network',
    `[Match]\nName=host0\n\n[Network]\nAddress=${host.address}/24\nLinkLocalAddressing=no\nIPv6AcceptRA=no\n`,
  );
  for (const { name, path } of keys.files) {
    put(root, `etc/ssh/${name}`, readFileSync(path, 'utf8'), 0o600);
    copyFileSync(`${path}.pub`, join(root, 'etc/ssh', `${name}.pub`));
  }
}

async function writeUsers(root: string, { state, host: { spec }, clientPublicKey }: HostFiles): Promise<void> {
  const user = spec.sudo === 'none' ? { home: 'root', owner: 'root' } : { home: 'home/ops', owner: 'ops' };
  put(root, `${user.home}/.ssh/authorized_keys`, clientPublicKey, 0o600);
  chmodSync(join(root, user.home, '.ssh'), 0o700);
  await command(['chroot', root, 'chown', '-R', `${user.owner}:${user.owner}`, `/${user.home}/.ssh`]);
  // Without lingering, the last logout stops the user's own systemd; in these containers that takes a minute for lack of
  // the control group's notice, and every login meanwhile waits for it.
  for (const user of ['ops', 'root']) put(root, `var/lib/systemd/linger/${user}`, '', 0o644);
  put(root, 'etc/systemd/system/user@.service.d/lab.conf', '[Service]\nTimeoutStopSec=1s\n');
  if (spec.sudo === 'nopassword') put(root, 'etc/sudoers.d/ops', 'ops ALL=(ALL:ALL) NOPASSWD: ALL\n', 0o440);
  if (spec.sudo === 'password') {
    put(root, 'etc/sudoers.d/ops', 'ops ALL=(ALL:ALL) ALL\n', 0o440);
    await command(['chroot', root, 'chpasswd'], { input: `ops:${state.opsPassword}\n` });
  }
}

/** Python takes a JSON string for one of its own. */
const python = (text: string): string => JSON.stringify(text);

async function writeNautobot(root: string, { state, host }: HostFiles): Promise<void> {
  const { spec } = host;
  const specs = state.hosts.map((other) => other.spec);
  const database = databaseOf(spec, specs);
  const redis = redisOf(spec, specs);
  const configuration = join(root, 'opt/nautobot/nautobot_config.py');
  appendFileSync(
    configuration,
    [
      '',
      'DATABASES["default"].update({',
      `    "NAME": "nautobot", "USER": "nautobot", "PASSWORD": ${python(DATABASE_PASSWORD)},`,
      `    "HOST": ${python(database?.host === host.name ? 'localhost' : (database?.host ?? 'localhost'))}, "PORT": "${database?.port ?? 5432}",`,
      '})',
      `CELERY_WORKER_CONCURRENCY = ${spec.processes}`,
      // Not by NAUTOBOT_REDIS_HOST: Nautobot reads that before it reads this file, and a unit's environment would not
      // reach the commands that an operator types.
      ...(redis === host.name
        ? []
        : [
            `CACHES["default"]["LOCATION"] = ${python(`redis://${redis}:6379/1`)}`,
            `CELERY_BROKER_URL = ${python(`redis://${redis}:6379/0`)}`,
          ]),
      '',
    ].join('\n'),
  );
  const ini = join(root, 'opt/nautobot/uwsgi.ini');
  writeFileSync(ini, readFileSync(ini, 'utf8').replace(/^processes = .*$/m, `processes = ${spec.processes}`));
  const services = spec.services.map((service) => (service === 'web' ? 'nautobot' : `nautobot-${service}`));
  await enable(root, services);
}

/** Starts Redis where a Nautobot host uses it, open to the lab where that is another host than its own. */
async function writeRedis(root: string, { state, host }: HostFiles): Promise<void> {
  const specs = state.hosts.map(({ spec }) => spec);
  const users = specs.filter((spec) => spec.roles.includes('nautobot') && redisOf(spec, specs) === host.name);
  if (users.length === 0) return;
  if (users.some(({ name }) => name !== host.name)) {
    appendFileSync(join(root, 'etc/redis/redis.conf'), '\nbind 0.0.0.0\nprotected-mode no\n');
  }
  await enable(root, ['redis-server']);
}

async function enable(root: string, units: readonly string[]): Promise<void> {
  await command(['chroot', root, 'systemctl', 'enable', '--quiet', ...units.map((unit) => `${unit}.service`)]);
}
