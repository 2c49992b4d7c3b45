import { styleText } from 'node:util';
import type { HostStatus } from '../../lib/events.ts';
import type { CliContext } from '../context.ts';

export type Style = Parameters<typeof styleText>[0];
export type Paint = (style: Style, text: string) => string;

/** NO_COLOR and FORCE_COLOR as everywhere; else colour only on a terminal. */
export function painter({ stdout, env }: CliContext): Paint {
  const forced = env['FORCE_COLOR'] !== undefined && env['FORCE_COLOR'] !== '0';
  const coloured = env['NO_COLOR'] ? false : forced || stdout.isTTY === true;
  return (style, text) => (coloured ? styleText(style, text, { validateStream: false }) : text);
}

/** In the order that summaries count them. */
export const STATUS_STYLE: Readonly<Record<HostStatus, Style>> = {
  ok: 'green',
  changed: 'yellow',
  'would-change': 'cyan',
  skipped: 'gray',
  failed: 'red',
  unreachable: 'red',
  unknown: 'magenta',
  ignored: 'gray',
};
