import { mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import pLimit from 'p-limit';
import { Events } from '../lib/events.ts';
import { modules } from '../lib/modules/catalogue.ts';
import { controllerAt } from '../lib/run/controller.ts';
import type { Engine } from '../lib/run/deployment-state.ts';
import { inBatches, runFleet } from '../lib/run/fleet.ts';
import { frozenRun } from '../lib/run/frozen-plan.ts';
import type { RunEntry, StampedEntry } from '../lib/run/journal.ts';
import { openRunFolder, writePlan } from '../lib/run/run-folder.ts';
import { parseMaxFailures, parseSerial } from './batches.ts';
import { confirm } from './confirm.ts';
import type { CliContext } from './context.ts';
import { openDiagnostics } from './diagnostics.ts';
import { openLines } from './lines.ts';
import type { Settings } from './options.ts';
import { isGone, ownerOf } from './owner.ts';
import type { Prepared } from './prepare.ts';
import { batchWrites } from './render/batch-writes.ts';
import { jsonRenderer } from './render/json.ts';
import { plainRenderer } from './render/plain.ts';
import { withTestFaults } from './test-faults.ts';
import { askSecret } from './vault-password.ts';
import { VERSION } from './version.ts';

export interface Perform {
  readonly settings: Settings;
  readonly prepared: Prepared;
  readonly context: CliContext;
  readonly run: string;
  readonly check: boolean;
  /** Where a run is gone on with, or back: its journal as far as this controller has it, which may be nothing. */
  readonly before?: readonly StampedEntry[];
  /** What the run was asked for when it began; undefined: it begins now. */
  readonly header?: RunEntry;
  readonly rollback?: boolean;
  /** The controller that has the run loses it, though it may still live. */
  readonly takeOver?: boolean;
}

/** Connects, runs the plan, and gives the exit code; everything it says goes out as events. */
export async function perform(options: Perform): Promise<number> {
  const { settings, prepared, run, check, before, rollback, takeOver = false } = options;
  const faults = withTestFaults(options.context);
  const context = faults?.context ?? options.context;
  const { plan, inventory } = prepared;
  const { deployments } = plan;
  const hosts = new Set(deployments.flatMap((each) => each.hosts));
  const header = options.header ?? headerOf({ run, prepared, settings, cwd: context.cwd });
  const [serial, failures] = [settings.serial ?? header.serial, settings.maxFailures ?? header.maxFailures];
  const batches = parseSerial(serial, deployments.length);
  const maxFailures = parseMaxFailures(failures, deployments.length);
  // in a generic playbook both count hosts
  const rolling = { serial: serial?.split(',') ?? [], maxFailures: failures };
  const names = deployments.map((each) => each.name);
  if (plan.flavour === 'upgrade' && !check && !settings.yes) {
    const verb = rollback ? 'puts back' : 'stops and upgrades';
    await confirm({ verb, sources: inventory.sources, deployments: names, hosts: hosts.size }, context);
  }
  const becomePassword = settings.askBecomePass
    ? await askSecret({ question: 'Become password', flag: '--ask-become-pass', context })
    : undefined;
  const durable = plan.flavour === 'upgrade';
  const folder = check
    ? undefined
    : openRunFolder({ runs: settings.runsDir, id: run, now: context.now, before, durable });
  const events = new Events(context.now);
  const output = batchWrites(context.stdout);
  // What an upgrade says is seen when it is said, even if pgup dies in the next instant.
  if (!durable) events.subscribe(output.hold);
  events.subscribe(settings.output === 'json' ? jsonRenderer(context) : plainRenderer(context));
  if (faults) events.subscribe(faults.subscriber);
  const diagnostics = await diagnosticsOf(settings, events);
  const began = context.now();
  if (folder && (before ?? []).length === 0) {
    writePlan(folder, frozenRun(plan, inventory));
    folder.journal.write(header);
  }
  events.emit('run:start', {
    run,
    playbook: plan.playbookFile,
    check,
    deployments: names,
    batches: inBatches(names, batches),
    hosts: hosts.size,
    folder: folder?.path,
  });
  const interrupts = listenForInterrupts(context, events);
  const lines = openLines({ settings, connections: prepared.connections, becomePassword, context, events });
  try {
    const engine: Engine = {
      run,
      header,
      check,
      diff: settings.diff,
      cwd: context.cwd,
      flavour: plan.flavour,
      inventory,
      modules,
      events,
      journal: folder?.journal,
      openShell: (host, become, login) => lines.shell({ host, become, ...login }),
      controller: controllerAt(dirname(resolve(context.cwd, plan.playbookFile))),
      fork: pLimit(settings.forks),
      fileOf: (host, name) => {
        if (!folder) throw new Error('check mode keeps no files');
        const path = folder.fileOf(host, name);
        mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
        return path;
      },
      folder: folder?.path ?? '',
      owner: ownerOf(context, context.pid),
      takeOver: takeOver || (before !== undefined && isGone(before, context)),
      now: context.now,
      reconnectTimeout: settings.reconnectTimeout,
      sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
      stop: interrupts.stop,
      park: interrupts.park,
    };
    const machineOf = (host: string): string => {
      const { address = host, port = 22 } = prepared.connections.get(host) ?? {};
      return `${address}:${port}`;
    };
    const budget = { batches, maxFailures, machineOf };
    const { exitCode } = await runFleet({ engine, deployments, ...budget, before, rollback, rolling });
    folder?.journal.write({ kind: 'end', exitCode });
    events.emit('run:end', { run, exitCode, seconds: (context.now() - began) / 1000 });
    return exitCode;
  } finally {
    interrupts.end();
    await lines.close();
    await diagnostics?.close();
    folder?.journal.close();
    output.release();
  }
}

interface Begin {
  readonly run: string;
  readonly prepared: Prepared;
  readonly settings: Settings;
  readonly cwd: string;
}

function headerOf({ run, prepared: { plan, inventory }, settings, cwd }: Begin): RunEntry {
  const { limit, serial, maxFailures } = settings;
  const { hash, playbookFile: playbook } = plan;
  const { sources } = inventory;
  return { kind: 'run', run, pgup: VERSION, plan: hash, playbook, sources, cwd, limit, serial, maxFailures };
}

async function diagnosticsOf({ logFile }: Settings, events: Events) {
  if (logFile === undefined) return undefined;
  const diagnostics = await openDiagnostics(logFile);
  events.subscribe(diagnostics.subscriber);
  return diagnostics;
}

/** The first interrupt starts nothing more; the second drops the lines and leaves what runs on the hosts running. */
function listenForInterrupts(context: CliContext, events: Events) {
  const stop = new AbortController();
  const park = new AbortController();
  const end = context.onInterrupt(() => {
    if (stop.signal.aborted) {
      events.emit('note', { level: 'warning', text: 'interrupted again: letting go; what runs on the hosts goes on' });
      park.abort();
      return;
    }
    events.emit('note', {
      level: 'warning',
      text: 'interrupted: no deployment is started any more, those in their window go on to a safe point; once more to let go of the hosts',
    });
    stop.abort();
  });
  return { stop: stop.signal, park: park.signal, end };
}
