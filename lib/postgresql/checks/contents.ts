import { finding, notice, type Finding } from '../../finding.ts';
import { formatBytes } from '../size.ts';
import { clusterName, psqlLine, someOf, type Subject } from './subject.ts';

/** What stands in the cluster as a whole. */
export function checkContents(subject: Subject): readonly Finding[] {
  return [...checkTablespaces(subject), ...checkPrepared(subject), ...checkOddNames(subject), ...checkHashes(subject)];
}

function checkTablespaces({ host, cluster, server }: Subject): readonly Finding[] {
  if (server.tablespaces.length === 0) return [];
  const all = server.tablespaces.map((each) => `${each.name} in ${each.location}, ${formatBytes(each.size)}`);
  return [
    finding(
      host,
      'tablespace',
      `${clusterName(cluster)} has tablespaces (${someOf(all)}): they are neither backed up nor upgraded by this version of pgup`,
      `move what is in them and drop them: ALTER TABLE … SET TABLESPACE pg_default; DROP TABLESPACE ${server.tablespaces[0]?.name ?? ''}`,
    ),
  ];
}

function checkPrepared(subject: Subject): readonly Finding[] {
  const { host, server } = subject;
  const [first] = server.prepared;
  if (!first) return [];
  const all = server.prepared.map(({ gid, owner, database }) => `${gid} of ${owner ?? '?'} in ${database ?? '?'}`);
  return [
    finding(
      host,
      'prepared-transaction',
      `there are prepared transactions (${someOf(all)}): pg_upgrade refuses a cluster that has any`,
      psqlLine(subject, first.database ?? 'postgres', `ROLLBACK PREPARED '${first.gid}'`),
    ),
  ];
}

function checkOddNames({ host, server }: Subject): readonly Finding[] {
  if (server.oddNames.length === 0) return [];
  const names = server.oddNames.map((name) => JSON.stringify(name));
  return [
    finding(
      host,
      'odd-name',
      `names of databases, roles or tablespaces hold line breaks (${someOf(names)}): newer majors refuse them`,
      'rename them: ALTER DATABASE … RENAME TO …, ALTER ROLE … RENAME TO …',
    ),
  ];
}

function checkHashes({ host, server }: Subject): readonly Finding[] {
  if (!server.md5Roles) return [];
  const roles = server.md5Roles === 1 ? '1 role logs' : `${server.md5Roles} roles log`;
  return [
    notice(
      host,
      'md5-password',
      `${roles} in with an md5 password: it goes along, and pg_hba.conf with it; PostgreSQL means to drop md5`,
      'set those passwords anew with password_encryption=scram-sha-256 when it suits',
    ),
  ];
}
