import type { Argv, CommandModule } from 'yargs';
import { formatProblem, problem, ProblemsError, type Problem } from '../../lib/errors.ts';
import { findHost } from '../../lib/inventory/find-host.ts';
import { matchHosts } from '../../lib/inventory/host-pattern.ts';
import type { Inventory } from '../../lib/inventory/inventory.ts';
import { loadInventory } from '../../lib/inventory/load-inventory.ts';
import { toPythonJson } from '../../lib/inventory/python-format.ts';
import { exportShape, graphText, hostShape, listShape } from '../../lib/inventory/shapes.ts';
import { didYouMean } from '../../lib/nearest.ts';
import type { CliContext } from '../context.ts';
import { SETTINGS, type Settings } from '../options.ts';
import { escapeControls } from '../render/escape.ts';
import { resolveSettings } from '../settings.ts';
import { vaultPassword } from '../vault-password.ts';

interface InventoryFlags {
  readonly group?: string;
  readonly list?: boolean;
  readonly export?: boolean;
  readonly graph?: boolean;
  readonly vars?: boolean;
  readonly host?: string;
  readonly 'playbook-dir'?: string;
  readonly 'list-hosts'?: string;
}

const OPTIONS = {
  inventory: SETTINGS.inventory,
  limit: SETTINGS.limit,
  'extra-vars': SETTINGS['extra-vars'],
  'vault-password-file': SETTINGS['vault-password-file'],
  'ask-vault-pass': SETTINGS['ask-vault-pass'],
  list: { type: 'boolean', describe: 'all groups and hosts as JSON, as ansible-inventory --list' },
  export: { type: 'boolean', describe: 'the same, each variable where it was set' },
  graph: { type: 'boolean', describe: 'groups and hosts as a tree, from GROUP on' },
  vars: { type: 'boolean', describe: 'with --graph: variables too' },
  host: { type: 'string', describe: 'the variables of one host as JSON' },
  'playbook-dir': { type: 'string', describe: 'folder whose group_vars and host_vars are read too' },
  'list-hosts': { type: 'string', describe: 'the hosts that a pattern selects, one a line' },
} as const;

/** `pgup inventory -i F --list|--export|--graph [GROUP]|--host H|--list-hosts PATTERN`: what pgup reads out of it. */
export function inventoryCommand(
  context: CliContext,
  finish: (exitCode: number) => void,
): CommandModule<object, InventoryFlags> {
  return {
    command: 'inventory [group]',
    describe: 'show hosts, groups and variables as pgup reads them; connects to nothing',
    builder: (parser: Argv) =>
      parser
        .positional('group', { type: 'string', describe: 'with --graph: where to start' })
        .options(OPTIONS)
        .example(
          '$0 inventory -i prod.ini --list-hosts "web:!canary"',
          'whom a pattern means',
        ) as unknown as Argv<InventoryFlags>,
    handler: async (flags) => {
      const settings = resolveSettings(flags, context);
      const modes = [flags.list === true || flags.export === true, flags.graph, flags.host, flags['list-hosts']];
      if (modes.filter((each) => each !== undefined && each !== false).length !== 1) {
        refuse('usage', 'one of --list, --export, --graph, --host and --list-hosts must be given');
      }
      const inventory = await load({ flags, settings, context });
      const shown = show({ inventory, flags, settings, context });
      context.stdout.write(`${shown}\n`);
      finish(0);
    },
  };
}

async function load({ flags, settings, context }: Omit<ShowOptions, 'inventory'>): Promise<Inventory> {
  if (settings.inventory.length === 0) {
    refuse('usage', 'no inventory is named: -i FILE, PGUP_INVENTORY, or inventory= in pgup.ini');
  }
  const { inventory, problems } = loadInventory({
    sources: settings.inventory,
    cwd: context.cwd,
    playbookFolder: flags['playbook-dir'],
    extraVars: settings.extraVars,
    vaultPassword: await vaultPassword(settings, context),
  });
  if (!inventory) throw new ProblemsError(problems);
  for (const each of problems) context.stderr.write(`${escapeControls(formatProblem(each))}\n`);
  return inventory;
}

interface ShowOptions {
  readonly inventory: Inventory;
  readonly flags: InventoryFlags;
  readonly settings: Settings;
  readonly context: CliContext;
}

function show({ inventory, flags, settings, context }: ShowOptions): string {
  const { limit } = settings;
  const select = (pattern: string): readonly string[] => {
    const selected = matchHosts({ inventory, pattern, limit, cwd: context.cwd, unmatched: 'limit-empty' });
    if (selected.problems.length > 0) throw new ProblemsError(selected.problems);
    return selected.hosts;
  };
  const pattern = flags['list-hosts'];
  if (pattern !== undefined) {
    const hosts = select(pattern);
    if (hosts.length === 0) refuse('limit-empty', `"${pattern}"${limitSays(limit)} matches no host`);
    return hosts.map(escapeControls).join('\n');
  }
  if (flags.host !== undefined) {
    const host = findHost({ inventory, name: flags.host });
    if (!host) return refuse('pattern', `no host "${flags.host}"${didYouMean(flags.host, inventory.hosts.keys())}`);
    return toPythonJson(hostShape(host));
  }
  if (flags.graph === true) {
    const name = flags.group ?? 'all';
    const group = inventory.groups.get(name);
    if (!group) return refuse('pattern', `no group "${name}"${didYouMean(name, inventory.groups.keys())}`);
    return escapeControls(graphText({ inventory, group, variables: flags.vars === true }));
  }
  const only = limit === undefined ? undefined : new Set(select('all'));
  if (only?.size === 0) refuse('limit-empty', `--limit "${limit ?? ''}" matches no host`);
  return toPythonJson(flags.export === true ? exportShape({ inventory, only }) : listShape({ inventory, only }));
}

function limitSays(limit: string | undefined): string {
  return limit === undefined ? '' : ` with --limit "${limit}"`;
}

function refuse(code: Problem['code'], text: string): never {
  throw new ProblemsError([problem(code, text)]);
}
