import { expect } from 'chai';
import { parseControlData } from '../../lib/postgresql/control-data.ts';
import { differences, parseFingerprint } from '../../lib/postgresql/fingerprint.ts';
import { upgradeFailure, upgradeProgress } from '../../lib/postgresql/pg-upgrade.ts';
import { parseSessions, whose } from '../../lib/postgresql/sessions.ts';

const CONTROL = `pg_control version number:            1300
Database system identifier:           7711193235787126577
Database cluster state:               shut down
Latest checkpoint location:           0/14EECE8
Latest checkpoint's NextXID:          2:727
Data page checksum version:           1
`;

describe('parseControlData', () => {
  it('reads what decides: identifier, state, the next transaction with its epoch, checksums', () => {
    expect(parseControlData(CONTROL)).to.deep.equal({
      systemIdentifier: '7711193235787126577',
      state: 'shut down',
      nextXid: String(2 * 2 ** 32 + 727),
      checkpoint: '0/14EECE8',
      checksums: true,
    });
  });

  it('takes nothing for an answer that is none', () => {
    expect(parseControlData('pg_controldata: error: could not open file')).to.equal(undefined);
  });
});

const PRINT = [
  'next-xid\t1234',
  'database\tnautobot',
  'table\tpublic.dcim_device\t5000:12:-7',
  'sequence\tpublic.x_id_seq\t9:t',
  'objects\tr\t232',
  'database\tpostgres',
  'end',
  '',
];

describe('a fingerprint', () => {
  const before = parseFingerprint(PRINT.join('\n'))!;
  const changed = (from: string, to: string) => parseFingerprint(PRINT.join('\n').replace(from, to))!;

  it('has one entry for each thing that was counted', () => {
    expect(before.entries).to.deep.equal({
      'nautobot public.dcim_device': '5000:12:-7',
      'nautobot sequence public.x_id_seq': '9:t',
      'nautobot objects r': '232',
    });
    expect([before.rows, before.nextXid]).to.deep.equal([5000, '1234']);
  });

  it('that broke off is none', () => {
    expect(parseFingerprint(PRINT.slice(0, -2).join('\n'))).to.equal(undefined);
  });

  const CHANGES: readonly (readonly [string, string, string])[] = [
    ['5000:12:-7', '5000:12:-8', 'nautobot public.dcim_device: contents differ'],
    ['5000:12:-7', '4999:12:-7', 'nautobot public.dcim_device: 5000 before, 4999 after'],
    ['9:t', '8:t', 'nautobot sequence public.x_id_seq: 9 before, 8 after'],
    ['table\tpublic.dcim_device\t5000:12:-7\n', '', 'nautobot public.dcim_device is gone'],
    ['end', 'table\tpublic.y\t1:1:1\nend', 'postgres public.y is new'],
  ];
  for (const [from, to, says] of CHANGES) {
    it(`differs: ${says}`, () => {
      expect(differences(before, changed(from, to))).to.deep.equal([says]);
    });
  }

  it('is equal whatever order it was printed in, and whenever', () => {
    const lines = [...PRINT];
    [lines[2], lines[3]] = [lines[3]!, lines[2]!];
    expect(differences(before, parseFingerprint(lines.join('\n').replace('1234', '99'))!)).to.deep.equal([]);
  });
});

describe('what pg_upgrade says', () => {
  it('becomes progress in words', () => {
    expect(upgradeProgress('Restoring database schemas in the new cluster                 ok')).to.equal(
      'pg_upgrade: restoring database schemas in the new cluster',
    );
    expect(upgradeProgress('Checking for reg* data types in user tables   failed check: x')).to.match(
      /failed check: x$/,
    );
    expect(upgradeProgress('------------------')).to.equal(undefined);
  });

  it('names a library that the new version lacks', () => {
    const output = `Checking for presence of required libraries                   fatal

Your installation references loadable libraries that are missing from the new installation.
Failure, exiting
pgup-report: loadable_libraries.txt
could not load library "$libdir/hypopg": ERROR:  could not access file "$libdir/hypopg": No such file or directory
In database: nautobot
could not load library "$libdir/hypopg": ERROR:  could not access file "$libdir/hypopg": No such file or directory
In database: postgres
`;
    const { says, next } = upgradeFailure(output);
    expect(says).to.match(/lacks a library.*: \$libdir\/hypopg$/);
    expect(next).to.match(/install the package/);
  });

  it('names the step that failed, with what its report lists', () => {
    const output = `Checking for reg* data types in user tables                  failed check: Checking for reg* data types in user tables
Failure, exiting
pgup-report: tables_using_reg.txt
In database: nautobot
  public.t.c
`;
    expect(upgradeFailure(output).says).to.equal(
      'pg_upgrade failed: Checking for reg* data types in user tables\ntables_using_reg.txt:\nIn database: nautobot\n  public.t.c',
    );
  });

  it('gives its last words where no status line says more', () => {
    expect(
      upgradeFailure('There seems to be a postmaster servicing the old cluster.\nFailure, exiting\n').says,
    ).to.equal('pg_upgrade failed: There seems to be a postmaster servicing the old cluster.');
  });
});

describe('whose a session is', () => {
  const known = { addresses: ['10.0.0.1', '10.0.0.2'], database: 'nautobot', user: 'nautobot' };
  const SESSIONS: readonly (readonly [string, string])[] = [
    ['1\tnautobot\tnautobot\tuwsgi\t10.0.0.1\tidle', 'ours'],
    ['1\tnautobot\tnautobot\t\t\tidle', 'ours'],
    ['1\treader\tnautobot\tpsql\t10.9.9.9\tidle', 'stranger'],
    ['1\tnautobot\tnautobot\tpsql\t10.9.9.9\tidle', 'stranger'],
    ['1\tpostgres\tpostgres\texporter\t\tidle', 'bystander'],
    ['1\tpostgres\tpostgres\texporter\t127.0.0.1\tidle', 'bystander'],
    ['1\tpostgres\tpostgres\tpsql\t\tidle in transaction', 'stranger'],
    ['1\tpostgres\tpostgres\tpsql\t10.0.0.2\tidle', 'ours'],
  ];
  for (const [row, is] of SESSIONS) {
    it(`${row.replaceAll('\t', ' ')}: ${is}`, () => {
      expect(whose(parseSessions(`${row}\n`)[0]!, known)).to.equal(is);
    });
  }
});
