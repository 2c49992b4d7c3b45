import type { Case } from './case.ts';
import { process } from './helpers.ts';

export const hostCases: readonly Case[] = [
  {
    check: 'root',
    when: (of) => (of.db1.host.uid = 1000),
    says: /user 1000/,
    next: /ansible_become/,
    quiet: (of) => (of.db1.host.uid = 0),
  },
  {
    check: 'systemd',
    on: 'app1',
    when: (of) => (of.app1.host.init = 'runit'),
    says: /process 1 is runit/,
    quiet: (of) => (of.app1.host.os = 'ubuntu'),
  },
  {
    check: 'tool',
    when: (of) => (of.db1.host.tools = of.db1.host.tools.filter((tool) => tool !== 'flock' && tool !== 'runuser')),
    says: /missing: flock, runuser/,
    next: /apt-get install util-linux/,
    quiet: (of) =>
      (of.app1.host.tools = of.app1.host.tools.filter((tool) => !tool.startsWith('pg_') && tool !== 'apt-get')),
  },
  {
    check: 'layout',
    when: (of) => {
      of.db1.host.tools = of.db1.host.tools.filter((tool) => !tool.startsWith('pg_'));
      of.db1.clusters = [];
      of.db1.host.processes = [
        process('/usr/pgsql-15/bin/postgres -D /var/lib/pgsql/15/data', 'postgresql-15.service'),
      ];
    },
    says: /no Debian layout .*runs from \/usr\/pgsql-15\/bin\/postgres/,
    quiet: (of) => (of.app1.host.tools = of.app1.host.tools.filter((tool) => !tool.startsWith('pg_'))),
  },
  {
    check: 'layout',
    when: (of) => (of.db1.clusterError = 'Error: invalid line'),
    says: /pg_lsclusters does not tell .*invalid line/,
    quiet: (of) => (of.db1.clusterError = undefined),
  },
  {
    check: 'clock',
    notice: true,
    on: 'app1',
    when: (of) => (of.app1.host.clock = (of.db1.host.clock ?? 0) - 500),
    says: /500 s off/,
    quiet: (of) => (of.app1.host.clock = undefined),
  },
  {
    check: 'held',
    when: (of) => (of.db1.host.state['claim'] = 'pgup1 held 4 20261122-010101-ffff ops%40controller%2012 demo\n'),
    says: /run 20261122-010101-ffff of ops@controller 12 holds the host/,
    next: /pgup resume 20261122-010101-ffff/,
    quiet: (of) => (of.db1.host.state['claim'] = 'pgup1 free 4 20261122-010101-ffff ops%40controller%2012 demo\n'),
  },
  {
    check: 'held',
    when: (of) => (of.db1.host.state['marker'] = 'x'),
    says: /passed its point of no return/,
    quiet: (of) => {
      of.db1.host.state['marker'] = 'x';
      of.db1.host.state['claim'] = `pgup1 held 4 ${of.run} ops demo`;
    },
  },
  {
    check: 'variable',
    when: (of) => (of.variables['pgup_mode'] = 'link'),
    says: /pgup_mode: "link" comes with a later version/,
    quiet: (of) => (of.variables['pgup_mode'] = 'copy'),
  },
];
