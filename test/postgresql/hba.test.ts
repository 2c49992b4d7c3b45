import { expect } from 'chai';
import { migratorAccess, ownerAccess } from '../../lib/postgresql/closed-access.ts';
import { convertHba, hbaLine, parseHba, rulesFor, type Entry } from '../../lib/postgresql/hba.ts';

const APP: Entry = { database: 'nautobot', user: 'nautobot', address: '10.1.2.3' };

interface Case {
  readonly says: string;
  readonly rules: string;
  readonly entry?: Entry;
  readonly gives: readonly string[];
}

const CASES: readonly Case[] = [
  {
    says: 'narrows a rule to the one role, database and address',
    rules: 'host all all 10.0.0.0/8 scram-sha-256',
    gives: ['host "nautobot" "nautobot" 10.1.2.3/32 scram-sha-256'],
  },
  {
    says: 'leaves out rules about others',
    rules: `local all postgres peer
host replication all 10.0.0.0/8 md5
host other nautobot 10.0.0.0/8 trust
host nautobot reader 10.0.0.0/8 trust
host nautobot nautobot 192.168.0.0/16 trust
host nautobot nautobot 10.1.0.0 255.255.0.0 md5`,
    gives: ['host "nautobot" "nautobot" 10.1.2.3/32 md5'],
  },
  {
    says: 'keeps the order and what is refused: without TLS nobody gets in',
    rules: 'hostnossl all all 0.0.0.0/0 reject\nhostssl all all all scram-sha-256 clientcert=verify-ca',
    gives: [
      'hostnossl "nautobot" "nautobot" 10.1.2.3/32 reject',
      'hostssl "nautobot" "nautobot" 10.1.2.3/32 scram-sha-256 clientcert=verify-ca',
    ],
  },
  {
    says: 'takes what only the server knows to match',
    rules: 'host sameuser +apps samenet md5',
    gives: ['host "nautobot" "nautobot" 10.1.2.3/32 md5'],
  },
  {
    says: 'reads lists and quotes',
    rules: 'host "nautobot",x "a b", "nautobot" 10.1.2.3/32 ldap ldapserver=x "ldapprefix=a b"',
    gives: ['host "nautobot" "nautobot" 10.1.2.3/32 ldap ldapserver=x "ldapprefix=a b"'],
  },
  {
    says: 'joins continued lines and drops comments',
    rules: 'host all all \\\n  10.1.2.3/32 md5 # office',
    gives: ['host "nautobot" "nautobot" 10.1.2.3/32 md5'],
  },
  {
    says: 'matches sockets with local rules alone',
    rules: 'host all all 0.0.0.0/0 trust\nlocal all all peer map=x',
    entry: { ...APP, address: undefined },
    gives: ['local "nautobot" "nautobot" peer map=x'],
  },
  {
    says: 'knows IPv6',
    rules: 'host all all fd00::/8 md5\nhost all all ::1/128 trust',
    entry: { ...APP, address: 'fd00::7' },
    gives: ['host "nautobot" "nautobot" fd00::7/128 md5'],
  },
];

describe('rulesFor', () => {
  for (const { says, rules, entry = APP, gives } of CASES) {
    it(says, () => {
      expect(rulesFor(parseHba(rules), entry).map(hbaLine)).to.deep.equal(gives);
    });
  }
});

describe('migratorAccess', () => {
  const owner = ownerAccess('postgres', 'postgres');

  it('lets in the owner and the migrating role, and nobody by the carried rules for all', () => {
    const { hba } = migratorAccess(owner, [APP], { hba: 'host all all 0.0.0.0/0 md5\nlocal all all trust', ident: '' });
    expect(parseHba(hba).map(hbaLine)).to.deep.equal([
      'host "nautobot" "nautobot" 10.1.2.3/32 md5',
      'local "all" "all" peer map=pgup_owner',
    ]);
  });

  it('asks for a password where the carried rules do not say how', () => {
    const { hba } = migratorAccess(owner, [APP], { hba: '# empty', ident: '' });
    expect(hba).to.contain('host "nautobot" "nautobot" 10.1.2.3/32 md5');
  });

  it('keeps the carried maps: a rule by peer may need one', () => {
    const { ident } = migratorAccess(owner, [APP], { hba: '', ident: 'apps www-data nautobot\n' });
    expect(ident).to.equal('apps www-data nautobot\npgup_owner "postgres" "postgres"\n');
  });
});

describe('convertHba', () => {
  it('names what 14 refuses of clientcert', () => {
    const text = 'hostssl all all all md5 clientcert=1\nhostssl all all all cert clientcert=1\nhost all all all md5\n';
    const { text: now, changes } = convertHba(text, '13', '17');
    expect(now).to.equal(
      'hostssl all all all md5 clientcert=verify-ca\nhostssl all all all cert\nhost all all all md5\n',
    );
    expect(changes).to.have.length(2);
  });

  it('leaves rules of 14 and later alone', () => {
    const text = 'hostssl all all all md5 clientcert=verify-full\n';
    expect(convertHba(text, '15', '17')).to.deep.equal({ text, changes: [] });
  });
});
