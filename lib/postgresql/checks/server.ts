import { finding, notice, type Finding } from '../../finding.ts';
import type { ClusterFacts } from '../survey/cluster.ts';
import type { ServerFacts } from '../survey/server.ts';
import { compareMajors, OLDEST_SOURCE } from '../versions.ts';
import { clusterName, someOf } from './subject.ts';

/** Whether the running server can be worked with at all, and would come back after a stop. */
export function checkServer(
  host: string,
  cluster: ClusterFacts,
  server: ServerFacts,
  target: string,
): readonly Finding[] {
  return [
    ...checkVersion(host, cluster, target),
    ...checkUnit(host, cluster),
    ...checkRole(host, cluster, server),
    ...checkFiles(host, cluster, server),
  ];
}

function checkVersion(host: string, cluster: ClusterFacts, target: string): readonly Finding[] {
  if (compareMajors(cluster.version, OLDEST_SOURCE) < 0)
    return [
      finding(
        host,
        'old-version',
        `${clusterName(cluster)} is older than PostgreSQL ${OLDEST_SOURCE}, the oldest that this pgup upgrades`,
        'upgrade it to a version in between by hand first',
      ),
    ];
  if (compareMajors(cluster.version, target) <= 0) return [];
  return [
    finding(
      host,
      'downgrade',
      `Nautobot is served by ${clusterName(cluster)}, which is newer than the target ${target}: there is no way back by pg_upgrade`,
      `pgup_target="${cluster.version}" or newer`,
    ),
  ];
}

/** A server that systemd did not start is not stopped by stopping the unit, nor kept down by holding it. */
function checkUnit(host: string, cluster: ClusterFacts): readonly Finding[] {
  if (cluster.unitState === 'active') return [];
  return [
    finding(
      host,
      'server-unit',
      `${clusterName(cluster)} runs, but not as ${cluster.unit} (${cluster.unitState || 'unknown'}): somebody started it by hand`,
      `when Nautobot may be without it for a moment: pg_ctlcluster --force ${cluster.version} ${cluster.name} stop && systemctl start ${cluster.unit}`,
    ),
  ];
}

function checkRole(host: string, cluster: ClusterFacts, server: ServerFacts): readonly Finding[] {
  if (server.superuser) return [];
  return [
    finding(
      host,
      'no-way-in',
      `the role ${cluster.role} got into ${clusterName(cluster)} but is no superuser`,
      `pgup_admin_user=NAME of a superuser, with its password in ~${cluster.owner}/.pgpass`,
    ),
  ];
}

/** Lines that the running server does not mind, because it read the files before they were broken. */
function checkFiles(
  host: string,
  cluster: ClusterFacts,
  { fileErrors, hba, pendingRestart }: ServerFacts,
): readonly Finding[] {
  const errors = fileErrors.map(({ file, line, error }) => `${file ?? '?'}:${line ?? 0}: ${error}`);
  const rules = hba.filter(({ error }) => error !== null).map(({ line, error }) => `line ${line}: ${error ?? ''}`);
  const found: Finding[] = [];
  if (errors.length > 0)
    found.push(
      finding(
        host,
        'setting-error',
        `the setting files of ${clusterName(cluster)} have errors (${someOf(errors)}): once stopped, the old server would not start again`,
        'mend these lines and reload: SELECT * FROM pg_file_settings WHERE error IS NOT NULL',
      ),
    );
  if (rules.length > 0)
    found.push(
      finding(
        host,
        'hba-error',
        `pg_hba.conf of ${clusterName(cluster)} has errors (${someOf(rules)}): once stopped, the old server would not start again`,
        'mend these lines and reload: SELECT * FROM pg_hba_file_rules WHERE error IS NOT NULL',
      ),
    );
  if (pendingRestart.length > 0)
    found.push(
      notice(
        host,
        'pending-restart',
        `settings of ${clusterName(cluster)} were changed and wait for a restart (${someOf(pendingRestart)}): the new server starts with them`,
      ),
    );
  return found;
}
