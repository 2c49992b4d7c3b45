import type { HostStatus } from '../../lib/events.ts';
import { foldNames } from '../../lib/inventory/fold-names.ts';
import { foldAnswers, type Block, type ExecEvent } from '../../lib/run/ad-hoc/fold.ts';
import type { AdHocRenderer } from '../ad-hoc.ts';
import type { CliContext } from '../context.ts';
import { escapeEvent } from './escape.ts';
import { painter, STATUS_STYLE, type Paint } from './painter.ts';

/**
 * `pgup exec` for people: one block for all hosts that answered the same, when all have answered. While it works, a
 * terminal sees how many have.
 */
export function execRenderer(hosts: readonly string[], context: CliContext): AdHocRenderer {
  const { stdout, stderr } = context;
  const paint = painter(context);
  const events: ExecEvent[] = [];
  const live = stderr.isTTY === true && hosts.length > 1;
  return {
    hear: (event) => {
      if (event.type !== 'exec:host') return;
      events.push(event);
      if (live) stderr.write(`\r${events.length} of ${hosts.length} hosts `);
    },
    end: () => {
      if (live) stderr.write('\r\x1b[K');
      for (const block of foldAnswers(events, hosts)) stdout.write(`${blockText(block, paint)}\n`);
      stdout.write(`${summary(events)}\n`);
    },
  };
}

/** Output is indented: nothing that a host prints can look like the head of another block. */
function blockText({ hosts, event }: Block, paint: Paint): string {
  const { status, stdout, stderr, error, command } = escapeEvent(event);
  const count = hosts.length > 1 ? ` (${hosts.length} hosts)` : '';
  const names = escapeEvent(foldNames(hosts));
  const lines = [`${paint('bold', names)}${count}: ${paint(STATUS_STYLE[status], howItEnded(event))}`];
  if (status === 'would-change') lines.push(...indented(command));
  lines.push(...indented(stdout));
  const errors = indented(stderr);
  if (errors.length > 0) lines.push(paint('gray', '  standard error:'), ...errors.map((line) => `  ${line}`));
  if (error) {
    lines.push(`  error[${error.code}]: ${error.message}`);
    if (error.next !== undefined) lines.push(`  what to type: ${error.next}`);
  }
  return lines.join('\n');
}

function howItEnded({ status, as, code, signal }: ExecEvent): string {
  if (signal !== undefined) return `${status}, ${signal}`;
  if (status === 'failed' && code !== undefined) return `${status}, exit code ${code}`;
  if (status === 'would-change') return as === undefined ? 'would run' : `would run as ${as}`;
  if (status === 'skipped') return 'not begun';
  return status;
}

function indented(text: string): readonly string[] {
  if (text === '') return [];
  return text
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => `  ${line}`.trimEnd());
}

/** `12 hosts: 10 ok, 1 failed, 1 unreachable` */
export function summary(events: readonly { readonly status: HostStatus }[]): string {
  const parts = (Object.keys(STATUS_STYLE) as HostStatus[]).flatMap((status) => {
    const count = events.filter((event) => event.status === status).length;
    return count === 0 ? [] : [`${count} ${status}`];
  });
  return `${events.length} host${events.length === 1 ? '' : 's'}: ${parts.join(', ')}`;
}
