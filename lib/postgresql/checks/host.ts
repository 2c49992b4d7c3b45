import { finding, notice, type Finding } from '../../finding.ts';
import type { HostFacts } from '../survey/host.ts';

/** Where each tool comes from on Debian. */
const PACKAGES: Readonly<Record<string, string>> = {
  flock: 'util-linux',
  runuser: 'util-linux',
  systemctl: 'systemd',
  'systemd-run': 'systemd',
  timeout: 'coreutils',
  sha256sum: 'coreutils',
  'apt-get': 'apt',
  'apt-cache': 'apt',
  'dpkg-query': 'dpkg',
  pg_lsclusters: 'postgresql-common',
  pg_createcluster: 'postgresql-common',
  pg_ctlcluster: 'postgresql-common',
  pg_dropcluster: 'postgresql-common',
};

const EVERYWHERE = ['flock', 'runuser', 'systemctl', 'systemd-run', 'timeout'];
const ON_DATABASE_HOSTS = [
  ...['sha256sum', 'apt-get', 'apt-cache', 'dpkg-query'],
  ...['pg_lsclusters', 'pg_createcluster', 'pg_ctlcluster', 'pg_dropcluster'],
];

/** Seconds that the clocks of host and controller may differ before it is worth a word. */
const SKEW = 120;

/** What pgup needs of a host to work there at all. `now` is the controller's clock, in milliseconds. */
export function checkHost(host: string, facts: HostFacts, isDatabaseHost: boolean, now: number): readonly Finding[] {
  const found: Finding[] = [];
  if (facts.uid !== 0)
    found.push(
      finding(
        host,
        'root',
        `the survey ran as user ${facts.uid}, and pgup works as root`,
        'ansible_become=true, or ansible_user=root',
      ),
    );
  if (facts.init !== 'systemd')
    found.push(
      finding(
        host,
        'systemd',
        `process 1 is ${facts.init || 'unknown'}, not systemd: pgup could not keep the services from coming back`,
      ),
    );
  const missing = [...EVERYWHERE, ...(isDatabaseHost ? ON_DATABASE_HOSTS : [])].filter(
    (tool) => !facts.tools.includes(tool),
  );
  if (isDatabaseHost && missing.includes('pg_lsclusters')) found.push(layout(host, facts));
  else if (missing.length > 0) {
    const packages = new Set(missing.map((tool) => PACKAGES[tool] ?? tool));
    found.push(
      finding(
        host,
        'tool',
        `tools that pgup works with are missing: ${missing.join(', ')}`,
        `apt-get install ${[...packages].join(' ')}`,
      ),
    );
  }
  const skew = facts.clock === undefined ? 0 : Math.abs(facts.clock - now / 1000);
  if (skew > SKEW)
    found.push(
      notice(host, 'clock', `its clock is ${Math.round(skew)} s off the controller's: times in logs will not agree`),
    );
  return found;
}

function layout(host: string, { os, release, processes }: HostFacts): Finding {
  const server = processes.find(({ command }) => /(^|\/)(postgres|postmaster)$/.test(command[0] ?? ''));
  const what = server ? `PostgreSQL runs from ${server.command[0] ?? ''} on ${server.directory}` : 'no PostgreSQL runs';
  return finding(
    host,
    'layout',
    `this is no Debian layout of PostgreSQL (${os} ${release}, no pg_lsclusters; ${what}): this version of pgup knows no other`,
    "install PostgreSQL from Debian's or apt.postgresql.org's packages, or wait for a later version of pgup",
  );
}
