import type { AdHocRenderer } from '../ad-hoc.ts';
import type { CliContext } from '../context.ts';
import { escapeEvent } from './escape.ts';
import { summary } from './exec.ts';
import { painter, STATUS_STYLE } from './painter.ts';
import type { AnyEvent } from '../../lib/events.ts';

type PingEvent = Extract<AnyEvent, { readonly type: 'ping:host' }>;

/** `pgup ping` for people: a line a host, as the answers come. */
export function pingRenderer(hosts: readonly string[], context: CliContext): AdHocRenderer {
  const { stdout } = context;
  const paint = painter(context);
  const events: PingEvent[] = [];
  const width = Math.max(0, ...hosts.map((host) => host.length));
  return {
    hear: (heard) => {
      if (heard.type !== 'ping:host') return;
      events.push(heard);
      const { host, status, user, seconds, roundTrip, error } = escapeEvent(heard);
      const ms = (time: number): string => `${(time * 1000).toFixed(time < 0.01 ? 1 : 0)} ms`;
      const answer = roundTrip === undefined ? '' : `, ready in ${ms(seconds)}, answers in ${ms(roundTrip)}`;
      const says = error ? `error[${error.code}]: ${error.message}` : `${user ?? ''}${answer}`;
      stdout.write(`${host.padEnd(width)}  ${paint(STATUS_STYLE[status], status.padEnd(11))} ${says}\n`);
      if (error?.next !== undefined) stdout.write(`${' '.repeat(width + 14)}what to type: ${error.next}\n`);
    },
    end: () => {
      stdout.write(`${summary(events)}\n`);
    },
  };
}
