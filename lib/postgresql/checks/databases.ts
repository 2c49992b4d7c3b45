import { finding, notice, type Finding } from '../../finding.ts';
import { compareMajors } from '../versions.ts';
import type { Found } from '../survey/database.ts';
import { identifier, psqlLine, someOf, type Subject, type SurveyedDatabase } from './subject.ts';

interface DatabasePolicy {
  /** Nautobot's own database. */
  readonly application: string;
  /** `pgup_other_databases`. */
  readonly others: readonly string[];
}

/** The databases of the cluster: which there are, whether pg_upgrade can get into each, and what each holds. */
export function checkDatabases(subject: Subject, policy: DatabasePolicy): readonly Finding[] {
  return [
    ...checkOthers(subject, policy),
    ...checkDoors(subject),
    ...checkCollations(subject),
    ...subject.databases.flatMap((each) => [...checkObjects(subject, each), ...checkLargeObjects(subject, each)]),
  ];
}

function checkOthers({ host, server }: Subject, { application, others }: DatabasePolicy): readonly Finding[] {
  const own = server.databases.filter(({ template, name }) => !template && name !== 'postgres' && name !== application);
  const strangers = own.filter(({ name }) => !others.includes(name)).map(({ name }) => name);
  const missing = others.filter((name) => !server.databases.some((each) => each.name === name));
  return [
    ...(strangers.length === 0
      ? []
      : [
          finding(
            host,
            'other-database',
            `the cluster holds databases beside Nautobot's (${someOf(strangers)}): they would go down with it and come up on the new version`,
            `if their users agree: pgup_other_databases=${[...others, ...strangers].join(',')}`,
          ),
        ]),
    ...(missing.length === 0
      ? []
      : [notice(host, 'other-database', `pgup_other_databases names what is not there: ${someOf(missing)}`)]),
  ];
}

function checkDoors(subject: Subject): readonly Finding[] {
  const { host, server } = subject;
  return server.databases.flatMap(({ name, allowsConnections, limit }): readonly Finding[] => {
    if (limit === -2)
      return [
        finding(
          host,
          'invalid-database',
          `database ${name} is what a DROP DATABASE that failed left behind`,
          psqlLine(subject, 'postgres', `DROP DATABASE ${identifier(name)}`),
        ),
      ];
    if (name === 'template0')
      return allowsConnections
        ? [
            finding(
              host,
              'template0-open',
              'template0 takes connections: pg_upgrade refuses that',
              psqlLine(subject, 'postgres', 'ALTER DATABASE template0 ALLOW_CONNECTIONS false'),
            ),
          ]
        : [];
    return allowsConnections
      ? []
      : [
          finding(
            host,
            'closed-database',
            `database ${name} takes no connections: pg_upgrade cannot read it`,
            psqlLine(subject, 'postgres', `ALTER DATABASE ${identifier(name)} ALLOW_CONNECTIONS true`),
          ),
        ];
  });
}

/** pg_upgrade carries a stale collation version over: indexes on text may be wrong before and after. */
function checkCollations(subject: Subject): readonly Finding[] {
  const { host, server, databases } = subject;
  const stale = server.databases.filter(
    ({ collationVersion, collationNow }) =>
      collationVersion !== null && collationNow !== null && collationVersion !== collationNow,
  );
  const objects = databases.filter(({ facts }) => facts.staleCollations.length > 0);
  const [first] = stale;
  return [
    ...(first
      ? [
          notice(
            host,
            'collation-version',
            `the operating system sorts text otherwise than when ${someOf(stale.map(({ name }) => name))} was made (${first.collationVersion ?? ''}, now ${first.collationNow ?? ''}): indexes on text may be wrong, before the upgrade and after it`,
            psqlLine(
              subject,
              first.name,
              `REINDEX DATABASE ${identifier(first.name)}`,
              `ALTER DATABASE ${identifier(first.name)} REFRESH COLLATION VERSION`,
            ),
          ),
        ]
      : []),
    ...objects.map(({ database, facts }) =>
      notice(
        host,
        'collation-version',
        `collations of ${database.name} have other versions than when they were made: ${someOf(facts.staleCollations)}`,
        'rebuild the indexes that use them, then ALTER COLLATION … REFRESH VERSION',
      ),
    ),
  ];
}

interface ObjectCheck {
  readonly check: string;
  /** Sources up to this major have the trouble, with targets from that one on. */
  readonly before?: string;
  readonly from?: string;
  readonly found: (facts: SurveyedDatabase['facts']) => Found;
  readonly text: string;
  readonly next: string;
}

const OBJECTS: readonly ObjectCheck[] = [
  {
    check: 'with-oids',
    before: '12',
    from: '12',
    found: ({ oids }) => oids,
    text: 'has tables WITH OIDS, which the target does not know',
    next: 'ALTER TABLE … SET WITHOUT OIDS (writes the table anew)',
  },
  {
    check: 'postfix-operator',
    before: '14',
    from: '14',
    found: ({ postfix }) => postfix,
    text: 'has postfix operators of its own, which the target does not know',
    next: 'DROP OPERATOR …, and use a function in its place',
  },
  {
    check: 'encoding-conversion',
    before: '14',
    from: '14',
    found: ({ conversions }) => conversions,
    text: 'has encoding conversions of its own, whose functions the target calls otherwise',
    next: 'DROP CONVERSION …, and make it anew after the upgrade',
  },
  {
    check: 'polymorphic-function',
    before: '14',
    from: '14',
    found: ({ polymorphic }) => polymorphic,
    text: 'has aggregates or operators over array functions whose argument types the target changed',
    next: 'drop them, and make them anew with anycompatiblearray after the upgrade',
  },
  {
    check: 'not-null',
    found: ({ notNull }) => notNull,
    text: 'has child tables that allow null where their parent does not',
    next: 'ALTER TABLE … ALTER COLUMN … SET NOT NULL on the child',
  },
  {
    check: 'unlogged-partitioned',
    from: '18',
    found: ({ unloggedPartitioned }) => unloggedPartitioned,
    text: 'has unlogged partitioned tables, which the target does not make',
    next: 'ALTER TABLE … SET LOGGED',
  },
];

/** Stored types that a pair of versions cannot carry, by the type's name; what is not named here never can be. */
const TYPES: Readonly<Record<string, { readonly before: string; readonly from: string }>> = {
  aclitem: { before: '16', from: '16' },
  sql_identifier: { before: '12', from: '12' },
  abstime: { before: '12', from: '12' },
  reltime: { before: '12', from: '12' },
  tinterval: { before: '12', from: '12' },
  unknown: { before: '10', from: '10' },
};

function checkObjects(subject: Subject, { database, facts }: SurveyedDatabase): readonly Finding[] {
  const { host, cluster, target } = subject;
  const concerns = (before?: string, from?: string): boolean =>
    (before === undefined || compareMajors(cluster.version, before) < 0) &&
    (from === undefined || compareMajors(target, from) >= 0);
  const objects = OBJECTS.filter(({ before, from }) => concerns(before, from)).flatMap(
    ({ check, found, text, next }) => {
      const { count, rows } = found(facts);
      return count === 0
        ? []
        : [finding(host, check, `database ${database.name} ${text}: ${someOf(rows, count)}`, next)];
    },
  );
  const columns = facts.columns
    .filter(({ reason }) => concerns(TYPES[reason]?.before, TYPES[reason]?.from))
    .map(({ reason, count, rows }) =>
      finding(
        host,
        'stored-type',
        `database ${database.name} stores values of type ${reason}, which cannot be carried to another major: ${someOf(rows, count)}`,
        'drop these columns, or change their type to text',
      ),
    );
  return [...objects, ...columns];
}

/** From how many on large objects are worth a word: pg_upgrade needs some 70 µs for each. */
const MANY_LARGE_OBJECTS = 10_000;

function checkLargeObjects({ host }: Subject, { database, facts }: SurveyedDatabase): readonly Finding[] {
  if (facts.largeObjects < MANY_LARGE_OBJECTS) return [];
  const seconds = Math.ceil(facts.largeObjects * 70e-6);
  return [
    notice(
      host,
      'large-objects',
      `database ${database.name} has ${facts.largeObjects} large objects: pg_upgrade makes each anew, some ${seconds} s longer in the window`,
    ),
  ];
}
