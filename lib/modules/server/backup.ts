import { z } from 'zod';
import { coldBackup, DIFFERS, NO_SPACE } from '../../postgresql/cold-backup.ts';
import { isRunning } from '../../postgresql/transient-server.ts';
import { answers, testAnswer } from '../../shell/answers.ts';
import { sh } from '../../shell/sh.ts';
import { databaseModule } from './database-module.ts';
import { complaint, exitCode, judgeExit, reading, text } from './reading.ts';

const nothing = z.strictObject({});
const DEADLINE = 24 * 3_600_000;

/** Documented step 3: a cold copy of the old cluster, every file compared. */
export const coldBackupModule = databaseModule({
  name: 'cold_backup',
  summary: 'Copies the stopped old cluster into a new 0700 directory and compares the checksum of every file.',
  schema: nothing,
  read: (upgrade) =>
    reading(testAnswer('done', sh`[ -d ${upgrade.backup.directory} ]`), testAnswer('running', isRunning(upgrade.old))),
  decide: (upgrade, _context, facts) => {
    const { old } = upgrade;
    const directory = upgrade.backup.directory;
    if (facts && answers(facts).has('done')) {
      return {
        kind: 'nothing',
        reason: `${directory} is there and verified`,
        learned: { shared: { backupDirectory: directory } },
      };
    }
    return {
      kind: 'steps',
      steps: [
        {
          kind: 'job',
          says: `copy ${old.version}/${old.name} to ${directory} and compare every file`,
          command: sh`if ${isRunning(old)}; then echo "a server runs on "${old.dataDirectory} >&2; exit 73; fi
${coldBackup(old, directory)}`,
          deadline: DEADLINE,
          progress: (line) => (/^(copying|comparing) /.test(line) ? `backup: ${line}` : undefined),
          judge: (result) => {
            const learned = { shared: { backupDirectory: directory } };
            const files = /^files (\d+)$/m.exec(text(result))?.[1] ?? '?';
            switch (exitCode(result)) {
              case 0:
                return { ok: true, says: `backup in ${directory}, ${files} files verified`, learned };
              case NO_SPACE: {
                const [, need = '?', free = '?'] = /pgup-space (\d+) (\d+)/.exec(text(result)) ?? [];
                const says = `no room for the backup in ${upgrade.backup.directory}: ${need} MB needed, ${free} MB free`;
                return { ok: false, says, next: 'make room, or name another place in pgup_backup_dir' };
              }
              case DIFFERS:
                return { ok: false, says: `a file of the backup is not what was copied: ${complaint(result)}` };
              case undefined:
              default:
                return judgeExit(result, undefined, 'the backup failed');
            }
          },
        },
      ],
    };
  },
});

/** Undo: a whole backup is kept; what was not finished is taken away. */
export const removePartialBackupModule = databaseModule({
  name: 'remove_partial_backup',
  summary: 'Takes away a backup of this run that was not finished. A finished one is kept.',
  schema: nothing,
  read: (upgrade) => reading(testAnswer('partial', sh`[ -d ${`${upgrade.backup.directory}.partial`} ]`)),
  decide: (upgrade, _context, facts) => {
    const partial = `${upgrade.backup.directory}.partial`;
    if (facts && !answers(facts).has('partial')) return { kind: 'nothing', reason: 'no unfinished backup of this run' };
    return {
      kind: 'steps',
      steps: [
        {
          kind: 'change',
          says: `remove the unfinished ${partial}`,
          command: sh`rm -rf -- ${partial}`,
          deadline: DEADLINE,
        },
      ],
    };
  },
});
