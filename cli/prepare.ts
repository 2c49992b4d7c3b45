import { statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { problem, ProblemsError, type Problem } from '../lib/errors.ts';
import { connectionsOf, type Connection } from '../lib/inventory/connection.ts';
import { deploymentsOf } from '../lib/inventory/deployments.ts';
import type { Inventory } from '../lib/inventory/inventory.ts';
import { implicitHosts } from '../lib/inventory/implicit-hosts.ts';
import { loadInventory } from '../lib/inventory/load-inventory.ts';
import { inPlaceOrder } from '../lib/inventory/problem-order.ts';
import { readBytes } from '../lib/inventory/read-text.ts';
import { openBytes } from '../lib/inventory/variables-file.ts';
import { Vault } from '../lib/inventory/vault.ts';
import { moduleCatalogue } from '../lib/modules/catalogue.ts';
import { checkVariables } from '../lib/modules/variables.ts';
import { checkInventoryNames } from '../lib/playbook/check-inventory-names.ts';
import { checkNames } from '../lib/playbook/check-names.ts';
import { inventoryRender } from '../lib/playbook/inventory-names.ts';
import { parsePlaybook, type ParsedPlaybook } from '../lib/playbook/parse-playbook.ts';
import { makePlan, type Plan } from '../lib/playbook/plan.ts';
import { selectTasks } from '../lib/playbook/select-tasks.ts';
import { loadVarsFiles } from '../lib/playbook/vars-files.ts';
import type { Secret } from '../lib/secret.ts';
import type { CliContext } from './context.ts';
import type { Settings } from './options.ts';
import { PACKAGE_ROOT } from './package-root.ts';

/** The playbook that `pgup run` takes where none is named. */
const DEFAULT_PLAYBOOK = join(PACKAGE_ROOT, 'playbooks/server.yml');

export interface Prepared {
  readonly inventory: Inventory;
  /** How each host is reached. */
  readonly connections: ReadonlyMap<string, Connection>;
  readonly plan: Plan;
  readonly warnings: readonly Problem[];
}

/** The playbook that is named, or the server flow, with what is wrong in it. */
function readPlaybook(named: string | undefined, cwd: string, vault: Vault): ParsedPlaybook {
  const file = named ?? DEFAULT_PLAYBOOK;
  const path = resolve(cwd, file);
  const there = statSync(path, { throwIfNoEntry: false });
  const unread = (problems: readonly Problem[]): ParsedPlaybook => ({
    playbook: undefined,
    draft: undefined,
    problems,
  });
  const missing = (how: string): ParsedPlaybook => unread([problem('file-missing', `playbook ${file} ${how}`)]);
  if (!there) return missing('does not exist');
  if (there.isDirectory()) return missing('is a folder, and a file was expected');
  const bytes = readBytes(path, file);
  if (!Buffer.isBuffer(bytes)) return unread([bytes]);
  const { text, problems } = openBytes({ bytes, file, vault, code: 'yaml-syntax' });
  if (text === undefined || problems.length > 0) return unread(problems);
  return parsePlaybook({ text, file, modules: moduleCatalogue, openVault: (closed) => vault.openValue(closed) });
}

/** Whether a playbook can be read, without an inventory: its file as it was named. Throws every problem at once. */
export function checkSyntax(named: string | undefined, cwd: string, vaultPassword: Secret | undefined): string {
  const { playbook, problems } = readPlaybook(named, cwd, new Vault(vaultPassword));
  if (!playbook) throw new ProblemsError(problems);
  return playbook.file;
}

/** Everything that is known before anything is connected. Throws every problem of every file at once. */
export function prepare(options: {
  readonly playbook: string | undefined;
  readonly settings: Settings;
  readonly context: CliContext;
  readonly vaultPassword: Secret | undefined;
}): Prepared {
  const { settings, context, vaultPassword } = options;
  const { cwd } = context;
  const problems: Problem[] = [];
  if (settings.inventory.length === 0) {
    problems.push(problem('usage', 'no inventory is named: -i FILE, PGUP_INVENTORY, or inventory= in pgup.ini'));
  }
  const loaded = loadInventory({
    sources: settings.inventory,
    cwd,
    playbookFolder: dirname(options.playbook ?? DEFAULT_PLAYBOOK),
    extraVars: settings.extraVars,
    vaultPassword,
  });
  problems.push(...loaded.problems);
  const vault = new Vault(vaultPassword);
  const { draft, problems: ofPlaybook } = readPlaybook(options.playbook, cwd, vault);
  problems.push(...ofPlaybook);
  const { inventory } = loaded;
  // Without an inventory no play finds a host: that would be said of each, and means nothing.
  if (!inventory || !draft || settings.inventory.length === 0) throw new ProblemsError(inPlaceOrder(problems));
  const { playbook, problems: ofFiles } = loadVarsFiles({ playbook: draft.playbook, inventory, cwd, vault });
  problems.push(...ofFiles);

  const found = playbook.flavour === 'upgrade' ? deploymentsOf(inventory) : { deployments: [], problems: [] };
  problems.push(...found.problems);
  problems.push(...checkVariables(inventory, found.deployments, playbook.flavour));
  const reached = connectionsOf({
    hosts: [...inventory.hosts.values(), ...implicitHosts(inventory)],
    render: inventoryRender(inventory),
  });
  problems.push(...reached.problems);
  const names = checkNames({ playbook, inventory, known: draft.words });
  problems.push(...names.problems);
  const { tags, skipTags, startAtTask } = settings;
  const selected = selectTasks(playbook, { tags, skipTags, startAtTask });
  problems.push(...selected.problems);
  const planned = makePlan({
    playbook: selected.playbook,
    inventory,
    deployments: found.deployments,
    limit: settings.limit,
    cwd,
  });
  problems.push(...planned.problems);
  const hosts = planned.plan?.deployments.flatMap((each) => each.hosts) ?? [];
  problems.push(...checkInventoryNames({ inventory, hosts, names }));
  if (!planned.plan || problems.some((each) => each.severity === 'error'))
    throw new ProblemsError(inPlaceOrder(withoutEchoes(problems, ofPlaybook)));
  return { inventory, connections: reached.connections, plan: planned.plan, warnings: problems };
}

/** Without what a later look says of a place that could not be read: it only follows from that. */
function withoutEchoes(problems: readonly Problem[], ofPlaybook: readonly Problem[]): readonly Problem[] {
  const place = ({ at }: Problem): string => (at ? `${at.file}:${at.line}:${at.column}` : '');
  const unread = new Set(ofPlaybook.filter((each) => each.severity === 'error').map(place));
  return problems.filter((each) => ofPlaybook.includes(each) || !each.at || !unread.has(place(each)));
}
