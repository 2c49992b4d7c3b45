import { formatProblem, problem, ProblemsError } from '../lib/errors.ts';
import { connectionsOf, type Connection } from '../lib/inventory/connection.ts';
import { matchHosts } from '../lib/inventory/host-pattern.ts';
import { loadInventory } from '../lib/inventory/load-inventory.ts';
import { inventoryRender } from '../lib/playbook/inventory-names.ts';
import type { CliContext } from './context.ts';
import type { Settings } from './options.ts';
import { escapeControls } from './render/escape.ts';
import { vaultPassword } from './vault-password.ts';

/** The hosts of a verb without a playbook, in the order of the inventory, and how each is reached. */
export interface SelectedHosts {
  readonly hosts: readonly string[];
  readonly connections: ReadonlyMap<string, Connection>;
}

/** Any inventory will do, also one without deployments. Throws every problem at once; nothing is connected. */
export async function selectHosts(options: {
  readonly pattern: string;
  readonly settings: Settings;
  readonly context: CliContext;
}): Promise<SelectedHosts> {
  const { pattern, settings, context } = options;
  const { limit } = settings;
  const { cwd } = context;
  if (settings.inventory.length === 0) {
    const text = 'no inventory is named: -i FILE, PGUP_INVENTORY, or inventory= in pgup.ini';
    throw new ProblemsError([problem('usage', text)]);
  }
  const { inventory, problems: found } = loadInventory({
    sources: settings.inventory,
    cwd,
    extraVars: settings.extraVars,
    vaultPassword: await vaultPassword(settings, context),
  });
  if (!inventory) throw new ProblemsError(found);
  const matched = matchHosts({ inventory, pattern, limit, cwd, unmatched: 'limit-empty' });
  const chosen = matched.hosts.flatMap((name) => inventory.hosts.get(name) ?? []);
  const reached = connectionsOf({ hosts: chosen, render: inventoryRender(inventory) });
  const problems = [...found, ...matched.problems, ...reached.problems];
  const missing = matched.hosts.filter((name) => !inventory.hosts.has(name));
  for (const name of missing) problems.push(problem('pattern', `the inventory has no host "${name}"`));
  if (matched.hosts.length === 0 && matched.problems.length === 0) {
    const within = limit === undefined ? '' : ` with --limit "${limit}"`;
    problems.push(problem('limit-empty', `"${pattern}"${within} matches no host`));
  }
  if (problems.some(({ severity }) => severity === 'error')) throw new ProblemsError(problems);
  for (const each of problems) context.stderr.write(`${escapeControls(formatProblem(each))}\n`);
  const hosts = chosen.map(({ name }) => name);
  return { hosts, connections: reached.connections };
}

/** The user to become on a host, or undefined. What its own variables say outranks the command line, as in Ansible. */
export function becomeUserOf({ become }: Connection, { becomeUser }: Settings): string | undefined {
  const wanted = become.enabled ?? becomeUser !== undefined;
  return wanted ? (become.user ?? becomeUser ?? 'root') : undefined;
}
