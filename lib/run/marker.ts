import { PgupError } from '../errors.ts';
import { noReturnEvidence, parseNoReturnEvidence, type NoReturnEvidence } from '../postgresql/no-return.ts';
import type { Upgrade } from '../modules/upgrade.ts';
import type { Command, HostShell } from '../shell/host-shell.ts';
import { RESERVE, STATE } from '../shell/fence.ts';
import { raw, sh } from '../shell/sh.ts';
import type { DeploymentState, Engine, NoReturn } from './deployment-state.ts';

/** On the database host, from the moment that the deployment may not be put back any more until it is finished. */
const MARKER = `${STATE}/marker`;

/** Whose marker it is: the first line of the file. What the server showed when it was written follows. */
export interface MarkerText {
  readonly run: string;
  readonly deployment: string;
  readonly token: number;
  readonly at: number;
}

/** Writes the marker, durably, also on a full disk, with what the new cluster shows at that moment. */
export function writeMarker(text: MarkerText, upgrade: Upgrade | undefined): Command {
  const line = JSON.stringify(text);
  return sh`umask 077
__evidence=$(${upgrade ? noReturnEvidence(upgrade.new) : raw(':')})
__mark() { printf '%s\n%s\n' ${line} "$__evidence" > ${MARKER}.new && sync ${MARKER}.new; }
__mark 2>/dev/null || { rm -f ${RESERVE}; __mark; } && mv ${MARKER}.new ${MARKER} && sync ${STATE}`;
}

/** What the host shows of the point of no return. */
export interface Shown {
  /** The marker as it stands there. */
  readonly marker: string | undefined;
  /** Undefined where no upgrade is known that could be looked at. */
  readonly now: NoReturnEvidence | undefined;
}

const SPLIT = '@pgup-evidence';

/** Asks the host. Rejects where it cannot be asked: no answer is no answer. */
export async function readNoReturn(shell: HostShell, upgrade: Upgrade | undefined): Promise<Shown> {
  const evidence = upgrade ? noReturnEvidence(upgrade.new) : raw(':');
  const command = sh`if [ -e ${MARKER} ]; then cat ${MARKER} || exit 1; else echo none; fi; echo ${SPLIT}; ${evidence}`;
  const { ending, stdout, stderr } = await shell.ask({ kind: 'query', command });
  const [before = '', after = ''] = stdout.toString('utf8').split(`${SPLIT}\n`);
  if (ending.kind !== 'exited' || ending.code !== 0) {
    const code = ending.kind === 'unknown' ? 'connection-lost' : 'command-failed';
    throw new PgupError(code, `${shell.host} could not say whether the point of no return is passed`, {
      host: shell.host,
      output: stderr.toString('utf8'),
    });
  }
  return {
    marker: before.trim() === 'none' ? undefined : before,
    now: upgrade ? parseNoReturnEvidence(after) : undefined,
  };
}

export interface Judged {
  readonly noReturn: Exclude<NoReturn, 'maybe'>;
  /** Where marker, journal and server do not say the same: what each says. */
  readonly why?: string;
}

/**
 * Marker, journal and server together. Where they contradict each other the deployment counts as past the point: going
 * back would take away data that may be there, going on takes nothing away.
 */
export function judgeNoReturn({ marker, now }: Shown, { journal, run }: { journal: NoReturn; run: string }): Judged {
  if (marker === undefined) {
    if (now?.open) {
      const why = `there is no marker, but the new cluster ${now.dataDirectory ?? ''} (${now.systemIdentifier ?? '?'}) is open to applications`;
      return { noReturn: 'passed', why };
    }
    if (journal !== 'passed') return { noReturn: 'ahead' };
    return { noReturn: 'passed', why: 'the journal says that the marker was written, and it is not there' };
  }
  const [first = '', ...rest] = marker.split('\n');
  const owner = ownerOf(first);
  if (owner !== run)
    return { noReturn: 'passed', why: `the marker there is that of run ${owner ?? 'nobody knows which'}` };
  const then = parseNoReturnEvidence(rest.join('\n'));
  if (!now || then.systemIdentifier === undefined) return { noReturn: 'passed' };
  const changed = (['dataDirectory', 'systemIdentifier', 'timeline'] as const).filter(
    (each) => then[each] !== now[each],
  );
  if (changed.length === 0) return { noReturn: 'passed' };
  const words = changed.map((each) => `${WORDS[each]} was ${then[each] ?? 'none'} and is ${now[each] ?? 'none'}`);
  return { noReturn: 'passed', why: `since the marker was written the new cluster's ${words.join(', ')}` };
}

const WORDS = { dataDirectory: 'data directory', systemIdentifier: 'system identifier', timeline: 'timeline' } as const;

function ownerOf(line: string): string | undefined {
  try {
    const { run } = JSON.parse(line) as Partial<MarkerText>;
    return run;
  } catch {
    return undefined;
  }
}

/** What the host says about this deployment's point of no return, now. */
export async function askNoReturn(engine: Engine, state: DeploymentState, host: string): Promise<Judged> {
  const upgrade = state.knowledge.shared['upgrade'] as Upgrade | undefined;
  const shown = await readNoReturn(await engine.openShell(host, 'root'), upgrade);
  return judgeNoReturn(shown, { journal: state.noReturn, run: engine.run });
}
