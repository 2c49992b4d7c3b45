import { z } from 'zod';
import { workPaths } from '../../postgresql/host-paths.ts';
import { pgUpgrade, upgradeFailure, upgradeProgress } from '../../postgresql/pg-upgrade.ts';
import { closedOptions, isRunning, withServer } from '../../postgresql/transient-server.ts';
import { answers, testAnswer } from '../../shell/answers.ts';
import { raw } from '../../shell/sh.ts';
import { finding } from '../module.ts';
import { makeDirectories } from './closed-directories.ts';
import { databaseModule } from './database-module.ts';
import { exitCode, judgeExit, reading, text } from './reading.ts';

const DEADLINE = 1_800_000;

/**
 * What can be proven while the old server serves: that the new one starts with the carried settings, libraries and
 * access rules, and that the new version's own pg_upgrade finds nothing in the way.
 */
export const checkUpgradeModule = databaseModule({
  name: 'check_upgrade',
  summary:
    'Starts the empty new cluster closed for a moment, then runs pg_upgrade --check beside the running old server.',
  schema: z.strictObject({}),
  read: ({ new: fresh }) => reading(testAnswer('running', isRunning(fresh))),
  decide: (upgrade, { host }, facts) => {
    const { old, new: fresh, mode } = upgrade;
    const work = workPaths(fresh);
    if (facts && answers(facts).has('running')) {
      const text = `a server runs on the new cluster ${fresh.version}/${fresh.name} already`;
      return {
        kind: 'findings',
        findings: [finding(host, 'new-cluster-running', text, `systemctl stop ${fresh.unit}`)],
      };
    }
    // The carried rules, so that a line of them that the new version refuses is found now; the socket is private.
    const rules = {
      ownerHba: `${fresh.configDirectory}/pg_hba.conf`,
      ownerIdent: `${fresh.configDirectory}/pg_ident.conf`,
    };
    return {
      kind: 'steps',
      steps: [
        makeDirectories(upgrade),
        {
          kind: 'job',
          says: `start the empty PostgreSQL ${fresh.version} on a private socket with the carried settings, and stop it`,
          as: fresh.owner,
          command: withServer(
            fresh,
            {
              port: fresh.closedPort,
              socketDirectory: fresh.closedSocketDirectory,
              log: work.serverLog,
              options: closedOptions(rules),
            },
            raw(':'),
          ),
          deadline: DEADLINE,
          judge: (result) =>
            judgeExit(
              result,
              `PostgreSQL ${fresh.version} starts with the carried settings`,
              `PostgreSQL ${fresh.version} does not start with the carried settings`,
            ),
        },
        {
          kind: 'job',
          says: `pg_upgrade --check (${mode}) beside the running old server`,
          as: fresh.owner,
          command: pgUpgrade({ old, new: fresh, work, mode, purpose: 'check' }),
          deadline: DEADLINE,
          progress: upgradeProgress,
          judge: (result) => {
            if (exitCode(result) === 0) return { ok: true, says: 'pg_upgrade --check: clusters are compatible' };
            const { says, next } = upgradeFailure(text(result));
            return { ok: false, says, ...(next === undefined ? {} : { next }) };
          },
        },
      ],
    };
  },
});
