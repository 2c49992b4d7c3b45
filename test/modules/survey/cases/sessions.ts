import type { Case } from './case.ts';
import { session } from './helpers.ts';
import { cluster, server, settings } from '../fixtures.ts';

export const sessionsCases: readonly Case[] = [
  {
    check: 'foreign-session',
    when: (of) => server(of).sessions.push(session({ address: '10.9.9.9', application: 'grafana' })),
    says: /role nautobot \(grafana\) in database nautobot from 10\.9\.9\.9/,
    next: /backend 4711/,
    quiet: (of) => server(of).sessions.push(session({ address: '::ffff:198.18.162.11' })),
  },
  {
    check: 'local-session',
    when: (of) => server(of).sessions.push(session({ role: 'postgres', application: 'psql' })),
    says: /role postgres \(psql\) .*local socket/,
    quiet: (of) => server(of).sessions.push(session({ address: '198.18.162.11' })),
  },
  {
    check: 'other-session',
    notice: true,
    when: (of) => server(of).sessions.push(session({ role: 'bi', address: '198.18.162.11' })),
    says: /role bi .*198\.18\.162\.11 .*not Nautobot/,
    quiet: (of) => server(of).sessions.push(session({ address: '198.18.162.11', application: 'worker' })),
  },
  {
    check: 'old-cluster',
    when: (of) => (of.variables['pgup_old_cluster'] = '15/other'),
    says: /pgup_old_cluster is 15\/other, and there is no such cluster \(there: 15\/main\)/,
    quiet: (of) => (of.variables['pgup_old_cluster'] = '15/main'),
  },
  {
    check: 'old-cluster',
    on: 'app1',
    when: (of) => {
      of.db1.clusters.push({ ...cluster(of), name: 'two', systemIdentifier: '8', port: 5433 });
      of.variables['pgup_old_cluster'] = '15/two';
    },
    says: /Nautobot works on 15\/main of db1 here, not on 15\/two/,
    next: /pgup_old_cluster=15\/main/,
    quiet: (of) => of.db1.clusters.push({ ...cluster(of), name: 'two', systemIdentifier: '8', port: 5433 }),
  },
  {
    check: 'database-elsewhere',
    on: 'app1',
    when: (of) => Object.assign(settings(of).server ?? {}, { identifier: '5' }),
    says: /PostgreSQL 15\.18 at db1:5432 that is no cluster of db1/,
    quiet: (of) => (settings(of).database.port = ''),
  },
  {
    check: 'proxy',
    on: 'app1',
    when: (of) => (settings(of).database.port = '6432'),
    says: /through db1:6432, which is not the server itself/,
    quiet: (of) => (settings(of).database.host = 'db.example'),
  },
  {
    check: 'proxy',
    on: 'app1',
    when: (of) => (settings(of).addresses = ['10.0.0.99']),
    says: /through db1:5432/,
    quiet: (of) => of.db1.host.addresses.push('10.0.0.99'),
  },
];
