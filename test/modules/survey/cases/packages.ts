import type { Case } from './case.ts';
import { library, extension, simulated } from './helpers.ts';
import { cluster, server } from '../fixtures.ts';

export const packagesCases: readonly Case[] = [
  {
    check: 'missing-library',
    when: (of) => {
      extension(of, 'adminpack', 'postgresql-15');
    },
    says: /lacks the library \$libdir\/adminpack \(extension adminpack in nautobot\): PostgreSQL ships it no more since 17/,
    next: /psql -p 5432 -d nautobot -c "DROP EXTENSION adminpack"/,
    quiet: (of) => {
      extension(of, 'adminpack', 'postgresql-15');
      of.variables['pgup_target'] = '16';
      simulated(of).packages.candidates['postgresql-16'] = '16.1';
    },
  },
  {
    check: 'missing-library',
    when: (of) => {
      extension(of, 'pg_cron', 'postgresql-15-cron');
      simulated(of).packages.candidates['postgresql-17-cron'] = '1.6';
    },
    says: /it comes from postgresql-15-cron, and postgresql-17-cron is not installed/,
    next: /^apt-get install --no-install-recommends postgresql-17-cron$/,
    quiet: (of) => {
      extension(of, 'pg_trgm', 'postgresql-15');
    },
  },
  {
    check: 'missing-library',
    when: (of) => {
      extension(of, 'plpython3', 'postgresql-plpython3-15');
    },
    says: /postgresql-plpython3-17 is not installed/,
    next: /install postgresql-plpython3-17: no repository that the host knows has it; .*DROP EXTENSION plpython3/,
    quiet: (of) => {
      extension(of, 'plpython3', 'postgresql-plpython3-15', true);
    },
  },
  {
    check: 'missing-library',
    when: (of) => {
      extension(of, 'pg_cron', 'postgresql-15-cron');
      simulated(of).packages.candidates['postgresql-17-cron'] = '1.6';
      simulated(of).packages.installed['postgresql-common'] = '248+deb12u1';
    },
    says: /pg_cron/,
    // the package of bookworm makes and starts a cluster when a new major comes
    next: /create_main_cluster = false.* && apt-get install/,
    quiet: (of) => {
      extension(of, 'pg_cron', 'postgresql-15-cron', true);
    },
  },
  {
    check: 'missing-library',
    when: (of) => {
      extension(of, 'ours', undefined);
    },
    says: /no package owns \/usr\/lib\/postgresql\/15\/lib\/ours\.so/,
    quiet: (of) => {
      extension(of, 'ours', undefined, true);
    },
  },
  {
    check: 'missing-library',
    when: (of) => {
      cluster(of).libraries = [{ ...library('audit', 'postgresql-15-audit'), library: 'audit' }];
      server(of).settings['shared_preload_libraries'] = 'pg_stat_statements, audit';
    },
    says: /\(shared_preload_libraries\)/,
    quiet: (of) => {
      cluster(of).libraries = [{ ...library('pg_stat_statements', 'postgresql-15'), library: 'pg_stat_statements' }];
      server(of).settings['shared_preload_libraries'] = 'pg_stat_statements';
    },
  },
  {
    check: 'missing-library',
    when: (of) =>
      (cluster(of).libraries = [{ ...library('x', undefined, true), library: '/opt/x.so', file: '/opt/x.so' }]),
    says: /named by its path, and \/opt\/x\.so was built for 15/,
    quiet: (of) => (cluster(of).libraries = [library('x', undefined, true)]),
  },
  {
    check: 'package-unavailable',
    when: (of) => {
      delete simulated(of).packages.candidates['postgresql-17'];
      simulated(of).packages.simulation = { kind: 'refusal', text: 'Unable to locate package postgresql-17' };
    },
    says: /no repository that the host knows has postgresql-17/,
    next: /apt-get update/,
    quiet: (of) => (simulated(of).packages.targetVersion = 'postgres (PostgreSQL) 17.11'),
  },
  {
    check: 'package-install',
    when: (of) => (simulated(of).packages.simulation = { kind: 'refusal', text: 'held broken packages' }),
    says: /cannot install postgresql-17: held broken packages/,
    quiet: (of) => simulated(of).actions.push({ kind: 'install', package: 'libllvm19', from: undefined, to: '19' }),
  },
  {
    check: 'package-broken',
    when: (of) => (simulated(of).packages.broken = ['nginx']),
    says: /half installed \(nginx\)/,
    quiet: (of) => (simulated(of).packages.broken = []),
  },
  {
    check: 'package-removed',
    when: (of) => simulated(of).actions.push({ kind: 'remove', package: 'openssh-server', from: '1', to: undefined }),
    says: /would remove openssh-server/,
    quiet: (of) => simulated(of).actions.push({ kind: 'install', package: 'postgresql-17', from: undefined, to: '17' }),
  },
  {
    check: 'package-touches-service',
    when: (of) => {
      simulated(of).actions.push({ kind: 'upgrade', package: 'libc6', from: '2.36', to: '2.41' });
      simulated(of).packages.touched = [
        { package: 'libc6', unit: 'ssh.service', process: 'sshd' },
        { package: 'libc6', unit: 'ssh.service', process: 'sshd' },
        { package: 'libc6', unit: 'session-2.scope', process: 'sh' },
      ];
    },
    says: /would replace libc6 2\.36 → 2\.41 under running services: ssh\.service$/,
    next: /--only-upgrade libc6/,
    quiet: (of) => {
      simulated(of).actions.push({ kind: 'upgrade', package: 'libpq5', from: '15', to: '17' });
      simulated(of).packages.touched = [{ package: 'libpq5', unit: 'session-2.scope', process: 'psql' }];
    },
  },
  {
    check: 'package-upgrade',
    notice: true,
    when: (of) => simulated(of).actions.push({ kind: 'upgrade', package: 'libpq5', from: '15', to: '17' }),
    says: /also upgrades libpq5 15 → 17/,
    quiet: (of) => simulated(of).actions.push({ kind: 'install', package: 'libpq5', from: undefined, to: '17' }),
  },
  {
    check: 'new-cluster',
    when: (of) => (simulated(of).packages.targetClusters = ['main']),
    says: /17\/main is there already, and pgup did not make it/,
    next: /pg_dropcluster --stop 17 main/,
    quiet: (of) => (simulated(of).packages.targetClusters = ['other']),
  },
  {
    check: 'new-cluster',
    when: (of) => of.db1.clusters.push({ ...cluster(of), version: '17', systemIdentifier: '77', port: 5433 }),
    says: /it holds nautobot/,
    // the cluster that an earlier run of pgup made and left is its own
    quiet: (of) => {
      of.db1.clusters.push({ ...cluster(of), version: '17', systemIdentifier: '77', port: 5433 });
      of.db1.host.state['new-cluster'] = '77\n20261122-020304-abcd\n';
    },
  },
  {
    check: 'port',
    when: (of) => of.db1.clusters.push({ ...cluster(of), name: 'two', systemIdentifier: '8', status: 'down' }),
    says: /15\/two has the port 5432 too/,
    quiet: (of) =>
      of.db1.clusters.push(
        { ...cluster(of), name: 'two', systemIdentifier: '8', status: 'down', port: 5433 },
        // kept from an earlier upgrade
        { ...cluster(of), version: '13', systemIdentifier: '7', status: 'down', start: 'disabled' },
      ),
  },
];
