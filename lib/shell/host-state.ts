import { PgupError } from '../errors.ts';
import { durable } from './durable.ts';
import { RESERVE, RUN, mutation } from './fence.ts';
import type { Claim, HostShell, Mutation } from './host-shell.ts';
import { parseSections, posix, SECTIONS, END } from './sections.ts';
import { raw } from './sh.ts';

/** What a host keeps of the run that holds it: enough to go on, or back, without the run folder. */
export interface HostState {
  /** The host's part of the plan, as JSON text; undefined where nothing was written yet. */
  readonly plan: string | undefined;
  /** Its part of the journal, one entry a line; lines that a full disk or a power cut tore are among them. */
  readonly record: readonly string[];
}

const PLAN = `${RUN}/plan.json`;
/** Kilobytes: room for the marker, the claim, and the journal of putting a deployment back. */
const RESERVED = 512;

/**
 * Writes a host's part of the plan, and what it shall know of the journal, and sets room aside for later. A plan that is
 * there already is left: a controller that takes over may find the disk full.
 */
export function stateMutation(options: { claim: Claim; plan: string; record: string }): Mutation {
  const { claim, plan, record } = options;
  const command = raw(`set -u; umask 077
__plan=$(cat)
__write() { printf '%s\\n' "$__plan" >${PLAN}.new && ${durable(`${PLAN}.new`)} && mv -f ${PLAN}.new ${PLAN}; }
[ -r ${PLAN} ] && [ "$(cat ${PLAN})" = "$__plan" ] || __write 2>/dev/null || { rm -f ${RESERVE}; __write; } || exit
[ -e ${RESERVE} ] || dd if=/dev/zero of=${RESERVE} bs=1024 count=${RESERVED} 2>/dev/null || rm -f ${RESERVE}
${durable(RUN)}`);
  return mutation({ command, claim, stdin: plan, record, besideJobs: true, deadline: 120_000 });
}

const READ = raw(
  posix`(
${SECTIONS}
for __file in plan.json journal.jsonl; do
  if [ -r ${RUN}/"$__file" ]; then
    printf '@%s - 0 %s\n' "\${__file%.*}" "$(($(wc -c <${RUN}/"$__file")))"; cat ${RUN}/"$__file"; echo
  fi
done
${END})`,
);

/** What a host keeps of a run. Read only; nothing there is an answer too. */
export async function readState(shell: HostShell): Promise<HostState> {
  const { stdout, stderr } = await shell.ask({ kind: 'query', command: READ });
  const { sections, complete } = parseSections(stdout);
  if (!complete) {
    throw new PgupError('command-failed', `the state of the run on ${shell.host} cannot be read`, {
      host: shell.host,
      output: stderr.toString('utf8'),
    });
  }
  const text = (name: string): string | undefined => sections.find((each) => each.name === name)?.text;
  return { plan: text('plan')?.trim(), record: (text('journal') ?? '').split('\n').filter((line) => line !== '') };
}
