import { z } from 'zod';
import { parseControlData, type ControlData } from '../../postgresql/control-data.ts';
import { differences, fingerprintCommand, parseFingerprint, type Fingerprint } from '../../postgresql/fingerprint.ts';
import { workPaths } from '../../postgresql/host-paths.ts';
import { closedServer, liveServer } from '../../postgresql/server-address.ts';
import { closedOptions, controlData, isRunning, withServer } from '../../postgresql/transient-server.ts';
import { answers, outputAnswer, testAnswer } from '../../shell/answers.ts';
import type { Query, Result } from '../../shell/host-shell.ts';
import { finding, type ModuleContext, type Step, type Verdict } from '../module.ts';
import type { Upgrade } from '../upgrade.ts';
import { makeDirectories } from './closed-directories.ts';
import { databaseModule } from './database-module.ts';
import { complaint, exitCode, reading, text } from './reading.ts';

const nothing = z.strictObject({});
/** Reading every row of a large database takes its time; what bounds it is the operator's own limit on downtime. */
const DEADLINE = 24 * 3_600_000;

/** What the data was before anything was upgraded, as a task before this one learned it. */
export function fingerprintBefore(context: ModuleContext): Fingerprint | undefined {
  return context.learned(context.host)['fingerprint'] as Fingerprint | undefined;
}

function readOld({ old }: Upgrade): Query {
  return reading(testAnswer('running', isRunning(old)), outputAnswer('control', controlData(old)));
}

/** Fingerprints the data in the old server, with everybody gone. */
export const takeFingerprintModule = databaseModule({
  name: 'take_fingerprint',
  summary: 'Counts and checksums every table of the old server, while nobody writes.',
  schema: nothing,
  read: readOld,
  decide: ({ old, adminUser, verify }, context, facts) => {
    const before = fingerprintBefore(context);
    const running = facts === undefined || answers(facts).has('running');
    if (!running && before) return { kind: 'nothing', reason: `taken: ${before.rows} rows` };
    if (!running) return { kind: 'nothing', reason: 'the old server has stopped: taken from a closed start of it' };
    return {
      kind: 'steps',
      steps: [
        {
          kind: 'job',
          says: `fingerprint the data of PostgreSQL ${old.version} (${verify})`,
          as: old.owner,
          command: fingerprintCommand(liveServer(old, adminUser), verify),
          deadline: DEADLINE,
          judge: learnFingerprint,
        },
      ],
    };
  },
});

function learnFingerprint(result: Result): Verdict {
  const fingerprint = exitCode(result) === 0 ? parseFingerprint(text(result)) : undefined;
  if (!fingerprint) return { ok: false, says: `the data could not be fingerprinted: ${complaint(result)}` };
  const tables = Object.keys(fingerprint.entries).length;
  return {
    ok: true,
    says: `${fingerprint.rows} rows, ${tables} entries, fingerprint ${fingerprint.hash.slice(0, 12)}`,
    learned: { host: { fingerprint } },
  };
}

/**
 * The fingerprint is that of what was stopped: no transaction has begun between its snapshot and the clean shutdown. If
 * one has (an autovacuum is enough), it is taken again from the old cluster, started closed for that.
 */
export const settleFingerprintModule = databaseModule({
  name: 'settle_fingerprint',
  summary: 'Proves that nothing happened between the fingerprint and the clean shutdown, or takes it again, closed.',
  schema: nothing,
  read: readOld,
  decide: (upgrade, context, facts) => {
    const { old } = upgrade;
    const before = fingerprintBefore(context);
    const control = facts && parseControlData(answers(facts).get('control') ?? '');
    // Before the stop has happened (check mode) there is nothing to settle yet.
    if (facts && answers(facts).has('running') && !before) {
      return { kind: 'nothing', reason: 'settled once the old server has stopped: taken again if anything happened' };
    }
    if (facts && answers(facts).has('running')) {
      const says = `a server runs on ${old.dataDirectory}, which was stopped`;
      return {
        kind: 'findings',
        findings: [finding(context.host, 'old-cluster-running', says, `systemctl stop ${old.unit}`)],
      };
    }
    if (before && control && isSettled(before, control)) {
      return {
        kind: 'nothing',
        reason: `shut down cleanly, and no transaction since the fingerprint of ${before.rows} rows`,
      };
    }
    return { kind: 'steps', steps: retake(upgrade) };
  },
});

export function isSettled(before: Fingerprint, control: ControlData): boolean {
  return control.state === 'shut down' && control.nextXid === before.nextXid;
}

function retake(upgrade: Upgrade): readonly Step[] {
  const { old, new: fresh, verify } = upgrade;
  const work = workPaths(fresh);
  const server = { ...closedServer(fresh, old.installUser), binDirectory: old.binDirectory };
  const options = `${closedOptions(work)} -c autovacuum=off`;
  return [
    makeDirectories(upgrade),
    {
      kind: 'job',
      says: `start PostgreSQL ${old.version} closed, fingerprint the data again, stop it`,
      as: old.owner,
      command: withServer(
        old,
        { port: server.port, socketDirectory: server.socketDirectory, log: work.serverLog, options },
        fingerprintCommand(server, verify),
      ),
      deadline: DEADLINE,
      judge: learnFingerprint,
    },
    {
      kind: 'ask',
      says: 'see that it went down cleanly',
      command: controlData(old),
      judge: (result) => {
        const state = parseControlData(text(result))?.state ?? 'unknown';
        return state === 'shut down'
          ? { ok: true }
          : { ok: false, says: `the old cluster is not shut down but ${state}` };
      },
    },
  ];
}

/** The data in the new server is the data that was in the old one. */
export const verifyDataModule = databaseModule({
  name: 'verify_data',
  summary: 'Fingerprints the data in the new server and compares it with the old one, table by table.',
  schema: nothing,
  decide: ({ old, new: fresh, verify }, context) => {
    const before = fingerprintBefore(context);
    return {
      kind: 'steps',
      steps: [
        {
          kind: 'job',
          says: `fingerprint the data of PostgreSQL ${fresh.version} (${verify}) and compare`,
          as: fresh.owner,
          command: fingerprintCommand(closedServer(fresh, old.installUser), verify),
          deadline: DEADLINE,
          judge: (result) => {
            const after = exitCode(result) === 0 ? parseFingerprint(text(result)) : undefined;
            if (!after) return { ok: false, says: `the data could not be fingerprinted: ${complaint(result)}` };
            if (!before) return { ok: false, says: 'there is no fingerprint of the old server to compare with' };
            const unequal = differences(before, after);
            if (unequal.length === 0) {
              return { ok: true, says: `data equal: ${after.rows} rows, ${Object.keys(after.entries).length} entries` };
            }
            const named = unequal.slice(0, 8).join('; ');
            return { ok: false, says: `the data in the new server is not the data of the old one: ${named}` };
          },
        },
      ],
    };
  },
});
