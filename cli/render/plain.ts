import type { AnyEvent, Recap } from '../../lib/events.ts';
import type { CliContext } from '../context.ts';
import { formatDuration } from './duration.ts';
import { escapeEvent } from './escape.ts';
import { unifiedDiff } from './unified-diff.ts';
import { painter, STATUS_STYLE, type Paint } from './painter.ts';

/** Lines for people, in the order things happen. Several deployments at once: each line names its own. */
export function plainRenderer(context: CliContext): (event: AnyEvent) => void {
  const { stdout, stderr } = context;
  const paint = painter(context);
  const say = (line: string) =>
    stdout.write(`${line}
`);
  let several = false;
  let began = 0;
  const of = (deployment: string) => (several ? `${deployment} | ` : '');

  return (raw) => {
    // Escaping copies the whole event: what is never shown, is not copied.
    if (raw.type === 'step:start' && !raw.job) return;
    // Escaped first, painted after: what a host printed can never colour or move anything.
    const event = escapeEvent(raw.type === 'task:host' ? { ...raw, values: {} } : raw);
    switch (event.type) {
      case 'run:start': {
        several = event.deployments.length > 1;
        began = event.at;
        const what = event.check ? 'check' : `run ${event.run}`;
        say(
          paint(
            'bold',
            `pgup ${what}: ${event.playbook}, ${count(event.deployments.length, 'deployment')}, ${count(event.hosts, 'host')}`,
          ),
        );
        if (event.batches.length > 1)
          say(`in batches: ${event.batches.map((batch) => batch.join(' ')).join(', then ')}`);
        if (event.folder !== undefined) say(`journal: ${event.folder}`);
        break;
      }
      case 'play:start':
        say(
          `\n${of(event.deployment)}${paint(event.undo ? ['bold', 'yellow'] : 'bold', event.undo ? event.play : `PLAY ${event.play}`)}`,
        );
        break;
      case 'task:start':
        break;
      case 'task:host': {
        const { host, status, name, says, steps, seconds } = event;
        if (status === 'skipped') break;
        const time = seconds >= 1 ? ` (${formatDuration(seconds)})` : '';
        say(`${of(event.deployment)}  ${paint(STATUS_STYLE[status], status.padEnd(8))} ${host}: ${name}${time}`);
        if (status === 'would-change') for (const step of steps) say(`${of(event.deployment)}             ${step}`);
        else if (says !== name && says !== '') say(`${of(event.deployment)}             ${indent(says)}`);
        for (const line of (event.diffs ?? []).flatMap(unifiedDiff)) {
          const style = line.startsWith('+') ? 'green' : line.startsWith('-') ? 'red' : 'gray';
          say(`${of(event.deployment)}             ${paint(style, line)}`);
        }
        break;
      }
      case 'step:start':
      case 'step:progress':
        say(`${of(event.deployment)}  ${paint('gray', `…        ${event.host}: ${event.says}`)}`);
        break;
      case 'finding': {
        const blocks = event.weight === 'blocks';
        say(
          `${of(event.deployment)}  ${paint(blocks ? 'red' : 'yellow', blocks ? 'IN THE WAY' : 'notice')} ${event.host} [${event.check}]: ${indent(event.text)}`,
        );
        if (event.next !== undefined)
          say(`${of(event.deployment)}             ${paint('bold', 'to do:')} ${indent(event.next)}`);
        break;
      }
      case 'window': {
        const at = formatDuration((event.at - began) / 1000);
        const text =
          event.state === 'open'
            ? `window opens, ${at} after the start`
            : `window closes: ${formatDuration(event.seconds)} of downtime`;
        say(`${of(event.deployment)}  ${paint('bold', text)}`);
        break;
      }
      case 'point-of-no-return':
        say(`${of(event.deployment)}  ${paint('bold', `point of no return passed on ${event.host}`)}`);
        break;
      case 'letter':
        say(`\n${paint(['bold', 'red'], `${event.deployment}: error[${event.code}]`)}`);
        say(`  what happened: ${indent(event.happened)}`);
        for (const line of event.stands) say(`  what stands:   ${indent(line)}`);
        for (const line of event.next) say(`  what to type:  ${indent(line)}`);
        break;
      case 'line':
        say(`${paint('magenta', event.state.padEnd(10))} ${event.host}: ${indent(event.says)}`);
        break;
      case 'note':
        if (event.level === 'warning') stderr.write(`pgup: ${event.text}\n`);
        break;
      case 'recap':
        recap(event, { say, paint });
        break;
      // verbs without a playbook draw for themselves
      case 'ping:host':
      case 'exec:host':
      case 'facts:host':
      case 'step:end':
      case 'deployment:start':
      case 'deployment:end':
      case 'run:end':
        break;
    }
  };
}

function recap(event: Recap, { say, paint }: { say: (line: string) => void; paint: Paint }): void {
  say(`\n${paint('bold', 'RECAP')} (${formatDuration(event.seconds)})`);
  for (const { deployment, outcome, summary, downtime, kept, hosts } of event.deployments) {
    const good = outcome === 'done' || outcome === 'nothing' || outcome === 'pending';
    say(`${paint(good ? 'green' : 'red', deployment)}: ${outcome}: ${summary}`);
    if (downtime !== undefined) say(`  downtime: ${formatDuration(downtime)}`);
    for (const line of kept) say(`  kept: ${line}`);
    const width = Math.max(0, ...hosts.map(({ host }) => host.length));
    for (const { host, ok, changed, failed, skipped, unreachable } of hosts) {
      say(
        `  ${host.padEnd(width)}  ok=${ok} changed=${changed} failed=${failed} skipped=${skipped} unreachable=${unreachable}`,
      );
    }
  }
}

const indent = (text: string) => text.trimEnd().replaceAll('\n', '\n               ');
const count = (number: number, noun: string) => `${number} ${noun}${number === 1 ? '' : 's'}`;
