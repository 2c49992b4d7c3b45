import type { AnyEvent } from '../../lib/events.ts';
import type { Facts } from '../../lib/modules/facts/facts.ts';
import { formatBytes } from '../../lib/postgresql/size.ts';
import type { AdHocRenderer } from '../ad-hoc.ts';
import type { CliContext } from '../context.ts';
import { formatDuration } from './duration.ts';
import { escapeEvent } from './escape.ts';
import { summary } from './exec.ts';
import { painter, STATUS_STYLE } from './painter.ts';

type FactsEvent = Extract<AnyEvent, { readonly type: 'facts:host' }>;

/** `pgup facts` for people: a block a host, as the answers come. */
export function factsRenderer(_hosts: readonly string[], context: CliContext): AdHocRenderer {
  const { stdout } = context;
  const paint = painter(context);
  const events: FactsEvent[] = [];
  return {
    hear: (heard) => {
      if (heard.type !== 'facts:host') return;
      events.push(heard);
      const { host, status, error, facts } = escapeEvent(heard);
      stdout.write(`${paint('bold', host)}: ${paint(STATUS_STYLE[status], status)}\n`);
      if (error) stdout.write(`  error[${error.code}]: ${error.message}\n`);
      if (error?.next !== undefined) stdout.write(`  what to type: ${error.next}\n`);
      for (const [name, text] of facts ? rows(facts as Facts) : []) stdout.write(`  ${name.padEnd(10)} ${text}\n`);
    },
    end: () => {
      stdout.write(`${summary(events)}\n`);
    },
  };
}

/** Name and text of each line; what the host does not tell has none. */
function rows(facts: Facts): readonly (readonly [string, string])[] {
  const { system, user, processors, memory, addresses, time, paths, tools, packageManager, packages, clusters } = facts;
  const uptime = system.uptime === undefined ? '' : `, up ${formatDuration(system.uptime)}`;
  const bytes = (value: number | undefined): string => (value === undefined ? '?' : formatBytes(value));
  const missing = Object.keys(tools).filter((tool) => tools[tool] === null);
  return [
    [
      'system',
      `${system.name || system.os} on ${system.architecture}, kernel ${system.kernel}, ${system.init}${uptime}`,
    ],
    ['user', `${user.name} (${user.uid}), ${user.home}`],
    ['memory', `${bytes(memory.available)} free of ${bytes(memory.total)}, ${processors ?? '?'} processors`],
    ['addresses', addresses.join(' ')],
    ['clock', clockText(time)],
    ...Object.entries(paths).map(([path, { type, mount, free, size, freeInodes }]) => {
      const inodes = freeInodes === undefined ? '' : `, ${freeInodes} inodes free`;
      return ['path', `${path}: ${bytes(free)} free of ${bytes(size)}${inodes}, ${type} at ${mount}`] as const;
    }),
    ['packages', packageManager || 'no package manager'],
    ...Object.entries(packages).map(
      ([name, version]) => ['package', `${name} ${version ?? 'is not installed'}`] as const,
    ),
    ...clusters.map(({ version, name, port, status, dataDirectory }) => {
      const label = name === '' ? version : `${version}/${name}`;
      return ['cluster', `${label} ${status}, port ${port ?? '?'}, ${dataDirectory}`] as const;
    }),
    ...(missing.length === 0 ? [] : [['without', missing.join(' ')] as const]),
  ];
}

function clockText({ clock, zone, offset, uncertainty }: Facts['time']): string {
  if (clock === undefined) return 'unknown';
  const at = `${new Date(clock * 1000).toISOString()} (${zone})`;
  if (offset === undefined || uncertainty === undefined) return at;
  const direction = offset < 0 ? 'behind' : 'ahead of';
  return `${at}, ${Math.abs(offset).toFixed(3)} s ${direction} this machine, give or take ${uncertainty.toFixed(3)} s`;
}
