import type { Case } from './case.ts';
import { cluster, server } from '../fixtures.ts';

export const serverCases: readonly Case[] = [
  {
    check: 'space',
    when: (of) => {
      cluster(of).places.forEach((place) => (place.free = 100_000_000));
    },
    says: /has 100 MB free and needs \d+ MB: .* for the new cluster, .* for the backup/,
    next: /pgup_backup_dir/,
    quiet: (of) => {
      cluster(of).places.forEach((place) => (place.free = undefined));
    },
  },
  {
    check: 'space',
    on: 'db1',
    // each alone fits, both on one file system do not
    when: (of) => {
      cluster(of).places.forEach((place) => {
        place.free = 650_000_000;
      });
    },
    says: /has 650 MB free/,
    quiet: (of) => {
      cluster(of).places.forEach((place, index) => {
        place.free = 650_000_000;
        place.device = String(index);
      });
    },
  },
  {
    check: 'inodes',
    when: (of) => {
      cluster(of).places.forEach((place) => (place.freeInodes = 100));
    },
    says: /has 100 inodes free and needs \d+/,
    quiet: (of) => {
      cluster(of).places.forEach((place) => (place.freeInodes = undefined));
    },
  },
  {
    check: 'read-only',
    when: (of) => {
      cluster(of)
        .places.filter(({ label }) => label === 'backup')
        .forEach((place) => (place.writable = false));
    },
    says: /cannot be written to .*shall hold the backup/,
    quiet: (of) => {
      cluster(of)
        .places.filter(({ label }) => label === 'wal')
        .forEach((place) => (place.writable = false));
    },
  },
  {
    check: 'no-way-in',
    when: (of) => (server(of).superuser = false),
    says: /no superuser/,
    next: /pgup_admin_user/,
    quiet: (of) => (cluster(of).role = 'admin'),
  },
  {
    check: 'server-down',
    when: (of) => {
      Object.assign(cluster(of), { status: 'down', server: { kind: 'refusal', text: 'it was not asked' } });
    },
    says: /15\/main, which serves Nautobot, is down/,
    quiet: (of) =>
      of.db1.clusters.push({ ...cluster(of), name: 'x', systemIdentifier: '2', port: 5439, status: 'down' }),
  },
  {
    check: 'binaries-missing',
    when: (of) => {
      Object.assign(cluster(of), { status: 'down,binaries_missing', server: { kind: 'refusal', text: '' } });
    },
    says: /the programs of 15\/main are not installed/,
    quiet: (of) =>
      of.db1.clusters.push({
        ...cluster(of),
        version: '11',
        systemIdentifier: '2',
        port: 5439,
        status: 'down,binaries_missing',
      }),
  },
  {
    check: 'server-unit',
    when: (of) => (cluster(of).unitState = 'inactive'),
    says: /runs, but not as postgresql@15-main\.service \(inactive\)/,
    quiet: (of) => (cluster(of).start = 'manual'),
  },
  {
    check: 'setting-error',
    when: (of) => server(of).fileErrors.push({ file: '/etc/x.conf', line: 7, name: 'x', error: 'unrecognized' }),
    says: /\/etc\/x\.conf:7: unrecognized.*would not start again/,
    quiet: (of) => server(of).settingFiles.push('/etc/postgresql/15/main/conf.d/x.conf'),
  },
  {
    check: 'hba-error',
    when: (of) =>
      server(of).hba.push({ line: 9, type: null, databases: [], users: [], address: null, method: null, error: 'bad' }),
    says: /line 9: bad/,
    quiet: (of) =>
      server(of).hba.push({
        line: 9,
        type: 'host',
        databases: ['all'],
        users: ['all'],
        address: 'all',
        method: 'md5',
        error: null,
      }),
  },
  {
    check: 'pending-restart',
    notice: true,
    when: (of) => server(of).pendingRestart.push('shared_buffers'),
    says: /wait for a restart \(shared_buffers\)/,
    quiet: (of) => (server(of).pendingRestart = []),
  },
  {
    check: 'old-version',
    when: (of) => (cluster(of).version = '9.6'),
    says: /older than PostgreSQL 10/,
    quiet: (of) => (cluster(of).version = '10'),
  },
  {
    check: 'downgrade',
    when: (of) => (of.variables['pgup_target'] = '14'),
    says: /newer than the target 14/,
    quiet: (of) => (of.variables['pgup_target'] = '16'),
  },
  {
    check: 'clone',
    when: (of) => (of.variables['pgup_mode'] = 'clone'),
    says: /overlayfs\) cannot clone files/,
    quiet: (of) => {
      of.variables['pgup_mode'] = 'clone';
      // only a try can tell, which Prepare makes
      for (const place of cluster(of).places) place.clones = undefined;
    },
  },
  {
    check: 'clone',
    when: (of) => {
      of.variables['pgup_mode'] = 'clone';
      cluster(of).places.forEach((place, index) => Object.assign(place, { clones: true, device: String(index) }));
    },
    says: /are on different file systems/,
    quiet: (of) => {
      cluster(of).places.forEach((place, index) => Object.assign(place, { clones: true, device: String(index) }));
    },
  },
  {
    check: 'backup-place',
    when: (of) => {
      for (const place of cluster(of).places)
        if (place.label === 'backup') place.path = '/var/lib/postgresql/15/main/backup';
    },
    says: /inside of \/var\/lib\/postgresql\/15\/main$/,
    quiet: (of) => {
      for (const place of cluster(of).places)
        if (place.label === 'backup') place.path = '/var/lib/postgresql/15/main-backup';
    },
  },
];
