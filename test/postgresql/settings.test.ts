import { expect } from 'chai';
import {
  convertSettings,
  parseConfigLine,
  readSettings,
  renamePath,
  settingLine,
} from '../../lib/postgresql/settings.ts';

const place = (version: string) => ({
  version,
  name: 'main',
  dataDirectory: `/var/lib/postgresql/${version}/main`,
  configDirectory: `/etc/postgresql/${version}/main`,
});

interface Case {
  readonly from: string;
  readonly to: string;
  readonly line: string;
  /** Undefined: the line stays as it is. */
  readonly becomes?: string;
}

const CASES: readonly Case[] = [
  { from: '15', to: '17', line: 'max_connections = 100   # a person wrote this' },
  { from: '15', to: '17', line: '# old_snapshot_threshold = -1' },
  { from: '15', to: '17', line: "log_line_prefix = '%m [%p] %q%u@%d '" },
  {
    from: '15',
    to: '17',
    line: 'old_snapshot_threshold = 1h',
    becomes: '#old_snapshot_threshold = 1h # left out by pgup: does not exist any more',
  },
  { from: '17', to: '18', line: 'log_connections = on' },
  { from: '16', to: '17', line: 'vacuum_defer_cleanup_age = 5' },
  {
    from: '15',
    to: '16',
    line: 'vacuum_defer_cleanup_age = 5',
    becomes: '#vacuum_defer_cleanup_age = 5 # left out by pgup: does not exist any more',
  },
  { from: '15', to: '17', line: "force_parallel_mode = 'on' # why", becomes: "debug_parallel_query = 'on' # why" },
  { from: '14', to: '15', line: 'force_parallel_mode = on' },
  { from: '12', to: '17', line: 'wal_keep_segments = 64', becomes: "wal_keep_size = '1024MB'" },
  { from: '12', to: '17', line: 'effective_io_concurrency = 2', becomes: "effective_io_concurrency = '3'" },
  { from: '12', to: '17', line: 'effective_io_concurrency = 1' },
  { from: '13', to: '17', line: 'effective_io_concurrency = 2' },
  { from: '13', to: '14', line: 'password_encryption = on', becomes: "password_encryption = 'md5'" },
  { from: '13', to: '14', line: "password_encryption = 'scram-sha-256'" },
  { from: '11', to: '14', line: 'dynamic_shared_memory_type = none', becomes: "dynamic_shared_memory_type = 'posix'" },
  {
    from: '14',
    to: '17',
    line: "stats_temp_directory = '/var/run/postgresql/14-main.pg_stat_tmp'",
    becomes:
      "#stats_temp_directory = '/var/run/postgresql/14-main.pg_stat_tmp' # left out by pgup: statistics live in shared memory",
  },
  { from: '17', to: '18', line: "ssl_ecdh_curve = 'prime256v1'", becomes: "ssl_groups = 'prime256v1'" },
  {
    from: '15',
    to: '17',
    line: "data_directory = '/var/lib/postgresql/15/main'  # use data in another directory",
    becomes: "data_directory = '/var/lib/postgresql/17/main'  # use data in another directory",
  },
  { from: '15', to: '17', line: "cluster_name = '15/main'", becomes: "cluster_name = '17/main'" },
  {
    from: '15',
    to: '17',
    line: "external_pid_file = '/var/run/postgresql/15-main.pid'",
    becomes: "external_pid_file = '/var/run/postgresql/17-main.pid'",
  },
  {
    from: '15',
    to: '17',
    line: "ssl_key_file = '/var/lib/postgresql/15/main/own.key'",
    becomes: "ssl_key_file = '/var/lib/postgresql/17/main/own.key'",
  },
  { from: '15', to: '17', line: "ssl_cert_file = '/etc/ssl/certs/ssl-cert-snakeoil.pem'" },
  { from: '15', to: '17', line: "include_dir 'conf.d'" },
  {
    from: '15',
    to: '17',
    line: "include_dir = '/etc/postgresql/15/main/more.d' # x",
    becomes: "include_dir '/etc/postgresql/17/main/more.d' # x",
  },
  { from: '15', to: '17', line: "some.extension = '15/main stays: it names no cluster of ours'" },
];

describe('convertSettings', () => {
  for (const { from, to, line, becomes } of CASES) {
    it(`${from} → ${to}: ${line}${becomes === undefined ? ' stays' : ` → ${becomes}`}`, () => {
      const { text, changes } = convertSettings(`${line}\n`, place(from), place(to));
      expect(text).to.equal(`${becomes ?? line}\n`);
      expect(changes).to.have.length(becomes === undefined ? 0 : 1);
    });
  }

  it('goes through several majors: a setting that was renamed and then went is left out', () => {
    const { text, changes } = convertSettings('wal_keep_segments = 3', place('11'), place('17'));
    expect(text).to.equal("wal_keep_size = '48MB'");
    expect(changes).to.deep.equal([
      'wal_keep_segments = 3 becomes wal_keep_size = 48MB: is now wal_keep_size, in megabytes',
    ]);
  });
});

describe('parseConfigLine', () => {
  const LINES: readonly (readonly [string, ReturnType<typeof parseConfigLine>])[] = [
    ['port=5433', { kind: 'setting', name: 'port', value: '5433', rest: '' }],
    ['  Port 5433 # c', { kind: 'setting', name: 'port', value: '5433', rest: ' # c' }],
    ["a.b = 'it''s \\\\ here'", { kind: 'setting', name: 'a.b', value: "it's \\ here", rest: '' }],
    ["include_if_exists 'x.conf'", { kind: 'include', directive: 'include_if_exists', path: 'x.conf', rest: '' }],
    ['', { kind: 'other' }],
    ['# port = 1', { kind: 'other' }],
  ];
  for (const [line, parsed] of LINES)
    it(line || 'an empty line', () => {
      expect(parseConfigLine(line)).to.deep.equal(parsed);
    });

  it('reads back what settingLine writes', () => {
    for (const value of ["it's", 'a\\b', '', 'plain', "'''"]) {
      expect(readSettings(settingLine('x', value)).get('x')).to.equal(value);
    }
  });
});

describe('renamePath', () => {
  const PATHS: readonly (readonly [string, string])[] = [
    ['/srv/wal/15/main', '/srv/wal/17/main'],
    ['/srv/wal/15/main2', '/srv/wal/15/main2'],
    ['/srv/115/main', '/srv/115/main'],
    ['/var/lib/postgresql/15/main', '/var/lib/postgresql/17/main'],
    ['/var/lib/postgresql/15/main-wal', '/var/lib/postgresql/17/main-wal'],
  ];
  for (const [path, renamed] of PATHS) {
    it(`${path} → ${renamed}`, () => {
      expect(renamePath(path, place('15'), place('17'))).to.equal(renamed);
    });
  }
});
