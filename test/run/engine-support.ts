import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { Events, type AnyEvent } from '../../lib/events.ts';
import { deploymentsOf } from '../../lib/inventory/deployments.ts';
import { loadInventory } from '../../lib/inventory/load-inventory.ts';
import { finding, type Module } from '../../lib/modules/module.ts';
import { catalogueOf } from '../../lib/modules/playbook-catalogue.ts';
import { claim, release } from '../../lib/modules/run/claim.ts';
import { parsePlaybook } from '../../lib/playbook/parse-playbook.ts';
import { makePlan } from '../../lib/playbook/plan.ts';
import { controllerAt } from '../../lib/run/controller.ts';
import { runFleet, type FleetResult } from '../../lib/run/fleet.ts';
import type { Rolling } from '../../lib/run/generic-run.ts';
import { Journal, lastNumber, readJournal, type RunEntry, type StampedEntry } from '../../lib/run/journal.ts';
import { raw } from '../../lib/shell/sh.ts';
import type { FakeFleet } from './fake-host.ts';

const name = z.strictObject({ what: z.string() });

/** `act: {what: x}` sends the change `x`. */
const act: Module<z.infer<typeof name>> = {
  name: 'act',
  summary: 'sends a change',
  schema: name,
  scope: 'host',
  generic: false,
  decide: ({ arguments: { what } }) => ({
    kind: 'steps',
    steps: [{ kind: 'change', says: what, command: raw(what) }],
  }),
};

/** `look: {what: x}` asks `x` and has something to do only where the answer is not 0. */
const look: Module<z.infer<typeof name>> = {
  ...act,
  name: 'look',
  read: ({ arguments: { what } }) => ({ kind: 'query', command: raw(`look ${what}`) }),
  decide: ({ arguments: { what } }, facts) =>
    facts?.ending.kind === 'exited' && facts.ending.code === 0
      ? { kind: 'nothing', reason: `${what} is so already` }
      : { kind: 'steps', steps: [{ kind: 'change', says: what, command: raw(what) }] },
};

const obstruct: Module<z.infer<typeof name>> = {
  ...act,
  name: 'obstruct',
  decide: ({ host, arguments: { what } }) => ({ kind: 'findings', findings: [finding(host, what, what)] }),
};

const enough: Module<z.infer<typeof name>> = {
  ...act,
  name: 'enough',
  scope: 'deployment',
  decide: ({ arguments: { what } }) => ({ kind: 'finished', reason: what }),
};

const pass: Module<z.infer<typeof name>> = {
  ...act,
  name: 'pass',
  decide: ({ arguments: { what } }) => ({
    kind: 'steps',
    steps: [
      { kind: 'point-of-no-return', says: 'write the marker' },
      { kind: 'change', says: what, command: raw(what) },
    ],
  }),
};

/** `limit: {what: "0"}` allows a window of so many seconds, and opens it. */
const limit: Module<z.infer<typeof name>> = {
  ...act,
  name: 'limit',
  scope: 'deployment',
  decide: ({ arguments: { what } }) => ({
    kind: 'steps',
    steps: [{ kind: 'mark', mark: 'window-opens', says: 'the window opens' }],
    learned: { shared: { windowLimit: Number(what) } },
  }),
};

const modules = new Map(
  [act, look, obstruct, limit, enough, pass, claim, release].map((each) => [each.name, each as Module]),
);

export const INVENTORY = `
[nautobot]
app1
app2
[postgresql]
db1
`;

export interface EngineRun extends FleetResult {
  readonly events: readonly AnyEvent[];
  readonly journal: readonly StampedEntry[];
}

interface EngineOptions {
  readonly playbook: string;
  readonly fleet: FakeFleet;
  readonly check?: boolean;
  readonly inventory?: string;
  readonly before?: readonly StampedEntry[];
  readonly rollback?: boolean;
  readonly owner?: string;
  /** The other controller of the run is known to be gone; true where not given. */
  readonly takeOver?: boolean;
  readonly stop?: AbortSignal;
  readonly park?: AbortSignal;
  readonly maxFailures?: number;
  readonly batches?: readonly number[];
  readonly machineOf?: (host: string) => string;
  readonly rolling?: Rolling;
}

/** A whole run of a playbook text over fake hosts, through the real parser, plan, engine and journal. */
export async function runEngine(options: EngineOptions): Promise<EngineRun> {
  const { playbook: text, fleet, check = false, before, rollback, maxFailures = 0, batches = [] } = options;
  const folder = mkdtempSync(join(tmpdir(), 'pgup-engine-'));
  writeFileSync(join(folder, 'hosts.ini'), options.inventory ?? INVENTORY);
  const { inventory, problems } = loadInventory({ sources: ['hosts.ini'], cwd: folder });
  if (!inventory) throw new Error(problems.map((each) => each.text).join('\n'));
  const parsed = parsePlaybook({ text, file: 'play.yml', modules: catalogueOf(modules) });
  if (!parsed.playbook) throw new Error(parsed.problems.map((each) => each.text).join('\n'));
  const { deployments } = deploymentsOf(inventory);
  const { plan } = makePlan({ playbook: parsed.playbook, inventory, deployments });
  if (!plan) throw new Error('no plan');
  const events = new Events(() => 0);
  const seen: AnyEvent[] = [];
  events.subscribe((event) => seen.push(event));
  const path = join(folder, 'journal.jsonl');
  const journal = new Journal(path, Date.now, { after: lastNumber(before ?? []) });
  const header: RunEntry = {
    ...{
      kind: 'run',
      run: 'r1',
      pgup: '0',
      plan: plan.hash,
      playbook: 'play.yml',
      sources: ['hosts.ini'],
      cwd: folder,
    },
    ...{ limit: undefined, serial: undefined, maxFailures: undefined },
  };
  const result = await runFleet({
    engine: {
      run: 'r1',
      header,
      check,
      diff: false,
      cwd: folder,
      flavour: plan.flavour,
      inventory,
      modules,
      events,
      journal: check ? undefined : journal,
      openShell: (host) => fleet.open(host),
      fork: (work) => work(),
      fileOf: (_host, file) => join(folder, file),
      folder,
      controller: controllerAt(folder),
      owner: options.owner ?? 'test',
      takeOver: options.takeOver ?? true,
      now: Date.now,
      sleep: () => Promise.resolve(),
      reconnectTimeout: 0,
      stop: options.stop ?? new AbortController().signal,
      park: options.park ?? new AbortController().signal,
    },
    deployments: plan.deployments,
    batches,
    maxFailures,
    machineOf: options.machineOf ?? ((host) => host),
    before,
    rollback,
    rolling: options.rolling,
  });
  journal.close();
  return { ...result, events: seen, journal: readJournal(path) };
}
