import type { Application } from '../nautobot/application.ts';
import type { Cluster, NewCluster } from '../postgresql/cluster.ts';
import type { ModuleContext } from './module.ts';

/**
 * What one deployment's upgrade is: found by `survey_deployment` in play Check, frozen, kept in the journal and on the
 * database host. Every later module works from it.
 */
export interface Upgrade {
  readonly kind: 'upgrade';
  readonly databaseHost: string;
  readonly old: Cluster;
  readonly new: NewCluster;
  readonly mode: 'copy' | 'clone';
  readonly backup: { readonly kind: 'copy'; readonly directory: string };
  readonly applications: readonly Application[];
  /** The application host on which `nautobot-server migrate` runs. */
  readonly migrator: string;
  /** Databases of the cluster beside Nautobot's that go along (`pgup_other_databases`). */
  readonly otherDatabases: readonly string[];
  /** Seconds to wait for running jobs with the scheduler stopped. */
  readonly drainTimeout: number;
  /** Nautobot's own database in the cluster. */
  readonly database: string;
  /** Every address of every host of the deployment: a session from elsewhere is a stranger's. */
  readonly addresses: readonly string[];
  /** `pgup_admin_user`: the role for the live old server where peer as the data directory's owner does not get in. */
  readonly adminUser: string | undefined;
  /** `full`: every row's checksum before and after; `counts`: row counts only. */
  readonly verify: 'full' | 'counts';
  /** Seconds; undefined: no limit. */
  readonly maxDowntime: number | undefined;
  /** True where pending migrations were agreed to (`pgup_migrate=pending`). */
  readonly migratePending: boolean;
  /** Debian packages that the new version needs on the database host: `postgresql-17`, … */
  readonly packages: readonly string[];
}

/** The upgrade that `survey_deployment` found. Calling it before that play is a bug of the playbook. */
export function upgradeOf(context: ModuleContext): Upgrade {
  const upgrade = context.shared['upgrade'] as Upgrade | undefined;
  if (!upgrade) throw new Error('no upgrade is known: the playbook needs survey_deployment before this task');
  return upgrade;
}
