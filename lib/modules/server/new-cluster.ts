import { z } from 'zod';
import { controlData, isRunning } from '../../postgresql/transient-server.ts';
import { parseControlData } from '../../postgresql/control-data.ts';
import { NEW_CLUSTER_INTENT, NEW_CLUSTER_RECEIPT, STATE, workPaths } from '../../postgresql/host-paths.ts';
import { createCluster, dropCluster, NOT_OURS, RUNNING } from '../../postgresql/new-cluster.ts';
import { answers, fileAnswer, outputAnswer, testAnswer, type Answers } from '../../shell/answers.ts';
import type { Query, Result } from '../../shell/host-shell.ts';
import { sh } from '../../shell/sh.ts';
import { finding, type Step } from '../module.ts';
import type { Upgrade } from '../upgrade.ts';
import { databaseModule } from './database-module.ts';
import { exitCode, judgeExit, reading, text } from './reading.ts';

const nothing = z.strictObject({});
const CREATE_DEADLINE = 300_000;

/** What is on the host of the cluster that is to be made. */
function readNewCluster({ new: fresh }: Upgrade): Query {
  return reading(
    testAnswer(
      'there',
      sh`[ -e ${`${fresh.configDirectory}/postgresql.conf`} ] || [ -e ${`${fresh.dataDirectory}/PG_VERSION`} ]`,
    ),
    testAnswer('running', isRunning(fresh)),
    outputAnswer('control', controlData(fresh)),
    fileAnswer('receipt', NEW_CLUSTER_RECEIPT),
    fileAnswer('intent', NEW_CLUSTER_INTENT),
  );
}

type Standing = 'absent' | 'ours' | 'ours-before' | 'half-made' | 'foreign';

/** Whose the cluster is: the receipt decides, and without one this run's word that there was none. */
export function standing(is: Answers, run: string): Standing {
  if (!is.has('there')) return 'absent';
  const [receipt, maker] = (is.get('receipt') ?? '').split('\n');
  const identifier = parseControlData(is.get('control') ?? '')?.systemIdentifier;
  if (identifier !== undefined && identifier === receipt) return maker === run ? 'ours' : 'ours-before';
  return receipt === '' && is.get('intent')?.trim() === run ? 'half-made' : 'foreign';
}

/** Makes the new cluster like the old one, not running, on the old one's port. */
export const createClusterModule = databaseModule({
  name: 'create_cluster',
  summary: 'Makes the new cluster like the old one (encoding, locale, checksums, WAL segments, install user), stopped.',
  schema: nothing,
  read: readNewCluster,
  decide: (upgrade, { run, host }, facts) => {
    const { old, new: fresh } = upgrade;
    const is = facts ? answers(facts) : new Map<string, string>();
    const name = `${fresh.version}/${fresh.name}`;
    const found = standing(is, run);
    if (found === 'ours') return { kind: 'nothing', reason: `cluster ${name} is there, made by this run` };
    if (found === 'foreign' || (found !== 'absent' && is.has('running'))) {
      const text = `a cluster ${name} is there that pgup did not make${is.has('running') ? ', and it runs' : ''}`;
      const next = `if nothing needs it: pg_dropcluster --stop ${fresh.version} ${fresh.name}`;
      return { kind: 'findings', findings: [finding(host, 'foreign-cluster', text, next)] };
    }
    const again = found === 'absent' ? '' : ' again: an earlier try left one half made';
    return {
      kind: 'steps',
      steps: [
        {
          kind: 'change',
          says: `create cluster ${name} like ${old.version}/${old.name} (${old.encoding}, ${old.collate}), not started${again}`,
          command: createCluster({ old, new: fresh, work: workPaths(fresh), run }),
          deadline: CREATE_DEADLINE,
          judge: (result) => judgeCreated(result, name),
        },
      ],
    };
  },
});

function judgeCreated(result: Result, name: string): ReturnType<NonNullable<Step['judge']>> {
  if (exitCode(result) !== 0) return judgeExit(result, undefined, `cluster ${name} could not be made`);
  const newSystemIdentifier = text(result).trim();
  return {
    ok: true,
    says: `cluster ${name} made, system identifier ${newSystemIdentifier}`,
    learned: { host: { newSystemIdentifier } },
  };
}

/** Undo: takes the new cluster away again, if it is proven to be pgup's. */
export const dropClusterModule = databaseModule({
  name: 'drop_cluster',
  summary: 'Fetches the logs and drops the new cluster, if its system identifier is in the receipt of this run.',
  schema: nothing,
  read: readNewCluster,
  decide: (upgrade, { run, host }, facts) => {
    const { new: fresh } = upgrade;
    const work = workPaths(fresh);
    const is = facts ? answers(facts) : new Map<string, string>();
    const name = `${fresh.version}/${fresh.name}`;
    const found = standing(is, run);
    if (found === 'foreign') {
      const text = `cluster ${name} was not made by this run and is left alone`;
      return { kind: 'findings', findings: [finding(host, 'foreign-cluster', text)] };
    }
    return {
      kind: 'steps',
      steps: [
        ...fetchLogs(upgrade, run),
        {
          kind: 'change',
          says: `drop cluster ${name}`,
          command: dropCluster({ new: fresh, work, run }),
          deadline: CREATE_DEADLINE,
          judge: (result) => {
            const code = exitCode(result);
            if (code === NOT_OURS) return judgeExit(result, undefined, `cluster ${name} is left alone`);
            if (code === RUNNING) return judgeExit(result, undefined, `cluster ${name} cannot be dropped`);
            return judgeExit(result, `cluster ${name} dropped`, `cluster ${name} could not be dropped`);
          },
        },
      ],
    };
  },
});

/** Everything that tells what happened, in one text, without the dumps that hold password hashes. */
export function fetchLogs({ new: fresh }: Upgrade, run: string): readonly Step[] {
  const work = workPaths(fresh);
  const gathered = `${STATE}/logs-${run}`;
  const log = `/var/log/postgresql/postgresql-${fresh.version}-${fresh.name}.log`;
  return [
    {
      kind: 'change',
      says: 'collect the logs of pg_upgrade and of the new server',
      command: sh`umask 077; for file in ${work.upgrade}/logs/* ${[work.serverLog, log]}; do
  if [ -s "$file" ]; then printf '==> %s <==\n' "$file"; tail -c 2000000 "$file"; echo; fi
done > ${gathered}`,
    },
    { kind: 'fetch', says: 'fetch those logs', path: gathered, to: 'pg_upgrade.log' },
    { kind: 'change', says: 'remove the collected logs from the host', command: sh`rm -f ${gathered}` },
  ];
}
