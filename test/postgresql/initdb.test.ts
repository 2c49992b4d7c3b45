import { expect } from 'chai';
import type { Cluster } from '../../lib/postgresql/cluster.ts';
import { initdbArguments } from '../../lib/postgresql/initdb.ts';

const OLD = {
  installUser: 'postgres',
  encoding: 'UTF8',
  collate: 'en_US.UTF-8',
  ctype: 'en_US.UTF-8',
  localeProvider: 'libc',
  icuLocale: undefined,
  icuRules: undefined,
  checksums: false,
  walSegmentSize: 16777216,
  groupAccess: false,
} as unknown as Cluster;

interface Case {
  readonly says: string;
  readonly old?: Partial<Cluster>;
  readonly version: string;
  readonly has?: readonly string[];
  readonly lacks?: RegExp;
  readonly waldir?: string;
}

const CASES: readonly Case[] = [
  {
    says: '17 like 15',
    version: '17',
    has: [
      '--username=postgres',
      '--encoding=UTF8',
      '--lc-collate=en_US.UTF-8',
      '--lc-ctype=en_US.UTF-8',
      '--locale-provider=libc',
      '--wal-segsize=16',
    ],
    lacks: /checksums/,
  },
  { says: '18 turns checksums on by itself', version: '18', has: ['--no-data-checksums'] },
  { says: 'checksums stay on', old: { checksums: true }, version: '18', has: ['--data-checksums'], lacks: /no-data/ },
  { says: 'another install user', old: { installUser: 'root admin' }, version: '17', has: ['--username=root admin'] },
  { says: '14 knows no provider', version: '14', lacks: /provider/ },
  {
    says: 'ICU',
    old: { localeProvider: 'icu', icuLocale: 'de-DE', icuRules: '&V < w' },
    version: '17',
    has: ['--locale-provider=icu', '--icu-locale=de-DE', '--icu-rules=&V < w'],
  },
  {
    says: 'ICU rules came with 16',
    old: { localeProvider: 'icu', icuLocale: 'de-DE', icuRules: 'x' },
    version: '15',
    lacks: /rules/,
  },
  {
    says: 'the builtin provider',
    old: { localeProvider: 'builtin', icuLocale: 'C.UTF-8' },
    version: '18',
    has: ['--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
  },
  { says: 'WAL segments', old: { walSegmentSize: 67108864 }, version: '17', has: ['--wal-segsize=64'] },
  { says: 'group access', old: { groupAccess: true }, version: '17', has: ['--allow-group-access'] },
  { says: 'a WAL directory of its own', version: '17', waldir: '/wal/17/main', has: ['--waldir=/wal/17/main'] },
];

describe('initdbArguments', () => {
  for (const { says, old = {}, version, has = [], lacks, waldir } of CASES) {
    it(says, () => {
      const given = initdbArguments({ ...OLD, ...old }, version, waldir);
      expect(given).to.include.members([...has]);
      if (lacks) expect(given.join(' ')).to.not.match(lacks);
    });
  }
});
