import { z } from 'zod';
import { PACKAGES } from '../../postgresql/host-paths.ts';
import { recordIntent } from '../../postgresql/new-cluster.ts';
import {
  guardPackages,
  holdPackages,
  installPackages,
  restorePackages,
  SERVER_TOUCHED,
  unguardServices,
} from '../../postgresql/packages.ts';
import { answers, lines, testAnswer } from '../../shell/answers.ts';
import { sh } from '../../shell/sh.ts';
import { databaseModule } from './database-module.ts';
import { exitCode, judgeExit, reading } from './reading.ts';

const nothing = z.strictObject({});
const HOUR = 3_600_000;

/** Installs the new version beside the old one, which goes on serving as the same process. */
export const installPackagesModule = databaseModule({
  name: 'install_packages',
  summary: 'Installs the new PostgreSQL beside the running old one and holds the packages of both.',
  schema: nothing,
  read: ({ packages }) =>
    reading(
      testAnswer(
        'installed',
        sh`[ "$(dpkg-query -W -f '\${db:Status-Abbrev}\\n' ${packages} 2>/dev/null | grep -c '^.i')" = ${packages.length} ]`,
      ),
      testAnswer('held', sh`[ -e ${`${PACKAGES}/held`} ]`),
    ),
  decide: ({ old, new: fresh, packages }, { run }, facts) => {
    const is = facts ? answers(facts) : new Map<string, string>();
    const names = packages.join(' ');
    if (is.has('installed') && is.has('held')) return { kind: 'nothing', reason: `${names} installed and held` };
    return {
      kind: 'steps',
      steps: [
        {
          kind: 'change',
          says: 'keep package scripts, needrestart and apt timers away from the services',
          command: lines(guardPackages(), recordIntent({ new: fresh, run }), holdPackages([old.version])),
        },
        {
          kind: 'job',
          says: `install ${names}`,
          command: installPackages(packages, old.dataDirectory),
          deadline: HOUR,
          waits: true,
          progress: (line) => /^(Unpacking|Setting up) \S+/.exec(line)?.[0] ?? undefined,
          judge: (result) =>
            exitCode(result) === SERVER_TOUCHED
              ? {
                  ok: false,
                  says: `installing ${names} restarted or stopped the old server`,
                  next: `see the log of ${old.unit}`,
                }
              : judgeExit(
                  result,
                  `${names} installed`,
                  `installing ${names} failed`,
                  'apt-get says why; run again when it can',
                ),
        },
        {
          kind: 'change',
          says: `hold the packages of ${old.version} and ${fresh.version}`,
          command: sh`${holdPackages([old.version, fresh.version])} && ${unguardServices()} && : > ${`${PACKAGES}/held`}`,
        },
      ],
    };
  },
});

/** Puts holds, timers and policy back as they were. The packages stay. */
export const restorePackagesModule = databaseModule({
  name: 'restore_packages',
  summary: 'Puts package holds, apt timers and policy-rc.d back as install_packages found them.',
  schema: nothing,
  read: () => reading(testAnswer('changed', sh`[ -e ${`${PACKAGES}/guarded`} ]`)),
  decide: (_upgrade, _context, facts) =>
    facts && !answers(facts).has('changed')
      ? { kind: 'nothing', reason: 'nothing of the package system was changed' }
      : {
          kind: 'steps',
          steps: [
            {
              kind: 'change',
              says: 'put package holds and apt timers back as they were',
              command: restorePackages(),
              deadline: 300_000,
            },
          ],
        },
});
