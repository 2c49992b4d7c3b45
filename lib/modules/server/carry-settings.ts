import { createHash } from 'node:crypto';
import { z } from 'zod';
import { carry, carryOtherFiles, proveSettings, readConfiguration, type Carried } from '../../postgresql/carry.ts';
import type { Entry } from '../../postgresql/hba.ts';
import { workPaths } from '../../postgresql/host-paths.ts';
import { Secret } from '../../secret.ts';
import { answers, fileAnswer, lines } from '../../shell/answers.ts';
import type { Result } from '../../shell/host-shell.ts';
import { sh } from '../../shell/sh.ts';
import { finding, type Input, type Step, type Verdict } from '../module.ts';
import type { Upgrade } from '../upgrade.ts';
import { databaseModule } from './database-module.ts';
import { complaint, exitCode } from './reading.ts';

/** The connections that the migrating process may make before the doors open. */
export function migratorEntries({ applications, migrator, databaseHost }: Upgrade): readonly Entry[] {
  const application = applications.find(({ host }) => host === migrator);
  if (!application) throw new Error(`${migrator} migrates, and no Nautobot was found on it`);
  const { name: database, user, host } = application.database;
  if (host === '' || host.startsWith('/')) return [{ database, user, address: undefined }];
  const loopback = migrator === databaseHost ? ['127.0.0.1', '::1'] : [];
  return [...new Set([...application.addresses, ...loopback])].map((address) => ({ database, user, address }));
}

/** The old cluster's settings and access rules for the new one, which stays closed until the doors open. */
export const carrySettingsModule = databaseModule({
  name: 'carry_settings',
  summary: 'Carries postgresql.conf, pg_hba.conf and everything they name over to the new cluster, and proves it.',
  schema: z.strictObject({}),
  read: ({ old, new: fresh }) => ({
    kind: 'query',
    command: lines(readConfiguration(old), fileAnswer('carried', workPaths(fresh).carried)),
  }),
  decide: (upgrade, { host }, facts) => {
    const { old, new: fresh } = upgrade;
    const is = facts ? answers(facts) : new Map<string, string>();
    const carried = carry(old, fresh, { is, entries: migratorEntries(upgrade) });
    if (carried.shared.length > 0) {
      const findings = carried.shared.map(({ path, changes }) =>
        finding(
          host,
          'shared-settings',
          `${path} lies outside the cluster's own directory, and ${fresh.version} cannot read it: ${changes.join('; ')}`,
          `move what only ${old.version} needs into ${old.configDirectory}/conf.d`,
        ),
      );
      return { kind: 'findings', findings };
    }
    const hash = hashOf(carried);
    if (is.get('carried')?.trim() === hash)
      return { kind: 'nothing', reason: 'settings are carried over and unchanged' };
    return { kind: 'steps', steps: carrySteps(upgrade, carried, hash) };
  },
});

function carrySteps({ old, new: fresh }: Upgrade, carried: Carried, hash: string): readonly Step[] {
  const work = workPaths(fresh);
  return [
    {
      kind: 'change',
      says: 'copy certificates and other files of the configuration',
      command: carryOtherFiles(old, fresh, carried.dataFiles),
    },
    ...carried.files.map(({ path, content, mode, owner, changes, before }): Step => ({
      kind: 'upload',
      says: `write ${path}${changes.length > 0 ? ` (${changes.join('; ')})` : ''}`,
      content: hidden(content),
      path,
      mode,
      owner,
      ...(before === undefined || hidden(before) !== before ? {} : { before }),
    })),
    {
      kind: 'change',
      says: `put closed settings and certificates into ${fresh.dataDirectory}`,
      // What a host that lost its power had not put in its place yet: nobody else writes there under this claim.
      command: sh`find ${fresh.configDirectory} -name '.pgup-*' -delete && cp -a ${work.dataFiles}/. ${fresh.dataDirectory}/ && printf '%s\n' ${hash} > ${work.carried}`,
    },
    {
      kind: 'ask',
      says: `let PostgreSQL ${fresh.version} read these settings`,
      command: proveSettings(fresh),
      as: fresh.owner,
      judge: (result) => judgeSettings(result, fresh.version),
    },
  ];
}

function judgeSettings(result: Result, version: string): Verdict {
  if (exitCode(result) === 0) return { ok: true, says: `PostgreSQL ${version} takes the settings` };
  const bad = complaint(result)
    .split('\n')
    .filter((line) => /^(LOG|FATAL|ERROR):/.test(line));
  return {
    ok: false,
    says: `PostgreSQL ${version} does not take the settings: ${bad.map((line) => line.replace(/^\w+:\s+/, '')).join('; ')}`,
    next: 'take these lines out of the old configuration, or tell us: pgup should know them',
  };
}

/** Bind passwords and connection strings stand in settings: such a file is never shown, journalled or diffed. */
function hidden(content: string): Input {
  return /passw(or)?d\s*=|bindpasswd|secret/i.test(content.replaceAll(/^\s*#.*$/gm, ''))
    ? new Secret(content)
    : content;
}

function hashOf({ files }: Carried): string {
  return createHash('sha256')
    .update(JSON.stringify(files.map(({ path, content }) => [path, content])))
    .digest('hex');
}
