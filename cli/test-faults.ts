import type { AnyEvent } from '../lib/events.ts';
import type { CliContext } from './context.ts';

/** What a test asked for: the context to go on with, and who has to hear every event after it was told. */
export interface TestFaults {
  readonly context: CliContext;
  readonly subscriber: (event: AnyEvent) => void;
}

/**
 * For tests of what happens when a controller dies or its line does (docs/reliability.md). `PGUP_TEST_STOP_AT` names a
 * place, `step:start TASK HOST STEP` or `step:end TASK HOST STEP`: there the program stops itself once, as Ctrl-Z would,
 * and goes on when it is told to. `PGUP_TEST_CLOCK_AT` names one from which on its clock is an hour behind. Neither can
 * do anything that a person at the terminal, or the machine's clock, could not.
 */
export function withTestFaults(context: CliContext): TestFaults | undefined {
  const { PGUP_TEST_STOP_AT: stopAt, PGUP_TEST_CLOCK_AT: clockAt } = context.env;
  if (stopAt === undefined && clockAt === undefined) return undefined;
  let stopped = false;
  let shift = 0;
  return {
    context: { ...context, now: () => context.now() + shift },
    subscriber: (event) => {
      if (event.type !== 'step:start' && event.type !== 'step:end') return;
      const place = `${event.type} ${event.task} ${event.host} ${event.step}`;
      if (place === clockAt) shift = -3_600_000;
      if (place !== stopAt || stopped) return;
      stopped = true;
      context.suspend();
    },
  };
}
