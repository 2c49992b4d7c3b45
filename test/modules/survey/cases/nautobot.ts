import type { Case } from './case.ts';
import { process } from './helpers.ts';
import { cluster, scene, settings, survey } from '../fixtures.ts';

export const nautobotCases: readonly Case[] = [
  {
    check: 'database-engine',
    on: 'app1',
    when: (of) => {
      settings(of).database.engine = 'django.db.backends.mysql';
      settings(of).server = null;
    },
    says: /database is django\.db\.backends\.mysql/,
    quiet: (of) => (settings(of).database.engine = 'django_prometheus.db.backends.postgresql'),
  },
  {
    check: 'nautobot-database',
    on: 'app1',
    when: (of) => {
      settings(of).server = undefined;
      settings(of).errors = ['server: OperationalError: connection refused'];
    },
    says: /does not reach its database \(db1:5432\): OperationalError: connection refused/,
    quiet: (of) => (settings(of).errors = ['hosts: AttributeError: x']),
  },
  {
    check: 'nautobot-version',
    on: 'app1',
    when: (of) => {
      cluster(of).version = '12';
      settings(of).version = '3.4.0';
      of.variables['pgup_target'] = '14';
      settings(of).version = 'unknown';
    },
    says: /cannot be told from "unknown"/,
    quiet: (of) => (settings(of).version = '2.4.44'),
  },
  {
    check: 'nautobot-unreadable',
    on: 'app1',
    when: (of) =>
      Object.assign(of.app1.server ?? {}, { settings: { kind: 'refusal', text: 'ImportError: no module' } }),
    says: /run as nautobot with the environment of nautobot\.service, does not answer: ImportError/,
    next: /sudo -u nautobot/,
    quiet: (of) => (settings(of).errors = []),
  },
  {
    check: 'no-units',
    on: 'app1',
    when: (of) => (of.app1.units = []),
    says: /no systemd unit on it runs nautobot-server/,
    quiet: (of) => of.app1.units.splice(0, 2),
  },
  {
    check: 'misplaced-units',
    when: (of) => (of.db1.units = of.app1.units.slice(0, 1)),
    says: /nautobot-scheduler\.service/,
    quiet: (of) =>
      (of.db1.units = of.app1.units.slice(0, 1).map((unit) => ({ ...unit, active: 'inactive', enabled: 'disabled' }))),
  },
  {
    check: 'unit-down',
    on: 'app1',
    notice: true,
    when: (of) => {
      of.app1.units.forEach((unit) => (unit.active = unit.name === 'nautobot-worker.service' ? 'failed' : unit.active));
    },
    says: /nautobot-worker\.service is enabled and failed/,
    quiet: (of) => {
      of.app1.units.forEach((unit) => (unit.active = 'activating'));
    },
  },
  {
    check: 'second-scheduler',
    on: 'app2',
    when: (of) => (of.others['app2'] = structuredClone(of.app1)),
    says: /nautobot-scheduler\.service on app1, nautobot-scheduler\.service on app2/,
    quiet: (of) => {
      of.others['app2'] = structuredClone(of.app1);
      of.others['app2'].units.forEach(
        (unit) => (unit.active = unit.name.includes('scheduler') ? 'inactive' : unit.active),
      );
    },
  },
  {
    check: 'version-differs',
    on: 'app2',
    when: (of) => {
      const other = scene();
      settings(other).version = '3.2.6';
      other.app1.units.forEach((unit) => (unit.active = 'inactive'));
      of.others['app2'] = other.app1;
    },
    says: /3\.2\.6 here and 3\.2\.7 on app1/,
    quiet: (of) => {
      of.others['app2'] = survey('app1');
      of.others['app2'].units.forEach((unit) => (unit.active = 'inactive'));
    },
  },
  {
    check: 'database-name',
    on: 'app2',
    when: (of) => {
      const other = scene();
      settings(other).database.name = 'nautobot_test';
      of.others['app2'] = other.app1;
    },
    says: /nautobot_test here and nautobot on app1/,
    quiet: (of) => (of.others['app2'] = survey('app1')),
  },
  {
    check: 'stray-process',
    on: 'app1',
    when: (of) =>
      of.app1.host.processes.push(
        process('/opt/nautobot/bin/python3 /opt/nautobot/bin/nautobot-server nbshell', 'session-3.scope'),
      ),
    says: /process 99 of postgres \(session-3\.scope\)/,
    quiet: (of) => of.app1.host.processes.push(process('/usr/bin/tail -f /var/log/nautobot-server')),
  },
  {
    check: 'running-jobs',
    on: 'app1',
    notice: true,
    when: (of) => (settings(of).jobs = { count: 3, rows: [{ name: 'Sync', status: 'STARTED', age: 420 }] }),
    says: /Sync \(STARTED, 7 min\) and 2 more.*600 s/,
    quiet: (of) => (settings(of).jobs = { count: 0, rows: [] }),
  },
  {
    check: 'pending-migrations',
    on: 'app1',
    when: (of) => (settings(of).migrations = ['dcim.0001_initial', 'dcim.0002_more', 'custom.first']),
    says: /3 migrations are pending: dcim\.0001–0002, custom\.first/,
    next: /pgup_migrate=pending/,
    quiet: (of) => (settings(of).migrations = []),
  },
  {
    check: 'pending-migrations',
    on: 'app1',
    when: (of) => {
      delete settings(of).migrations;
      settings(of).errors = ['migrations: ConnectionError: Redis is away'];
    },
    says: /cannot be told: ConnectionError: Redis is away/,
    quiet: (of) => (settings(of).errors = ['apps: ValueError: x']),
  },
  {
    check: 'pending-migrations',
    on: 'app1',
    notice: true,
    when: (of) => {
      settings(of).migrations = ['dcim.0001_initial'];
      of.variables['pgup_migrate'] = 'pending';
    },
    says: /1 migration is pending: dcim\.0001; step 7 applies them/,
    quiet: (of) => (of.variables['pgup_migrate'] = 'pending'),
  },
  {
    check: 'health-address',
    on: 'app1',
    when: (of) => (of.app1.health = undefined),
    says: /could not be found/,
    next: /pgup_health_url/,
    quiet: (of) => {
      of.app1.health = undefined;
      of.variables['pgup_health_url'] = 'http://127.0.0.1:8080/health/';
    },
  },
  {
    check: 'health-address',
    on: 'app2',
    notice: true,
    when: (of) => {
      of.others['app2'] = { ...survey('app1'), health: undefined };
    },
    says: /could not be found/,
    quiet: (of) => (of.others['app2'] = survey('app1')),
  },
  {
    check: 'health-address',
    on: 'app1',
    when: (of) => (settings(of).sslRedirect = true),
    says: /redirect to https/,
    quiet: (of) => {
      settings(of).sslRedirect = true;
      if (of.app1.health) of.app1.health.address.tls = true;
    },
  },
  {
    check: 'cache',
    on: 'app1',
    when: (of) => (settings(of).errors = ['cache: ConnectionError: Error 111 connecting to localhost:6379']),
    says: /does not reach its cache .*6379/,
    quiet: (of) => (settings(of).cache = true),
  },
];
