import type { Plan, PlannedPlay } from '../../lib/playbook/plan.ts';
import { escapeControls } from './escape.ts';

/** What of a playbook is listed, by the names of the options. */
export interface Listed {
  readonly hosts: boolean;
  readonly tasks: boolean;
  readonly tags: boolean;
}

/**
 * What `ansible-playbook --list-hosts`, `--list-tasks` and `--list-tags` print, for a plan. A play of an upgrade has the
 * hosts of all deployments that are chosen, deployment by deployment.
 */
export function listingText({ playbookFile, deployments }: Plan, listed: Listed): string {
  const plays = deployments[0]?.plays ?? [];
  const lines = plays.flatMap((play, index) => {
    const hosts = deployments.flatMap((each) => each.plays[index]?.hosts ?? []);
    return ['', ...playLines(play, { index, hosts, listed })];
  });
  return `\n${[`playbook: ${playbookFile}`, ...lines].map(escapeTabbed).join('\n')}\n`;
}

interface PlayListing {
  readonly index: number;
  readonly hosts: readonly string[];
  readonly listed: Listed;
}

function playLines({ play, name, tasks }: PlannedPlay, { index, hosts, listed }: PlayListing): readonly string[] {
  const pattern = [play.hosts.source].flat().map(String);
  const lines = [`  play #${index + 1} (${pattern.join(',')}): ${name}\tTAGS: [${play.keywords.tags.join(',')}]`];
  if (listed.hosts) {
    lines.push(`    pattern: [${pattern.map((each) => `'${each}'`).join(', ')}]`, `    hosts (${hosts.length}):`);
    lines.push(...hosts.map((host) => `      ${host}`));
  }
  if (listed.tasks) {
    lines.push('    tasks:', ...tasks.map((task) => `      ${task.name}\tTAGS: [${sorted(task.tags)}]`));
  }
  if (listed.tags) {
    const all = [...play.keywords.tags, ...tasks.flatMap(({ tags }) => tags)];
    lines.push(`      TASK TAGS: [${sorted(all)}]`);
  }
  return lines;
}

function sorted(tags: readonly string[]): string {
  return [...new Set(tags)].sort().join(', ');
}

/** The tabulator before `TAGS` is ours. */
function escapeTabbed(line: string): string {
  const at = line.lastIndexOf('\tTAGS: ');
  return at < 0 ? escapeControls(line) : `${escapeControls(line.slice(0, at))}\t${escapeControls(line.slice(at + 1))}`;
}
