import { PgupError } from '../lib/errors.ts';
import { Events } from '../lib/events.ts';
import { findRuns, headerOf, plansOf, runOf } from '../lib/run/find-run.ts';
import { frozenDeployment } from '../lib/run/frozen-plan.ts';
import { differencesFrom, planChanged } from '../lib/run/host-plan.ts';
import type { RunEntry } from '../lib/run/journal.ts';
import type { CliContext } from './context.ts';
import { openLines } from './lines.ts';
import type { Settings } from './options.ts';
import type { Prepared } from './prepare.ts';

interface FindHeld {
  readonly prepared: Prepared;
  readonly settings: Settings;
  readonly context: CliContext;
  /** The run that was named, where one was. */
  readonly name: string | undefined;
}

interface Held {
  readonly run: string;
  readonly header: RunEntry;
  /** The names of those that it holds. */
  readonly deployments: readonly string[];
}

/** The one run that holds deployments of an inventory, as their hosts say; refused where it began with another plan. */
export async function findHeld({ prepared, settings, context, name }: FindHeld): Promise<Held> {
  const { connections, plan } = prepared;
  const events = new Events(context.now);
  const lines = openLines({ settings, connections, becomePassword: undefined, context, events });
  const found = await findRuns({
    deployments: plan.deployments,
    openShell: (host, become) => lines.shell({ host, become }),
  }).finally(() => lines.close());
  const silent = found.flatMap(({ unreachable }) => unreachable.map(({ host, why }) => `${host}: ${why}`));
  const held = found.flatMap((each) => {
    const run = runOf(each);
    return run === undefined
      ? []
      : [{ run, planned: each.planned, header: headerOf(each, run), plans: plansOf(each, run) }];
  });
  const runs = [...new Set(held.map(({ run }) => run))];
  const run = name ?? runs[0];
  const own = held.filter((each) => each.run === run);
  const header = own.find((each) => each.header)?.header;
  if (run === undefined || own.length === 0) {
    throw new PgupError(
      'no-run',
      `${name === undefined ? 'no run' : `not run ${name}`} holds a deployment of this inventory`,
      {
        output: silent.join('\n'),
        next: silent.length > 0 ? 'when those hosts answer, ask again' : 'pgup runs shows the runs of this controller',
      },
    );
  }
  if (name === undefined && runs.length > 1) {
    const each = held.map((one) => `${one.planned.name}: ${one.run}`).join('\n');
    throw new PgupError('no-run', 'several runs hold deployments of this inventory: name one of them', {
      output: each,
    });
  }
  if (!header) {
    throw new PgupError(
      'no-run',
      `run ${run} holds ${own.map(({ planned }) => planned.name).join(', ')}, and no host that answers says what it was doing`,
      {
        output: silent.join('\n'),
        next: 'when the database host answers, ask again; what its hosts keep of it is in /var/lib/pgup (docs/state.md)',
      },
    );
  }
  for (const { planned, plans } of own) {
    const differences = differencesFrom(plans, frozenDeployment(planned, prepared.inventory));
    if (differences.length > 0) throw planChanged({ run, deployment: planned.name, differences });
  }
  return { run, header, deployments: own.map(({ planned }) => planned.name) };
}
