import { expect } from 'chai';
import { parseAnswer } from '../../lib/postgresql/survey/answer.ts';
import { databaseFacts } from '../../lib/postgresql/survey/database.ts';
import { plainAddress } from '../../lib/postgresql/survey/system.ts';
import { counterpartPackage } from '../../lib/postgresql/survey/library.ts';
import { parsePackages, parsePolicy } from '../../lib/postgresql/survey/package.ts';
import { formatBytes } from '../../lib/postgresql/size.ts';
import { compareMajors, goneLibrary } from '../../lib/postgresql/versions.ts';

describe('majors', () => {
  it('are ordered as versions, not as text or numbers', () => {
    expect(['18', '9.6', '10', '9.5', '17'].toSorted(compareMajors)).to.deep.equal(['9.5', '9.6', '10', '17', '18']);
  });

  it('know which libraries they no longer have', () => {
    expect(goneLibrary('adminpack', '17')?.since).to.equal('17');
    expect(goneLibrary('adminpack', '16')).to.equal(undefined);
    expect(goneLibrary('hstore_plpython2', '15')?.advice).to.include('plpython3u');
    expect(goneLibrary('hstore', '18')).to.equal(undefined);
  });
});

describe('packages', () => {
  for (const [owner, name] of [
    ['postgresql-15-cron', 'postgresql-17-cron'],
    ['postgresql-plpython3-15', 'postgresql-plpython3-17'],
    ['postgresql-15-postgis-3', 'postgresql-17-postgis-3'],
    ['postgresql-15', 'postgresql-17'],
    ['timescaledb-2-postgresql-15', undefined],
    ['libfoo15', undefined],
  ] as const)
    it(`${owner} is ${name ?? 'unknown'} for 17`, () => {
      expect(counterpartPackage(owner, '15', '17')).to.equal(name);
    });

  it('have the candidates that apt-cache tells', () => {
    const text = `postgresql-17:
  Installed: (none)
  Candidate: 17.11-0+deb13u1
  Version table:
     17.11-0+deb13u1 500
        500 http://deb.example trixie/main amd64 Packages
postgresql-17-x:
  Installed: (none)
  Candidate: (none)
  Version table:`;
    expect(parsePolicy(text)).to.deep.equal({ 'postgresql-17': '17.11-0+deb13u1' });
  });

  it('say what an install would do', () => {
    const text = `Reading package lists...
Remv postgresql-old [1]
Inst libc6 [2.36-9] (2.41-12 Debian:13/stable [amd64]) []
Inst postgresql-17 (17.11 Debian:13/stable [amd64])
Conf libc6 (2.41-12 Debian:13/stable [amd64])`;
    const facts = parsePackages([{ name: 'simulate', key: '-', code: 0, text }]);
    expect(facts?.simulation).to.deep.equal({
      kind: 'simulation',
      actions: [
        { kind: 'remove', package: 'postgresql-old', from: '1', to: undefined },
        { kind: 'upgrade', package: 'libc6', from: '2.36-9', to: '2.41-12' },
        { kind: 'install', package: 'postgresql-17', from: undefined, to: '17.11' },
      ],
    });
  });

  it('say why apt refuses', () => {
    const text = 'Reading package lists...\nE: Unable to correct problems, you have held broken packages.';
    expect(parsePackages([{ name: 'simulate', key: '-', code: 100, text }])?.simulation).to.deep.equal({
      kind: 'refusal',
      text: 'Unable to correct problems, you have held broken packages.',
    });
  });
});

describe('answers of psql', () => {
  const section = (code: number, text: string) => ({ name: 'database', key: '15/main:1', code, text });

  it('are refusals where psql failed, with what it said', () => {
    expect(parseAnswer(section(2, 'psql: error: no such role'), databaseFacts)).to.deep.equal({
      kind: 'refusal',
      text: 'psql: error: no such role',
    });
    expect(parseAnswer(section(124, ''), databaseFacts)).to.deep.include({ text: 'no answer in the time allowed' });
    expect(parseAnswer(section(0, 'J {"relations": "many"}'), databaseFacts).kind).to.equal('refusal');
    expect(parseAnswer(section(0, 'J {broken'), databaseFacts).kind).to.equal('refusal');
    expect(parseAnswer(undefined, databaseFacts).kind).to.equal('refusal');
  });

  it('are found among warnings', () => {
    const none = '{"count": 0, "rows": null}';
    const lists = ['extensions', 'libraries', 'columns', 'staleCollations'].map((name) => `"${name}": null`);
    const founds = ['oids', 'postfix', 'conversions', 'polymorphic', 'notNull', 'unloggedPartitioned'].map(
      (name) => `"${name}": ${none}`,
    );
    const json = `{"relations": 5, "largeObjects": 0, "publications": 0, ${[...lists, ...founds].join(', ')}}`;
    const answer = parseAnswer(
      section(0, `WARNING:  database "x" has a collation version mismatch\nJ ${json}`),
      databaseFacts,
    );
    expect(answer.kind === 'answer' && answer.value.relations).to.equal(5);
  });
});

describe('addresses', () => {
  for (const [written, plain] of [
    ['10.0.0.1', '10.0.0.1'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['FD00:0:0:0::0002', 'fd00::2'],
    ['0000:0000:0000:0000:0000:0000:0000:0001', '::1'],
    [' ::1\n', '::1'],
  ] as const)
    it(`${JSON.stringify(written)} is ${plain}`, () => {
      expect(plainAddress(written)).to.equal(plain);
    });
});

describe('sizes', () => {
  it('are written for people', () => {
    expect([0, 999, 1000, 230_572_032, 1_250_000_000, 5e12].map(formatBytes)).to.deep.equal([
      '0 bytes',
      '999 bytes',
      '1.0 kB',
      '231 MB',
      '1.3 GB',
      '5.0 TB',
    ]);
  });
});
