import type { Events } from '../../events.ts';
import { gatherFacts, type Facts, type FactsOptions } from '../../modules/facts/facts.ts';
import { eachHost, type AdHoc } from './each-host.ts';

/** The facts of each host (docs/facts.md). */
export async function factsOfHosts(adHoc: AdHoc, options: FactsOptions, events: Events): Promise<number> {
  return eachHost<{ readonly facts: Facts | undefined }>({
    adHoc,
    nothing: { facts: undefined },
    work: async (shell) => ({ value: { facts: await gatherFacts(shell, { ...options, now: adHoc.now }) } }),
    tell: (event) => {
      events.emit('facts:host', event);
    },
  });
}
