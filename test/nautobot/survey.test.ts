import { expect } from 'chai';
import { nameMigrations } from '../../lib/nautobot/migrations.ts';
import { readCommandLine } from '../../lib/nautobot/survey/command-line.ts';
import { parseUnits } from '../../lib/nautobot/survey/units.ts';
import { oldestPostgresql } from '../../lib/nautobot/versions.ts';

const read = (line: string) => readCommandLine(line.split(' '));

describe('command line of nautobot-server', () => {
  for (const [line, role] of [
    ['/opt/nautobot/bin/nautobot-server start --pidfile /var/tmp/n.pid --ini /opt/nautobot/uwsgi.ini', 'web'],
    ['/opt/nautobot/bin/python3 /opt/nautobot/bin/nautobot-server celery worker --queues job_queue', 'worker'],
    ['/opt/nautobot/bin/nautobot-server celery beat', 'scheduler'],
    ['/opt/nautobot/bin/nautobot-server rqworker', 'worker'],
    ['/opt/nautobot/bin/nautobot-server -c /etc/n.py celery beat', 'scheduler'],
    ['/opt/nautobot/bin/nautobot-server --config-path=/etc/n.py start', 'web'],
    ['/opt/nautobot/bin/nautobot-server nbshell', 'other'],
    ['/opt/nautobot/bin/nautobot-server celery inspect ping', 'other'],
    ['nautobot-server', 'other'],
  ] as const)
    it(`${line}: ${role}`, () => {
      expect(read(line)?.role).to.equal(role);
    });

  it('holds the configuration and the settings of uwsgi', () => {
    expect(read('/x/nautobot-server -c /etc/n.py start --ini=/x/u.ini')).to.deep.include({
      config: '/etc/n.py',
      ini: '/x/u.ini',
    });
    // behind the command -c is the command's own
    expect(read('/x/nautobot-server celery worker -c 4')?.config).to.equal(undefined);
  });

  it('is none where another program runs', () => {
    expect(read('/usr/bin/tail -f /var/log/nautobot-server.log')).to.equal(undefined);
  });
});

describe('units', () => {
  const unit = (key: string, text: string) => ({ name: 'unit', key, code: 0, text });

  it('are told once, however many names they have', () => {
    const text = 'Id=nautobot.service\nLoadState=loaded\nActiveState=active\nUnitFileState=enabled\nMainPID=7';
    expect(parseUnits([unit('nautobot.service', text), unit('web.service', text)])).to.have.length(1);
  });

  it('keep what systemd says of environment files, and leave out units that are not there', () => {
    const text = [
      'Id=n.service\nLoadState=loaded\nActiveState=active',
      'EnvironmentFiles=/etc/default/n (ignore_errors=yes)\nEnvironmentFiles=/etc/n env (ignore_errors=no)',
      'ExecStart={ path=/x ; argv[]=/x/nautobot-server start --ini /x/u.ini ; ignore_errors=no ; start_time=[n/a] }',
    ].join('\n');
    const [found, ...rest] = parseUnits([
      unit('n.service', text),
      unit('gone.service', 'Id=gone.service\nLoadState=not-found'),
    ]);
    expect(rest).to.deep.equal([]);
    expect(found?.environmentFiles).to.deep.equal(['-/etc/default/n', '/etc/n env']);
    expect(found?.command).to.deep.equal(['/x/nautobot-server', 'start', '--ini', '/x/u.ini']);
  });
});

describe('names of migrations', () => {
  it('are short and complete', () => {
    const names = [
      'dcim.0070_b',
      'dcim.0068_a',
      'dcim.0069_c',
      'dcim.0080_squashed_0085',
      'app.initial',
      'ipam.0001_x',
    ];
    expect(nameMigrations(names)).to.equal('dcim.0068–0070+0080, ipam.0001, app.initial');
  });
});

describe('versions of Nautobot', () => {
  for (const [version, oldest] of [
    ['1.0.3', '9.6'],
    ['1.6.32', '9.6'],
    ['2.0.6', '11'],
    ['2.1.0', '12'],
    ['2.4.44', '12'],
    ['3.0.11', '12'],
    ['3.1.0', '14'],
    ['3.2.7', '14'],
    ['3.2.0a0', '14'],
    ['4.0.0', '14'],
    ['next', undefined],
  ] as const)
    it(`${version} needs PostgreSQL ${oldest ?? 'of an unknown version'}`, () => {
      expect(oldestPostgresql(version)).to.equal(oldest);
    });
});
