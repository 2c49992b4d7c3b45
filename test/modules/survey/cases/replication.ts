import type { Case } from './case.ts';
import { process } from './helpers.ts';
import { cluster, contents, server } from '../fixtures.ts';

export const replicationCases: readonly Case[] = [
  {
    check: 'standby',
    when: (of) => (server(of).inRecovery = true),
    says: /15\/main is a standby/,
    quiet: (of) =>
      of.db1.clusters.push({
        ...cluster(of),
        name: 'copy',
        systemIdentifier: '1',
        status: 'online,recovery',
        port: 5433,
      }),
  },
  {
    check: 'standby',
    when: (of) =>
      server(of).senders.push({
        role: 'r',
        address: '10.0.0.9',
        application: 'db2',
        state: 'streaming',
        sync: 'async',
      }),
    says: /followed by db2 \(10\.0\.0\.9\)/,
    quiet: (of) => (server(of).senders = []),
  },
  {
    check: 'replication-slot',
    when: (of) =>
      server(of).slots.push({
        name: 's1',
        type: 'logical',
        plugin: 'x',
        database: 'nautobot',
        active: false,
        temporary: false,
      }),
    says: /replication slots \(s1, logical\)/,
    next: /pg_drop_replication_slot\('s1'\)/,
    quiet: (of) =>
      server(of).slots.push({
        name: 's1',
        type: 'physical',
        plugin: null,
        database: null,
        active: true,
        temporary: true,
      }),
  },
  {
    check: 'subscription',
    when: (of) => server(of).subscriptions.push({ name: 'feed', database: 'nautobot', enabled: true }),
    says: /subscriptions \(feed in nautobot\)/,
    // publishing alone is carried over by pg_upgrade
    quiet: (of) => (contents(of).publications = 2),
  },
  {
    check: 'archiving',
    when: (of) => {
      server(of).settings['archive_mode'] = 'on';
      server(of).archiveCommand = 'pgbackrest';
    },
    says: /archive_mode=on, pgbackrest/,
    quiet: (of) => (server(of).archiveCommand = 'pgbackrest'),
  },
  {
    check: 'patroni',
    when: (of) =>
      of.db1.host.processes.push(process('/usr/bin/python3 /usr/bin/patroni /etc/patroni.yml', 'patroni.service')),
    says: /Patroni runs \(patroni\.service\)/,
    quiet: (of) => of.db1.host.processes.push(process('/usr/bin/vim notes about patroni')),
  },
  {
    check: 'repmgr',
    when: (of) => of.db1.host.processes.push(process('/usr/lib/postgresql/15/bin/repmgrd -f /etc/repmgr.conf')),
    says: /repmgr runs/,
    quiet: (of) => of.db1.host.processes.push(process('/usr/bin/less /var/log/repmgrd')),
  },
  {
    check: 'pgbouncer',
    on: 'app1',
    when: (of) =>
      of.app1.host.processes.push(process('/usr/sbin/pgbouncer -d /etc/pgbouncer.ini', 'pgbouncer.service')),
    says: /PgBouncer runs \(pgbouncer\.service\)/,
    quiet: (of) => of.app1.host.processes.push(process('/usr/bin/pgbouncer_exporter')),
  },
];
